-- The visit log with its safety checks, and what a visit can find: hazards, and a door that stays shut.

CREATE TYPE visit_purpose AS ENUM ('safety', 'needs', 'follow_up', 'care_bed', 'policy');
CREATE TYPE visit_outcome AS ENUM ('met', 'no_answer', 'refused', 'moved');
CREATE TYPE check_result AS ENUM ('safe', 'hazard', 'not_applicable', 'not_checked');
CREATE TYPE visit_position AS ENUM ('at_door', 'elsewhere', 'unknown');
CREATE TYPE physical_condition AS ENUM ('good', 'fair', 'poor', 'acute');
CREATE TYPE diet AS ENUM ('regular', 'irregular', 'insufficient');
CREATE TYPE mood AS ENUM ('cheerful', 'calm', 'low', 'distressed');

CREATE TABLE visits (
    id uuid PRIMARY KEY,
    root_id uuid NOT NULL,
    revision smallint NOT NULL,
    superseded_at timestamptz,
    correction_reason text,
    household_id uuid NOT NULL,
    community_id uuid NOT NULL,
    steward_id uuid NOT NULL,
    purposes visit_purpose[] NOT NULL,
    outcome visit_outcome NOT NULL,
    started_at timestamptz NOT NULL,
    ended_at timestamptz NOT NULL,
    received_at timestamptz NOT NULL,
    device_offset_ms bigint NOT NULL,
    "position" visit_position NOT NULL,
    latitude double precision,
    longitude double precision,
    accuracy_m real,
    gas check_result,
    electric check_result,
    fire check_result,
    water check_result,
    check_points jsonb NOT NULL,
    note_sealed text,
    form_version smallint NOT NULL
);
COMMENT ON TABLE visits IS 'Append-only: a correction is a new row with the same root, and the row before it is marked superseded';
COMMENT ON COLUMN visits.root_id IS 'The first version''s id: the visit''s identity over its corrections';
COMMENT ON COLUMN visits.started_at IS 'Check-in by the device''s clock, put right by the offset';
COMMENT ON COLUMN visits.device_offset_ms IS 'Device clock minus server clock when it was received';
COMMENT ON COLUMN visits.gas IS 'The four checks: all set on a visit with purpose safety that met someone, else null';
COMMENT ON COLUMN visits.check_points IS 'Per check: the points looked at, and why it was not checked where it was not';
ALTER TABLE visits ADD CONSTRAINT visits_revision_once UNIQUE (root_id, revision);
ALTER TABLE visits ADD CONSTRAINT visits_first_is_root CHECK ((revision = 1) = (root_id = id) AND (revision = 1) = (correction_reason IS NULL));
ALTER TABLE visits ADD CONSTRAINT visits_times CHECK (ended_at >= started_at AND ended_at <= started_at + interval '24 hours');
ALTER TABLE visits ADD CONSTRAINT visits_purposes_some CHECK (cardinality(purposes) BETWEEN 1 AND 5);
ALTER TABLE visits ADD CONSTRAINT visits_checks_whole CHECK ((gas IS NULL) = (electric IS NULL) AND (gas IS NULL) = (fire IS NULL) AND (gas IS NULL) = (water IS NULL));
ALTER TABLE visits ADD CONSTRAINT visits_safety_is_checked CHECK (NOT (outcome = 'met' AND 'safety' = ANY (purposes)) OR gas IS NOT NULL);
ALTER TABLE visits ADD CONSTRAINT visits_position_whole CHECK ((latitude IS NULL) = (longitude IS NULL) AND ("position" <> 'at_door' OR latitude IS NOT NULL));
ALTER TABLE visits ADD CONSTRAINT visits_household_id_fkey FOREIGN KEY (household_id) REFERENCES households (id);
ALTER TABLE visits ADD CONSTRAINT visits_community_id_fkey FOREIGN KEY (community_id) REFERENCES communities (id);
ALTER TABLE visits ADD CONSTRAINT visits_steward_id_fkey FOREIGN KEY (steward_id) REFERENCES users (id);
CREATE INDEX visits_by_household ON visits (household_id, started_at DESC);
CREATE INDEX visits_by_community ON visits (community_id, started_at DESC, id DESC);
CREATE INDEX visits_by_steward ON visits (steward_id, started_at DESC, id DESC);

ALTER TABLE obligations ADD CONSTRAINT obligations_visit_id_fkey FOREIGN KEY (visit_id) REFERENCES visits (id);
CREATE INDEX obligations_by_visit ON obligations (visit_id) WHERE visit_id IS NOT NULL;

CREATE TABLE visit_elders (
    visit_id uuid NOT NULL,
    elder_id uuid NOT NULL,
    condition physical_condition NOT NULL,
    diet diet NOT NULL,
    mood mood NOT NULL,
    note_sealed text
);
COMMENT ON TABLE visit_elders IS 'Each elder met on a visit: one person-time';
ALTER TABLE visit_elders ADD CONSTRAINT visit_elders_pkey PRIMARY KEY (visit_id, elder_id);
ALTER TABLE visit_elders ADD CONSTRAINT visit_elders_visit_id_fkey FOREIGN KEY (visit_id) REFERENCES visits (id);
ALTER TABLE visit_elders ADD CONSTRAINT visit_elders_elder_id_fkey FOREIGN KEY (elder_id) REFERENCES elders (id);
CREATE INDEX visit_elders_by_elder ON visit_elders (elder_id, visit_id);
