-- From how many points of findings and missed visits on an elder is owed weekly visits, whatever the categories say; and of a visit
-- that was owed for that, by what.

ALTER TABLE risk_editions ADD COLUMN weekly_from smallint NOT NULL DEFAULT 20;
ALTER TABLE risk_editions ALTER COLUMN weekly_from DROP DEFAULT;
COMMENT ON COLUMN risk_editions.weekly_from IS 'From how many points of findings and missed visits on visits are owed weekly';
ALTER TABLE risk_editions ADD CONSTRAINT risk_editions_weekly_from_bounded CHECK (weekly_from BETWEEN 1 AND 100);

ALTER TABLE obligations ADD COLUMN raised_by text[] NOT NULL DEFAULT '{}';
COMMENT ON COLUMN obligations.raised_by IS 'Findings and missed visits that raised the tier when it came to be owed, the weightiest first; empty where the files alone owe it';
ALTER TABLE obligations ADD CONSTRAINT obligations_raised_to_weekly CHECK (kind = 'weekly' OR raised_by = '{}');
