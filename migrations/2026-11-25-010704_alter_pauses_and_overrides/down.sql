-- What was ended on its first day has no place in the narrower order.
DELETE FROM tier_overrides WHERE ends_on = starts_on;
ALTER TABLE tier_overrides DROP CONSTRAINT tier_overrides_order;
ALTER TABLE tier_overrides DROP COLUMN planned_end, DROP COLUMN ended_by, DROP COLUMN ended_at, DROP COLUMN end_reason;
ALTER TABLE tier_overrides ADD CONSTRAINT tier_overrides_order CHECK (ends_on > starts_on);
ALTER TABLE elder_statuses DROP COLUMN until;
