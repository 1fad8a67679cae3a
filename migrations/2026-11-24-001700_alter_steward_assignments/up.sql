-- An assignment's end has its own reason and its own author: the row is history, so the beginning's are not overwritten.

ALTER TABLE steward_assignments ADD COLUMN end_reason text;
ALTER TABLE steward_assignments ADD COLUMN ended_by uuid;
COMMENT ON COLUMN steward_assignments.reason IS 'Why it began';
COMMENT ON COLUMN steward_assignments.end_reason IS 'Why it ended, or will end';
COMMENT ON COLUMN steward_assignments.ended_by IS 'Who said that it ends';
ALTER TABLE steward_assignments ADD CONSTRAINT steward_assignments_end_reason_at_an_end CHECK (end_reason IS NULL OR ends_at IS NOT NULL);
ALTER TABLE steward_assignments ADD CONSTRAINT steward_assignments_reasons_bounded CHECK (char_length(reason) <= 200 AND char_length(end_reason) <= 200);
ALTER TABLE steward_assignments ADD CONSTRAINT steward_assignments_ended_by_fkey FOREIGN KEY (ended_by) REFERENCES users (id);
CREATE INDEX steward_assignments_by_ender ON steward_assignments (ended_by) WHERE ended_by IS NOT NULL;
