-- The ladder of an emergency: whom it was said to and why, the steps of those who answer with their deadlines, the hand-over to
-- 120, and the services that were ordered for it.

CREATE TYPE emergency_rung AS ENUM ('steward', 'deputy', 'district', 'city');
CREATE TYPE emergency_reason AS ENUM ('raised', 'repeated', 'not_acknowledged', 'again', 'not_under_way', 'not_at_door', 'life_at_risk', 'service_unmet');
CREATE TYPE emergency_step AS ENUM ('under_way', 'at_door', 'life_at_risk', 'ambulance_called', 'handed_over');
CREATE TYPE ambulance_caller AS ENUM ('elder', 'family', 'neighbour', 'steward', 'duty', 'other');
CREATE TYPE emergency_service AS ENUM ('transport', 'medicine');

ALTER TABLE emergencies ADD COLUMN rung emergency_rung NOT NULL DEFAULT 'steward';
ALTER TABLE emergencies ADD COLUMN life_at_risk boolean NOT NULL DEFAULT false;
ALTER TABLE emergencies ADD COLUMN answer_due_at timestamptz;
ALTER TABLE emergencies ADD COLUMN acknowledge_due_at timestamptz;
ALTER TABLE emergencies ADD COLUMN under_way_due_at timestamptz;
ALTER TABLE emergencies ADD COLUMN arrive_due_at timestamptz;
ALTER TABLE emergencies ADD COLUMN under_way_at timestamptz;
ALTER TABLE emergencies ADD COLUMN arrived_at timestamptz;
ALTER TABLE emergencies ADD COLUMN ambulance_called_at timestamptz;
-- Those raised before had the times that a city has unless it says otherwise.
UPDATE emergencies SET answer_due_at = raised_at + interval '1 minute', acknowledge_due_at = raised_at + interval '1 minute',
    under_way_due_at = raised_at + interval '5 minutes', arrive_due_at = raised_at + interval '15 minutes';
ALTER TABLE emergencies ALTER COLUMN answer_due_at SET NOT NULL;
ALTER TABLE emergencies ALTER COLUMN acknowledge_due_at SET NOT NULL;
ALTER TABLE emergencies ALTER COLUMN under_way_due_at SET NOT NULL;
ALTER TABLE emergencies ALTER COLUMN arrive_due_at SET NOT NULL;
COMMENT ON COLUMN emergencies.rung IS 'The highest rung that it was said to';
COMMENT ON COLUMN emergencies.answer_due_at IS 'When it climbs, or is said again on the last rung, unless somebody takes it up';
COMMENT ON COLUMN emergencies.acknowledge_due_at IS 'By when it is to be taken up, on whatever rung';
COMMENT ON COLUMN emergencies.arrive_due_at IS 'Later where the first who set out came from outside the compound';
COMMENT ON COLUMN emergencies.under_way_at IS 'The earliest of its steps, as are arrived_at and ambulance_called_at';
ALTER TABLE emergencies ADD CONSTRAINT emergencies_deadlines_follow CHECK (answer_due_at >= raised_at AND acknowledge_due_at >= raised_at AND under_way_due_at >= raised_at AND arrive_due_at >= raised_at);
ALTER TABLE emergencies ADD CONSTRAINT emergencies_answered_whole CHECK (status <> 'raised' OR under_way_at IS NULL AND arrived_at IS NULL);

