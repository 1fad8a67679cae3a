DROP TABLE hazards;
DROP TYPE hazard_status;
DROP TYPE hazard_severity;
DROP TYPE hazard_kind;
