-- What is signed of a frozen month becomes small: its figures and the hash of each list. The lists stand beside them.

ALTER TABLE frozen_reports ADD COLUMN lists jsonb NOT NULL DEFAULT '{}';
ALTER TABLE frozen_reports ALTER COLUMN lists DROP DEFAULT;
ALTER TABLE frozen_reports ADD COLUMN reason text;
UPDATE frozen_reports SET reason = 'not recorded' WHERE version > 1;
COMMENT ON COLUMN frozen_reports.body IS 'Every figure with the hash of its list';
COMMENT ON COLUMN frozen_reports.lists IS 'By indicator the keys of the records in its list, so that a later difference can be named; absent where there are too many';
COMMENT ON COLUMN frozen_reports.reason IS 'Why the month was frozen again';
COMMENT ON COLUMN frozen_reports.sha256 IS 'Over the figures and the hashes of their lists, in the form that the code declares';
COMMENT ON COLUMN frozen_reports.signature IS 'Keyed signature over month, division, version, reason, who, when and the hash, with the key''s id';
ALTER TABLE frozen_reports ADD CONSTRAINT frozen_reports_correction_has_reason CHECK ((version = 1 OR reason IS NOT NULL) AND char_length(reason) BETWEEN 1 AND 500);
