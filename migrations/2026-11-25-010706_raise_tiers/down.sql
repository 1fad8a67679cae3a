ALTER TABLE obligations DROP COLUMN raised_by;
ALTER TABLE risk_editions DROP COLUMN weekly_from;
