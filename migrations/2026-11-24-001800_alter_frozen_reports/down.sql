ALTER TABLE frozen_reports DROP CONSTRAINT frozen_reports_correction_has_reason;
COMMENT ON COLUMN frozen_reports.body IS 'Every figure with the ids of the records behind it, so that a later difference can be listed';
COMMENT ON COLUMN frozen_reports.sha256 IS NULL;
COMMENT ON COLUMN frozen_reports.signature IS 'Keyed signature over the hash, with the key''s id';
ALTER TABLE frozen_reports DROP COLUMN reason;
ALTER TABLE frozen_reports DROP COLUMN lists;
