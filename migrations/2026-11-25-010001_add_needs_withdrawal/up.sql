-- A correction of a visit that no longer names a need withdraws it as never collected: figures leave it out. An elder who gave a need
-- up is another matter, and still was asked.

ALTER TABLE needs ADD COLUMN withdrawn_visit_id uuid;
COMMENT ON COLUMN needs.withdrawn_visit_id IS 'The corrected version of the visit, which no longer names it';
ALTER TABLE needs ADD CONSTRAINT needs_withdrawn_by_correction CHECK (withdrawn_visit_id IS NULL OR status = 'withdrawn');
ALTER TABLE needs ADD CONSTRAINT needs_withdrawn_visit_id_fkey FOREIGN KEY (withdrawn_visit_id) REFERENCES visits (id);
CREATE INDEX needs_by_withdrawn_visit ON needs (withdrawn_visit_id) WHERE withdrawn_visit_id IS NOT NULL;
