DELETE FROM obligations WHERE campaign_id IS NOT NULL;
ALTER TABLE obligations DROP COLUMN campaign_id;
COMMENT ON COLUMN obligations.period IS '2024-W03, 2024-01, 2024-Q1, or event:<id> of the event that owes the visit';
COMMENT ON COLUMN obligations.reasons IS 'Why: category codes, advanced_age, override, or the event';
DROP TABLE campaign_communities;
DROP TABLE campaigns;
