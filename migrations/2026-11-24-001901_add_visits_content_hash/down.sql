ALTER TABLE visits DROP CONSTRAINT visits_correction_reason_bounded;
ALTER TABLE visits DROP COLUMN content_hash;
