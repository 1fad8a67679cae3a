-- The way of a hazard from the finding to the clearing: reported, notified, a responsible party, one extension, a repair, checked
-- again; overdue it climbs step by step. Every change is a row of its history.

CREATE TYPE hazard_party AS ENUM ('household', 'family', 'property', 'landlord', 'gas_firm', 'power_firm', 'water_firm', 'fire_service', 'community');
CREATE TYPE hazard_escalation AS ENUM ('steward', 'subdistrict', 'county', 'city');

ALTER TABLE hazards ADD COLUMN report_due_at timestamptz;
ALTER TABLE hazards ADD COLUMN reported_at timestamptz;
ALTER TABLE hazards ADD COLUMN report_raised_at timestamptz;
ALTER TABLE hazards ADD COLUMN responsible hazard_party;
ALTER TABLE hazards ADD COLUMN noticed_at timestamptz;
ALTER TABLE hazards ADD COLUMN extended_at timestamptz;
ALTER TABLE hazards ADD COLUMN escalation hazard_escalation;
ALTER TABLE hazards ADD COLUMN repair_order_id uuid;
ALTER TABLE hazards ADD COLUMN rechecked_visit_id uuid;
ALTER TABLE hazards ADD COLUMN rechecked_at timestamptz;
COMMENT ON COLUMN hazards.report_due_at IS 'Until when a major one must be reported: an hour after it was found';
COMMENT ON COLUMN hazards.reported_at IS 'When it was first reported';
COMMENT ON COLUMN hazards.report_raised_at IS 'When the missing report was raised: once';
COMMENT ON COLUMN hazards.responsible IS 'Who has to mend it';
COMMENT ON COLUMN hazards.noticed_at IS 'When the latest notice was served';
COMMENT ON COLUMN hazards.extended_at IS 'When its deadline was moved: once';
COMMENT ON COLUMN hazards.escalation IS 'How far up it has climbed, being overdue; escalated_at is the latest step';
COMMENT ON COLUMN hazards.repair_order_id IS 'The latest order for its repair';
COMMENT ON COLUMN hazards.rechecked_visit_id IS 'The latest visit that found it still unsafe';

CREATE TABLE hazard_events (
    hazard_id uuid NOT NULL,
    seq integer NOT NULL,
    record_id uuid,
    from_status hazard_status,
    to_status hazard_status NOT NULL,
    actor_id uuid,
    happened_at timestamptz NOT NULL,
    received_at timestamptz NOT NULL,
    reason text NOT NULL,
    data jsonb NOT NULL
);
COMMENT ON TABLE hazard_events IS 'Every change of a hazard; its state equals the replay of its events, and its version is the number of the latest';
COMMENT ON COLUMN hazard_events.record_id IS 'The id that the phone made for what it recorded: a report, a notice';
COMMENT ON COLUMN hazard_events.actor_id IS 'Null where a deadline ran out';
COMMENT ON COLUMN hazard_events.happened_at IS 'By the device''s clock, put right';
ALTER TABLE hazard_events ADD CONSTRAINT hazard_events_pkey PRIMARY KEY (hazard_id, seq);
ALTER TABLE hazard_events ADD CONSTRAINT hazard_events_record_key UNIQUE (record_id);
ALTER TABLE hazard_events ADD CONSTRAINT hazard_events_bounded CHECK (char_length(reason) <= 500 AND (from_status IS NULL) = (seq = 1));
ALTER TABLE hazard_events ADD CONSTRAINT hazard_events_hazard_id_fkey FOREIGN KEY (hazard_id) REFERENCES hazards (id);
ALTER TABLE hazard_events ADD CONSTRAINT hazard_events_actor_id_fkey FOREIGN KEY (actor_id) REFERENCES users (id);
CREATE INDEX hazard_events_by_actor ON hazard_events (actor_id);

-- What is there already: how it was found, that it was raised as overdue, how it ended. What was edited between is not known any
-- more, so the version becomes the number of these events.
UPDATE hazards SET
    report_due_at = CASE severity WHEN 'major' THEN found_at + interval '1 hour' END,
    escalation = CASE WHEN escalated_at IS NOT NULL THEN 'steward'::hazard_escalation END,
    version = 1 + (escalated_at IS NOT NULL)::integer + (status <> 'open')::integer;
INSERT INTO hazard_events (hazard_id, seq, from_status, to_status, actor_id, happened_at, received_at, reason, data)
    SELECT z.id, 1, NULL, 'open', z.found_by, z.found_at, v.received_at, '',
           jsonb_build_object('event', 'found', 'visit_id', z.found_visit_id, 'severity', z.severity, 'due_at', z.due_at, 'report_due_at', z.report_due_at)
    FROM hazards z JOIN visits v ON v.id = z.found_visit_id;
INSERT INTO hazard_events (hazard_id, seq, from_status, to_status, actor_id, happened_at, received_at, reason, data)
    SELECT z.id, 2, 'open', 'open', NULL, z.escalated_at, z.escalated_at, '', jsonb_build_object('event', 'escalated', 'to', 'steward')
    FROM hazards z WHERE z.escalated_at IS NOT NULL;
INSERT INTO hazard_events (hazard_id, seq, from_status, to_status, actor_id, happened_at, received_at, reason, data)
    SELECT z.id, z.version, 'open', z.status, v.steward_id, CASE z.status WHEN 'cleared' THEN z.cleared_at ELSE v.received_at END, v.received_at, '',
           jsonb_build_object('event', z.status, 'visit_id', v.id)
    FROM hazards z JOIN visits v ON v.id = coalesce(z.cleared_visit_id, z.withdrawn_visit_id);

ALTER TABLE hazards ADD CONSTRAINT hazards_report CHECK ((severity = 'major') = (report_due_at IS NOT NULL) AND (report_raised_at IS NULL OR report_due_at IS NOT NULL));
ALTER TABLE hazards ADD CONSTRAINT hazards_climbed CHECK ((escalation IS NULL) = (escalated_at IS NULL));
ALTER TABLE hazards ADD CONSTRAINT hazards_extended CHECK (extended_at IS NULL OR due_at IS NOT NULL);
ALTER TABLE hazards ADD CONSTRAINT hazards_rechecked_by_later_visit CHECK ((rechecked_visit_id IS NULL) = (rechecked_at IS NULL) AND rechecked_visit_id <> found_visit_id);
ALTER TABLE hazards ADD CONSTRAINT hazards_repair_order_id_fkey FOREIGN KEY (repair_order_id) REFERENCES service_orders (id);
ALTER TABLE hazards ADD CONSTRAINT hazards_rechecked_visit_id_fkey FOREIGN KEY (rechecked_visit_id) REFERENCES visits (id);
CREATE INDEX hazards_by_repair_order ON hazards (repair_order_id) WHERE repair_order_id IS NOT NULL;
CREATE INDEX hazards_by_rechecked_visit ON hazards (rechecked_visit_id) WHERE rechecked_visit_id IS NOT NULL;
CREATE INDEX hazards_unreported ON hazards (report_due_at) WHERE status = 'open' AND reported_at IS NULL AND report_raised_at IS NULL;
-- What has not climbed to the city yet.
DROP INDEX hazards_overdue;
CREATE INDEX hazards_overdue ON hazards (due_at) WHERE status = 'open' AND escalation IS DISTINCT FROM 'city';
