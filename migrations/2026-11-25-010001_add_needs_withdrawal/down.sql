ALTER TABLE needs DROP COLUMN withdrawn_visit_id;
