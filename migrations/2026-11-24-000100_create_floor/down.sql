DROP TABLE idempotency_keys;
DROP TABLE jobs;
DROP TABLE audit_entries;
DROP TABLE audit_inbox;
