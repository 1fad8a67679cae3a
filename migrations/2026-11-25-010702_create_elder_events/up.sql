-- What happened to an elder that owes a visit within 24 hours.

CREATE TYPE elder_event_kind AS ENUM ('discharge', 'fall', 'bereavement', 'illness', 'unreachable', 'other_event');

CREATE TABLE elder_events (
    id uuid PRIMARY KEY,
    elder_id uuid NOT NULL,
    household_id uuid NOT NULL,
    community_id uuid NOT NULL,
    obligation_id uuid NOT NULL,
    kind elder_event_kind NOT NULL,
    note_sealed text,
    occurred_at timestamptz NOT NULL,
    received_at timestamptz NOT NULL,
    recorded_by uuid
);
COMMENT ON TABLE elder_events IS 'Events that owe a visit within 24 hours, each with its obligation';
COMMENT ON COLUMN elder_events.household_id IS 'Where the elder lived then';
COMMENT ON COLUMN elder_events.occurred_at IS 'By the device''s clock, put right';
COMMENT ON COLUMN elder_events.recorded_by IS 'Null where the service recorded it: a coming back from hospital';
ALTER TABLE elder_events ADD CONSTRAINT elder_events_obligation_key UNIQUE (obligation_id);
ALTER TABLE elder_events ADD CONSTRAINT elder_events_elder_id_fkey FOREIGN KEY (elder_id) REFERENCES elders (id);
ALTER TABLE elder_events ADD CONSTRAINT elder_events_household_id_fkey FOREIGN KEY (household_id) REFERENCES households (id);
ALTER TABLE elder_events ADD CONSTRAINT elder_events_community_id_fkey FOREIGN KEY (community_id) REFERENCES communities (id);
ALTER TABLE elder_events ADD CONSTRAINT elder_events_obligation_id_fkey FOREIGN KEY (obligation_id) REFERENCES obligations (id);
ALTER TABLE elder_events ADD CONSTRAINT elder_events_recorded_by_fkey FOREIGN KEY (recorded_by) REFERENCES users (id);
CREATE INDEX elder_events_by_elder ON elder_events (elder_id, occurred_at DESC, id DESC);
CREATE INDEX elder_events_by_household ON elder_events (household_id, occurred_at);
CREATE INDEX elder_events_by_community ON elder_events (community_id);
CREATE INDEX elder_events_by_recorder ON elder_events (recorded_by) WHERE recorded_by IS NOT NULL;
