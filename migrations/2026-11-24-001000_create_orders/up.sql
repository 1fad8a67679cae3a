-- Service orders: lifecycle, offers, clocks, events, quality cases.

CREATE TYPE order_status AS ENUM ('requested', 'offered', 'referred', 'accepted', 'scheduled', 'in_service', 'completed', 'followed_up', 'reworking', 'closed', 'cancelled', 'unmet');
CREATE TYPE offer_status AS ENUM ('open', 'accepted', 'declined', 'expired', 'withdrawn');
CREATE TYPE clock_kind AS ENUM ('elder', 'accept', 'arrive', 'finish', 'follow_up');
CREATE TYPE quality_case_status AS ENUM ('open', 'closed');

CREATE TABLE service_orders (
    id uuid PRIMARY KEY,
    case_id uuid NOT NULL,
    need_id uuid NOT NULL,
    elder_id uuid NOT NULL,
    household_id uuid NOT NULL,
    community_id uuid NOT NULL,
    item_id uuid NOT NULL,
    entitlement entitlement NOT NULL,
    round smallint NOT NULL,
    original_id uuid NOT NULL,
    previous_id uuid,
    status order_status NOT NULL,
    organisation_id uuid,
    worker_id uuid,
    tier_reached resource_tier NOT NULL,
    refusals smallint NOT NULL,
    requested_by uuid NOT NULL,
    requested_at timestamptz NOT NULL,
    scheduled_for timestamptz,
    started_at timestamptz,
    completed_at timestamptz,
    signed_by text,
    market_fen bigint NOT NULL,
    subsidy_fen bigint NOT NULL,
    elder_pays_fen bigint NOT NULL,
    closed_at timestamptz,
    version integer NOT NULL
);
COMMENT ON TABLE service_orders IS 'A need given to a provider; a rework is a linked order of the same case';
COMMENT ON COLUMN service_orders.case_id IS 'Shared by the need, its order and every rework: evidence hangs on it';
COMMENT ON COLUMN service_orders.entitlement IS 'The elder''s entitlement when it was asked for';
COMMENT ON COLUMN service_orders.round IS '1 the first time, 2 and more for rework';
COMMENT ON COLUMN service_orders.original_id IS 'The first order of the chain; itself in round 1';
COMMENT ON COLUMN service_orders.tier_reached IS 'Where the search for a provider stands: organisation, county, city';
COMMENT ON COLUMN service_orders.signed_by IS 'Who signed that it was done: the elder, or the relation to the elder';
ALTER TABLE service_orders ADD CONSTRAINT service_orders_round_one_is_original CHECK ((round = 1) = (original_id = id) AND (round = 1) = (previous_id IS NULL) AND round BETWEEN 1 AND 20);
ALTER TABLE service_orders ADD CONSTRAINT service_orders_accepted_has_provider CHECK (status NOT IN ('accepted', 'scheduled', 'in_service', 'completed', 'followed_up', 'reworking', 'closed') OR organisation_id IS NOT NULL);
ALTER TABLE service_orders ADD CONSTRAINT service_orders_scheduled_has_worker CHECK (status NOT IN ('scheduled', 'in_service', 'completed', 'followed_up', 'reworking', 'closed') OR worker_id IS NOT NULL AND scheduled_for IS NOT NULL);
ALTER TABLE service_orders ADD CONSTRAINT service_orders_started_has_arrival CHECK (status NOT IN ('in_service', 'completed', 'followed_up', 'reworking', 'closed') OR started_at IS NOT NULL);
ALTER TABLE service_orders ADD CONSTRAINT service_orders_completed_has_evidence CHECK (status NOT IN ('completed', 'followed_up', 'reworking', 'closed') OR completed_at IS NOT NULL AND signed_by IS NOT NULL);
ALTER TABLE service_orders ADD CONSTRAINT service_orders_end_is_stamped CHECK ((status IN ('closed', 'cancelled')) = (closed_at IS NOT NULL));
ALTER TABLE service_orders ADD CONSTRAINT service_orders_times CHECK (completed_at IS NULL OR started_at IS NOT NULL AND completed_at >= started_at);
ALTER TABLE service_orders ADD CONSTRAINT service_orders_money CHECK (market_fen >= 0 AND subsidy_fen >= 0 AND elder_pays_fen >= 0 AND (round = 1 OR subsidy_fen = 0 AND elder_pays_fen = 0));
ALTER TABLE service_orders ADD CONSTRAINT service_orders_signed_bounded CHECK (char_length(signed_by) BETWEEN 1 AND 50);
ALTER TABLE service_orders ADD CONSTRAINT service_orders_need_id_fkey FOREIGN KEY (need_id) REFERENCES needs (id);
ALTER TABLE service_orders ADD CONSTRAINT service_orders_elder_id_fkey FOREIGN KEY (elder_id) REFERENCES elders (id);
ALTER TABLE service_orders ADD CONSTRAINT service_orders_household_id_fkey FOREIGN KEY (household_id) REFERENCES households (id);
ALTER TABLE service_orders ADD CONSTRAINT service_orders_community_id_fkey FOREIGN KEY (community_id) REFERENCES communities (id);
ALTER TABLE service_orders ADD CONSTRAINT service_orders_item_id_fkey FOREIGN KEY (item_id) REFERENCES menu_items (id);
ALTER TABLE service_orders ADD CONSTRAINT service_orders_original_id_fkey FOREIGN KEY (original_id) REFERENCES service_orders (id);
ALTER TABLE service_orders ADD CONSTRAINT service_orders_previous_id_fkey FOREIGN KEY (previous_id) REFERENCES service_orders (id);
ALTER TABLE service_orders ADD CONSTRAINT service_orders_organisation_id_fkey FOREIGN KEY (organisation_id) REFERENCES organisations (id);
ALTER TABLE service_orders ADD CONSTRAINT service_orders_worker_id_fkey FOREIGN KEY (worker_id) REFERENCES workers (id);
ALTER TABLE service_orders ADD CONSTRAINT service_orders_requested_by_fkey FOREIGN KEY (requested_by) REFERENCES users (id);
CREATE UNIQUE INDEX service_orders_one_per_need ON service_orders (need_id) WHERE round = 1 AND status <> 'cancelled';
CREATE UNIQUE INDEX service_orders_round_once ON service_orders (original_id, round) WHERE status <> 'cancelled';
CREATE INDEX service_orders_by_community ON service_orders (community_id, requested_at DESC, id DESC);
CREATE INDEX service_orders_by_organisation ON service_orders (organisation_id, requested_at DESC, id DESC) WHERE organisation_id IS NOT NULL;
CREATE INDEX service_orders_by_elder ON service_orders (elder_id, requested_at DESC);
CREATE INDEX service_orders_by_need ON service_orders (need_id);
CREATE INDEX service_orders_by_household ON service_orders (household_id);
CREATE INDEX service_orders_by_item ON service_orders (item_id);
CREATE INDEX service_orders_by_original ON service_orders (original_id, round);
CREATE INDEX service_orders_by_previous ON service_orders (previous_id) WHERE previous_id IS NOT NULL;
CREATE INDEX service_orders_by_worker ON service_orders (worker_id, scheduled_for) WHERE worker_id IS NOT NULL;
CREATE INDEX service_orders_by_requester ON service_orders (requested_by, requested_at DESC, id DESC);
CREATE INDEX service_orders_by_completion ON service_orders (community_id, completed_at) WHERE completed_at IS NOT NULL;
CREATE INDEX service_orders_open ON service_orders (status, requested_at) WHERE status NOT IN ('closed', 'cancelled');

