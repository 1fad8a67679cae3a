DROP INDEX jobs_dead;
DROP INDEX audit_entries_by_action;
