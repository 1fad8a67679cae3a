-- PostgreSQL drops no value of an enum: the type is made anew, and with it what names its values.
DROP INDEX hazards_overdue;
DROP INDEX hazards_open_by_community;
ALTER TABLE hazards DROP CONSTRAINT hazards_cleared_by_later_visit;
ALTER TYPE hazard_status RENAME TO hazard_status_before;
CREATE TYPE hazard_status AS ENUM ('open', 'cleared');
ALTER TABLE hazards ALTER COLUMN status TYPE hazard_status USING (CASE status::text WHEN 'withdrawn' THEN 'open' ELSE status::text END)::hazard_status;
DROP TYPE hazard_status_before;
ALTER TABLE hazards ADD CONSTRAINT hazards_cleared_by_later_visit CHECK ((status = 'cleared') = (cleared_visit_id IS NOT NULL) AND (status = 'cleared') = (cleared_at IS NOT NULL) AND cleared_visit_id <> found_visit_id);
CREATE INDEX hazards_open_by_community ON hazards (community_id, severity DESC, due_at) WHERE status = 'open';
CREATE INDEX hazards_overdue ON hazards (due_at) WHERE status = 'open' AND escalated_at IS NULL;