CREATE TABLE order_events (
    id uuid PRIMARY KEY,
    order_id uuid NOT NULL,
    seq smallint NOT NULL,
    from_status order_status,
    to_status order_status NOT NULL,
    actor_id uuid,
    device_at timestamptz NOT NULL,
    received_at timestamptz NOT NULL,
    reason text NOT NULL,
    data jsonb NOT NULL
);
COMMENT ON TABLE order_events IS 'Every transition of an order; an order''s state equals the replay of its events';
COMMENT ON COLUMN order_events.actor_id IS 'Null where a clock ran out';
COMMENT ON COLUMN order_events.data IS 'What the transition carried: provider, worker, times, who signed';
ALTER TABLE order_events ADD CONSTRAINT order_events_seq_key UNIQUE (order_id, seq);
ALTER TABLE order_events ADD CONSTRAINT order_events_bounded CHECK (char_length(reason) <= 500 AND (from_status IS NULL) = (seq = 1));
ALTER TABLE order_events ADD CONSTRAINT order_events_order_id_fkey FOREIGN KEY (order_id) REFERENCES service_orders (id);
ALTER TABLE order_events ADD CONSTRAINT order_events_actor_id_fkey FOREIGN KEY (actor_id) REFERENCES users (id);
CREATE INDEX order_events_by_actor ON order_events (actor_id);

CREATE TABLE order_clocks (
    order_id uuid NOT NULL,
    clock clock_kind NOT NULL,
    started_at timestamptz NOT NULL,
    due_at timestamptz NOT NULL,
    paused_at timestamptz,
    pause_reason text,
    paused_seconds integer NOT NULL,
    stopped_at timestamptz,
    escalated_at timestamptz
);
COMMENT ON TABLE order_clocks IS 'The five clocks of an order; a clock of a later step starts when its step does';
COMMENT ON COLUMN order_clocks.due_at IS 'Moves on by the length of each pause that ended';
COMMENT ON COLUMN order_clocks.escalated_at IS 'When being late was raised: once a step';
ALTER TABLE order_clocks ADD CONSTRAINT order_clocks_pkey PRIMARY KEY (order_id, clock);
ALTER TABLE order_clocks ADD CONSTRAINT order_clocks_pause_whole CHECK ((paused_at IS NULL) = (pause_reason IS NULL) AND paused_seconds >= 0 AND char_length(pause_reason) BETWEEN 1 AND 500);
ALTER TABLE order_clocks ADD CONSTRAINT order_clocks_elder_never_paused CHECK (clock <> 'elder' OR paused_at IS NULL AND paused_seconds = 0);
ALTER TABLE order_clocks ADD CONSTRAINT order_clocks_order_id_fkey FOREIGN KEY (order_id) REFERENCES service_orders (id);
CREATE INDEX order_clocks_running ON order_clocks (due_at) WHERE stopped_at IS NULL AND paused_at IS NULL AND escalated_at IS NULL;

