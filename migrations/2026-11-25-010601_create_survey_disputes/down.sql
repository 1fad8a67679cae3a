DROP TABLE survey_disputes;
DROP TYPE dispute_status;
