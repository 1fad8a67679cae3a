-- A pause keeps until when it was expected to last, and an override that is ended early keeps when it would have ended.

ALTER TABLE elder_statuses ADD COLUMN until date;
COMMENT ON COLUMN elder_statuses.until IS 'First day on which it was expected to be over, as was said when it began';

ALTER TABLE tier_overrides ADD COLUMN planned_end date;
ALTER TABLE tier_overrides ADD COLUMN ended_by uuid;
ALTER TABLE tier_overrides ADD COLUMN ended_at timestamptz;
ALTER TABLE tier_overrides ADD COLUMN end_reason text;
COMMENT ON COLUMN tier_overrides.ends_on IS 'First day on which the rule holds again';
COMMENT ON COLUMN tier_overrides.planned_end IS 'Of one that was ended early: the end that was set first';
ALTER TABLE tier_overrides DROP CONSTRAINT tier_overrides_order;
ALTER TABLE tier_overrides ADD CONSTRAINT tier_overrides_order CHECK (ends_on > starts_on OR ends_on = starts_on AND ended_at IS NOT NULL);
ALTER TABLE tier_overrides ADD CONSTRAINT tier_overrides_ended_whole CHECK ((ended_at IS NULL) = (ended_by IS NULL) AND (ended_at IS NULL) = (end_reason IS NULL)
    AND (ended_at IS NULL) = (planned_end IS NULL) AND planned_end > ends_on AND char_length(end_reason) BETWEEN 1 AND 200);
ALTER TABLE tier_overrides ADD CONSTRAINT tier_overrides_ended_by_fkey FOREIGN KEY (ended_by) REFERENCES users (id);
CREATE INDEX tier_overrides_by_ender ON tier_overrides (ended_by) WHERE ended_by IS NOT NULL;