CREATE TABLE offers (
    id uuid PRIMARY KEY,
    order_id uuid NOT NULL,
    organisation_id uuid NOT NULL,
    status offer_status NOT NULL,
    rank smallint NOT NULL,
    figures jsonb NOT NULL,
    chosen_by uuid,
    choice_reason text,
    offered_at timestamptz NOT NULL,
    expires_at timestamptz NOT NULL,
    answered_at timestamptz,
    answered_by uuid,
    answer_reason text
);
COMMENT ON TABLE offers IS 'An order put before one provider, with the figures of its ranking';
COMMENT ON COLUMN offers.figures IS 'Tier, distance, load, rework rate and price by which it was ranked, as they were then';
COMMENT ON COLUMN offers.chosen_by IS 'Who chose otherwise than the ranking, with the reason';
ALTER TABLE offers ADD CONSTRAINT offers_choice_whole CHECK ((chosen_by IS NULL) = (choice_reason IS NULL));
ALTER TABLE offers ADD CONSTRAINT offers_answer_whole CHECK ((status = 'open') = (answered_at IS NULL) AND (status <> 'declined' OR answer_reason IS NOT NULL));
ALTER TABLE offers ADD CONSTRAINT offers_bounded CHECK (char_length(choice_reason) BETWEEN 1 AND 500 AND char_length(answer_reason) BETWEEN 1 AND 500);
ALTER TABLE offers ADD CONSTRAINT offers_order_id_fkey FOREIGN KEY (order_id) REFERENCES service_orders (id);
ALTER TABLE offers ADD CONSTRAINT offers_organisation_id_fkey FOREIGN KEY (organisation_id) REFERENCES organisations (id);
ALTER TABLE offers ADD CONSTRAINT offers_chosen_by_fkey FOREIGN KEY (chosen_by) REFERENCES users (id);
ALTER TABLE offers ADD CONSTRAINT offers_answered_by_fkey FOREIGN KEY (answered_by) REFERENCES users (id);
CREATE UNIQUE INDEX offers_one_open ON offers (order_id) WHERE status = 'open';
CREATE INDEX offers_by_order ON offers (order_id, offered_at);
CREATE INDEX offers_by_organisation ON offers (organisation_id, offered_at DESC, id DESC);
CREATE INDEX offers_expiring ON offers (expires_at) WHERE status = 'open';
CREATE INDEX offers_by_chooser ON offers (chosen_by);
CREATE INDEX offers_by_answerer ON offers (answered_by);

CREATE TABLE quality_cases (
    id uuid PRIMARY KEY,
    order_id uuid NOT NULL,
    organisation_id uuid NOT NULL,
    status quality_case_status NOT NULL,
    reason text NOT NULL,
    outcome text,
    opened_at timestamptz NOT NULL,
    closed_by uuid,
    closed_at timestamptz,
    version integer NOT NULL
);
COMMENT ON TABLE quality_cases IS 'Opened against a provider whose rework failed too; an officer closes it with an outcome';
ALTER TABLE quality_cases ADD CONSTRAINT quality_cases_closed_whole CHECK ((status = 'closed') = (closed_at IS NOT NULL) AND (closed_at IS NULL) = (closed_by IS NULL) AND (closed_at IS NULL) = (outcome IS NULL));
ALTER TABLE quality_cases ADD CONSTRAINT quality_cases_bounded CHECK (char_length(reason) BETWEEN 1 AND 500 AND char_length(outcome) BETWEEN 1 AND 1000);
ALTER TABLE quality_cases ADD CONSTRAINT quality_cases_order_id_fkey FOREIGN KEY (order_id) REFERENCES service_orders (id);
ALTER TABLE quality_cases ADD CONSTRAINT quality_cases_organisation_id_fkey FOREIGN KEY (organisation_id) REFERENCES organisations (id);
ALTER TABLE quality_cases ADD CONSTRAINT quality_cases_closed_by_fkey FOREIGN KEY (closed_by) REFERENCES users (id);
CREATE UNIQUE INDEX quality_cases_by_order ON quality_cases (order_id, organisation_id);
CREATE INDEX quality_cases_by_organisation ON quality_cases (organisation_id, opened_at);
CREATE INDEX quality_cases_by_closer ON quality_cases (closed_by);
