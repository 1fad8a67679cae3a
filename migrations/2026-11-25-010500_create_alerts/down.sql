DROP TABLE alert_recipients;
DROP TABLE alerts;
DROP TYPE alert_urgency;
