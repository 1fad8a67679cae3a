-- Publicity events: where policies are made known to many.

CREATE TYPE publicity_channel AS ENUM ('television', 'newspaper', 'app', 'short_video', 'leaflet', 'on_site');

CREATE TABLE publicity_events (
    id uuid PRIMARY KEY,
    root_id uuid NOT NULL,
    revision smallint NOT NULL,
    superseded_at timestamptz,
    correction_reason text,
    corrected_by uuid,
    channel publicity_channel NOT NULL,
    community_id uuid,
    division_code text NOT NULL,
    subject text NOT NULL,
    venue text NOT NULL,
    held_at timestamptz NOT NULL,
    attendance integer NOT NULL,
    explained integer NOT NULL,
    recorded_by uuid NOT NULL,
    received_at timestamptz NOT NULL,
    withdrawn_at timestamptz,
    withdrawn_by uuid,
    withdrawal_reason text
);
COMMENT ON TABLE publicity_events IS 'A correction is a new row with the same root, and the row before it is marked superseded';
COMMENT ON COLUMN publicity_events.community_id IS 'Null for an event of a whole division';
COMMENT ON COLUMN publicity_events.division_code IS 'The community''s division, or the one that the event was for';
COMMENT ON COLUMN publicity_events.held_at IS 'By the device''s clock, put right by its offset';
COMMENT ON COLUMN publicity_events.explained IS 'Persons to whom a policy was explained: so many person-times';
COMMENT ON COLUMN publicity_events.recorded_by IS 'Who recorded the first version';
ALTER TABLE publicity_events ADD CONSTRAINT publicity_events_revision_once UNIQUE (root_id, revision);
ALTER TABLE publicity_events ADD CONSTRAINT publicity_events_first_is_root CHECK ((revision = 1) = (root_id = id) AND (revision = 1) = (correction_reason IS NULL) AND (revision = 1) = (corrected_by IS NULL));
ALTER TABLE publicity_events ADD CONSTRAINT publicity_events_bounded CHECK (char_length(subject) BETWEEN 1 AND 200 AND char_length(venue) <= 200 AND char_length(correction_reason) BETWEEN 2 AND 500 AND char_length(withdrawal_reason) BETWEEN 2 AND 500);
ALTER TABLE publicity_events ADD CONSTRAINT publicity_events_counts CHECK (attendance BETWEEN 0 AND 1000000 AND explained BETWEEN 0 AND attendance);
ALTER TABLE publicity_events ADD CONSTRAINT publicity_events_withdrawn_whole CHECK ((withdrawn_at IS NULL) = (withdrawn_by IS NULL) AND (withdrawn_at IS NULL) = (withdrawal_reason IS NULL) AND (withdrawn_at IS NULL OR superseded_at IS NULL));
ALTER TABLE publicity_events ADD CONSTRAINT publicity_events_community_id_fkey FOREIGN KEY (community_id) REFERENCES communities (id);
ALTER TABLE publicity_events ADD CONSTRAINT publicity_events_division_code_fkey FOREIGN KEY (division_code) REFERENCES divisions (code);
ALTER TABLE publicity_events ADD CONSTRAINT publicity_events_recorded_by_fkey FOREIGN KEY (recorded_by) REFERENCES users (id);
ALTER TABLE publicity_events ADD CONSTRAINT publicity_events_corrected_by_fkey FOREIGN KEY (corrected_by) REFERENCES users (id);
ALTER TABLE publicity_events ADD CONSTRAINT publicity_events_withdrawn_by_fkey FOREIGN KEY (withdrawn_by) REFERENCES users (id);
CREATE INDEX publicity_events_latest ON publicity_events (held_at DESC, id DESC) WHERE superseded_at IS NULL;
CREATE INDEX publicity_events_by_community ON publicity_events (community_id, held_at DESC);
CREATE INDEX publicity_events_by_division ON publicity_events (division_code);
CREATE INDEX publicity_events_by_recorder ON publicity_events (recorded_by, held_at DESC);
CREATE INDEX publicity_events_by_corrector ON publicity_events (corrected_by) WHERE corrected_by IS NOT NULL;
CREATE INDEX publicity_events_by_withdrawer ON publicity_events (withdrawn_by) WHERE withdrawn_by IS NOT NULL;

CREATE TABLE publicity_event_policies (
    event_id uuid NOT NULL,
    policy_id uuid NOT NULL,
    policy_version integer NOT NULL
);
COMMENT ON TABLE publicity_event_policies IS 'Which policies an event, or one version of it, was about';
COMMENT ON COLUMN publicity_event_policies.policy_version IS 'The version in force on the day of the event';
ALTER TABLE publicity_event_policies ADD CONSTRAINT publicity_event_policies_pkey PRIMARY KEY (event_id, policy_id);
ALTER TABLE publicity_event_policies ADD CONSTRAINT publicity_event_policies_event_id_fkey FOREIGN KEY (event_id) REFERENCES publicity_events (id);
ALTER TABLE publicity_event_policies ADD CONSTRAINT publicity_event_policies_policy_version_fkey FOREIGN KEY (policy_id, policy_version) REFERENCES policy_versions (policy_id, version);
CREATE INDEX publicity_event_policies_by_policy ON publicity_event_policies (policy_id, policy_version);
