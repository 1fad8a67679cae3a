DROP TABLE risk_weights;
DROP TABLE risk_editions;
