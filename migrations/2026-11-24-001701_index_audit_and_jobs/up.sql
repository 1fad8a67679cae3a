-- What an auditor and an administrator look for.

-- A rare act is found without reading the trail backwards to its beginning. Few different actions, so the index stays small.
CREATE INDEX audit_entries_by_action ON audit_entries (action, seq);
CREATE INDEX jobs_dead ON jobs (dead_at, id) WHERE dead_at IS NOT NULL;
