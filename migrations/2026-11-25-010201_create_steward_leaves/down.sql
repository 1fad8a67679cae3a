ALTER TABLE steward_assignments DROP CONSTRAINT steward_assignments_cover_has_its_leave;
ALTER TABLE steward_assignments DROP COLUMN stands_for;
ALTER TABLE steward_assignments DROP COLUMN leave_id;
DROP TABLE steward_leaves;
