-- A cold wave, a festival: one extra visit owed to each household of a group, within a time.

CREATE TABLE campaigns (
    id uuid PRIMARY KEY,
    name text NOT NULL,
    reason text NOT NULL,
    division text NOT NULL,
    categories text[] NOT NULL,
    tiers visit_tier[] NOT NULL,
    age_from smallint,
    entitlement entitlement,
    starts_at timestamptz NOT NULL,
    ends_at timestamptz NOT NULL,
    households integer NOT NULL,
    started_by uuid NOT NULL,
    started_at timestamptz NOT NULL,
    stopped_by uuid,
    stopped_at timestamptz,
    stop_reason text
);
COMMENT ON TABLE campaigns IS 'Extra visits owed to a group of households; who belongs to the group is asked anew every day';
COMMENT ON COLUMN campaigns.division IS 'Division prefix within which it runs';
COMMENT ON COLUMN campaigns.categories IS 'One of them is enough; empty means any';
COMMENT ON COLUMN campaigns.tiers IS 'One of them; empty means any';
COMMENT ON COLUMN campaigns.ends_at IS 'Exclusive: midnight after the last day';
COMMENT ON COLUMN campaigns.households IS 'How many households belonged to the group when it was started';
ALTER TABLE campaigns ADD CONSTRAINT campaigns_bounded CHECK (char_length(name) BETWEEN 1 AND 50 AND char_length(reason) BETWEEN 1 AND 200
    AND char_length(stop_reason) BETWEEN 1 AND 200 AND cardinality(categories) <= 20 AND cardinality(tiers) <= 3 AND age_from BETWEEN 50 AND 120);
ALTER TABLE campaigns ADD CONSTRAINT campaigns_division_form CHECK (division ~ '^[1-9][0-9]+$' AND char_length(division) IN (2, 4, 6, 9, 12));
ALTER TABLE campaigns ADD CONSTRAINT campaigns_times CHECK (starts_at < ends_at);
ALTER TABLE campaigns ADD CONSTRAINT campaigns_stopped_whole CHECK ((stopped_at IS NULL) = (stopped_by IS NULL) AND (stopped_at IS NULL) = (stop_reason IS NULL));
ALTER TABLE campaigns ADD CONSTRAINT campaigns_started_by_fkey FOREIGN KEY (started_by) REFERENCES users (id);
ALTER TABLE campaigns ADD CONSTRAINT campaigns_stopped_by_fkey FOREIGN KEY (stopped_by) REFERENCES users (id);
CREATE INDEX campaigns_by_start ON campaigns (starts_at DESC, id DESC);
CREATE INDEX campaigns_by_end ON campaigns (ends_at);
CREATE INDEX campaigns_by_starter ON campaigns (started_by);
CREATE INDEX campaigns_by_stopper ON campaigns (stopped_by) WHERE stopped_by IS NOT NULL;

CREATE TABLE campaign_communities (
    campaign_id uuid NOT NULL,
    community_id uuid NOT NULL
);
COMMENT ON TABLE campaign_communities IS 'The communities that a campaign was narrowed to; none means all of its division';
ALTER TABLE campaign_communities ADD CONSTRAINT campaign_communities_pkey PRIMARY KEY (campaign_id, community_id);
ALTER TABLE campaign_communities ADD CONSTRAINT campaign_communities_campaign_id_fkey FOREIGN KEY (campaign_id) REFERENCES campaigns (id);
ALTER TABLE campaign_communities ADD CONSTRAINT campaign_communities_community_id_fkey FOREIGN KEY (community_id) REFERENCES communities (id);
CREATE INDEX campaign_communities_by_community ON campaign_communities (community_id);

ALTER TABLE obligations ADD COLUMN campaign_id uuid;
COMMENT ON COLUMN obligations.campaign_id IS 'The campaign that owes it';
COMMENT ON COLUMN obligations.period IS '2024-W03, 2024-01, 2024-Q1, event:<id> of what owes the visit, or campaign:<id>';
COMMENT ON COLUMN obligations.reasons IS 'Why, most telling first: of an event or a campaign the event or campaign itself, then what risk is reckoned from';
ALTER TABLE obligations ADD CONSTRAINT obligations_campaign_named CHECK ((kind = 'campaign') = (campaign_id IS NOT NULL));
ALTER TABLE obligations ADD CONSTRAINT obligations_campaign_id_fkey FOREIGN KEY (campaign_id) REFERENCES campaigns (id);
CREATE INDEX obligations_by_campaign ON obligations (campaign_id, id) WHERE campaign_id IS NOT NULL;
