-- What was withdrawn is deleted first: without the column it would stand open again.
DELETE FROM hazards WHERE withdrawn_visit_id IS NOT NULL;
ALTER TABLE hazards DROP COLUMN withdrawn_visit_id;
