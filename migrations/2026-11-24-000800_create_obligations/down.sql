DROP TABLE obligations;
DROP TYPE excuse;
DROP TYPE obligation_status;
DROP TYPE obligation_kind;