CREATE TABLE emergency_alerts (
    emergency_id uuid NOT NULL,
    seq smallint NOT NULL,
    reason emergency_reason NOT NULL,
    rung emergency_rung NOT NULL,
    user_ids uuid[] NOT NULL,
    alerted_at timestamptz NOT NULL
);
COMMENT ON TABLE emergency_alerts IS 'To whom an emergency was said, why, on which rung; nobody where the rung was empty and passed over';
ALTER TABLE emergency_alerts ADD CONSTRAINT emergency_alerts_pkey PRIMARY KEY (emergency_id, seq);
ALTER TABLE emergency_alerts ADD CONSTRAINT emergency_alerts_sane CHECK (seq >= 1 AND (reason <> 'again' OR rung = 'city'));
ALTER TABLE emergency_alerts ADD CONSTRAINT emergency_alerts_emergency_id_fkey FOREIGN KEY (emergency_id) REFERENCES emergencies (id);
-- Nothing climbs twice, and nobody is told twice that it is late.
CREATE UNIQUE INDEX emergency_alerts_climbs_once ON emergency_alerts (emergency_id, rung) WHERE reason IN ('raised', 'repeated', 'not_acknowledged');
CREATE UNIQUE INDEX emergency_alerts_late_once ON emergency_alerts (emergency_id, reason) WHERE reason IN ('not_under_way', 'not_at_door', 'life_at_risk');

CREATE TABLE emergency_steps (
    id uuid PRIMARY KEY,
    emergency_id uuid NOT NULL,
    step emergency_step NOT NULL,
    done_by uuid NOT NULL,
    done_at timestamptz NOT NULL,
    received_at timestamptz NOT NULL,
    device_offset_ms bigint NOT NULL,
    from_outside boolean NOT NULL,
    caller ambulance_caller,
    vehicle text,
    hospital text,
    said_sealed text
);
COMMENT ON TABLE emergency_steps IS 'What those who answer an emergency did, stamped by the device and by the server';
COMMENT ON COLUMN emergency_steps.from_outside IS 'Whoever set out was not in the compound, and has longer to the door';
COMMENT ON COLUMN emergency_steps.caller IS 'Who rang 120';
COMMENT ON COLUMN emergency_steps.said_sealed IS 'What was said to 120 or to the crew';
ALTER TABLE emergency_steps ADD CONSTRAINT emergency_steps_whole CHECK ((step = 'under_way' OR NOT from_outside) AND (step = 'ambulance_called') = (caller IS NOT NULL) AND (step IN ('ambulance_called', 'handed_over') OR vehicle IS NULL AND hospital IS NULL AND said_sealed IS NULL) AND (step <> 'handed_over' OR vehicle IS NOT NULL OR hospital IS NOT NULL));
ALTER TABLE emergency_steps ADD CONSTRAINT emergency_steps_bounded CHECK (char_length(vehicle) BETWEEN 1 AND 50 AND char_length(hospital) BETWEEN 1 AND 100);
ALTER TABLE emergency_steps ADD CONSTRAINT emergency_steps_emergency_id_fkey FOREIGN KEY (emergency_id) REFERENCES emergencies (id);
ALTER TABLE emergency_steps ADD CONSTRAINT emergency_steps_done_by_fkey FOREIGN KEY (done_by) REFERENCES users (id);
CREATE INDEX emergency_steps_by_emergency ON emergency_steps (emergency_id, done_at);
CREATE INDEX emergency_steps_by_doer ON emergency_steps (done_by);

CREATE TABLE emergency_services (
    order_id uuid PRIMARY KEY,
    emergency_id uuid NOT NULL,
    kind emergency_service NOT NULL,
    requested_by uuid NOT NULL,
    requested_at timestamptz NOT NULL
);
COMMENT ON TABLE emergency_services IS 'Transport and medicine ordered from a provider for an emergency';
ALTER TABLE emergency_services ADD CONSTRAINT emergency_services_order_id_fkey FOREIGN KEY (order_id) REFERENCES service_orders (id);
ALTER TABLE emergency_services ADD CONSTRAINT emergency_services_emergency_id_fkey FOREIGN KEY (emergency_id) REFERENCES emergencies (id);
ALTER TABLE emergency_services ADD CONSTRAINT emergency_services_requested_by_fkey FOREIGN KEY (requested_by) REFERENCES users (id);
CREATE INDEX emergency_services_by_emergency ON emergency_services (emergency_id);
CREATE INDEX emergency_services_by_requester ON emergency_services (requested_by);
