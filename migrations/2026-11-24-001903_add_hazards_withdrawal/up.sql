-- A correction of a visit that no longer names a hazard withdraws it: it keeps its row and leaves the lists.

ALTER TABLE hazards ADD COLUMN withdrawn_visit_id uuid;
COMMENT ON COLUMN hazards.withdrawn_visit_id IS 'The corrected version of the visit, which no longer names it';
ALTER TABLE hazards ADD CONSTRAINT hazards_withdrawn_by_correction CHECK ((status = 'withdrawn') = (withdrawn_visit_id IS NOT NULL) AND withdrawn_visit_id <> found_visit_id);
ALTER TABLE hazards ADD CONSTRAINT hazards_withdrawn_visit_id_fkey FOREIGN KEY (withdrawn_visit_id) REFERENCES visits (id);
CREATE INDEX hazards_by_withdrawn_visit ON hazards (withdrawn_visit_id) WHERE withdrawn_visit_id IS NOT NULL;
