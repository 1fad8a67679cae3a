ALTER TABLE steward_assignments DROP COLUMN ended_by;
ALTER TABLE steward_assignments DROP CONSTRAINT steward_assignments_reasons_bounded;
ALTER TABLE steward_assignments DROP COLUMN end_reason;
