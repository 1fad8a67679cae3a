-- The second ask: some surveys, drawn at random, are asked again by somebody else.

CREATE TABLE second_asks (
    followup_id uuid PRIMARY KEY,
    order_id uuid NOT NULL,
    community_id uuid NOT NULL,
    organisation_id uuid NOT NULL,
    first_surveyor_id uuid NOT NULL,
    first_satisfied boolean NOT NULL,
    drawn_at timestamptz NOT NULL,
    due_at timestamptz NOT NULL,
    tries smallint NOT NULL,
    answer_id uuid,
    asked_by uuid,
    channel followup_channel,
    content satisfaction,
    attitude satisfaction,
    quality satisfaction,
    efficiency satisfaction,
    words text,
    asked_at timestamptz,
    received_at timestamptz
);
COMMENT ON TABLE second_asks IS 'Surveys drawn to be asked again by somebody else; what is said then never changes the first answer, the gap between the two is shown';
COMMENT ON COLUMN second_asks.first_satisfied IS 'No dimension of the first answer was dissatisfied';
COMMENT ON COLUMN second_asks.tries IS 'How often the elder was tried and not reached';
COMMENT ON COLUMN second_asks.answer_id IS 'Made by the device; the same id is the same answer';
ALTER TABLE second_asks ADD CONSTRAINT second_asks_answer_whole CHECK (
    (answer_id IS NULL) = (asked_by IS NULL) AND (answer_id IS NULL) = (channel IS NULL) AND (answer_id IS NULL) = (content IS NULL)
    AND (answer_id IS NULL) = (attitude IS NULL) AND (answer_id IS NULL) = (quality IS NULL) AND (answer_id IS NULL) = (efficiency IS NULL)
    AND (answer_id IS NULL) = (words IS NULL) AND (answer_id IS NULL) = (asked_at IS NULL) AND (answer_id IS NULL) = (received_at IS NULL));
ALTER TABLE second_asks ADD CONSTRAINT second_asks_by_somebody_else CHECK (asked_by <> first_surveyor_id);
ALTER TABLE second_asks ADD CONSTRAINT second_asks_bounded CHECK (char_length(words) <= 1000 AND tries BETWEEN 0 AND 1000 AND due_at >= drawn_at);
ALTER TABLE second_asks ADD CONSTRAINT second_asks_followup_id_fkey FOREIGN KEY (followup_id) REFERENCES followups (id);
ALTER TABLE second_asks ADD CONSTRAINT second_asks_order_id_fkey FOREIGN KEY (order_id) REFERENCES service_orders (id);
ALTER TABLE second_asks ADD CONSTRAINT second_asks_community_id_fkey FOREIGN KEY (community_id) REFERENCES communities (id);
ALTER TABLE second_asks ADD CONSTRAINT second_asks_organisation_id_fkey FOREIGN KEY (organisation_id) REFERENCES organisations (id);
ALTER TABLE second_asks ADD CONSTRAINT second_asks_first_surveyor_id_fkey FOREIGN KEY (first_surveyor_id) REFERENCES users (id);
ALTER TABLE second_asks ADD CONSTRAINT second_asks_asked_by_fkey FOREIGN KEY (asked_by) REFERENCES users (id);
CREATE UNIQUE INDEX second_asks_answer_id_key ON second_asks (answer_id) WHERE answer_id IS NOT NULL;
CREATE INDEX second_asks_open ON second_asks (community_id, due_at, followup_id) WHERE answer_id IS NULL;
CREATE INDEX second_asks_by_drawing ON second_asks (community_id, drawn_at);
CREATE INDEX second_asks_by_order ON second_asks (order_id);
CREATE INDEX second_asks_by_organisation ON second_asks (organisation_id, drawn_at);
CREATE INDEX second_asks_by_first_surveyor ON second_asks (first_surveyor_id, drawn_at);
CREATE INDEX second_asks_by_asker ON second_asks (asked_by);

-- The orders that wait for their survey, by community.
CREATE INDEX service_orders_to_survey ON service_orders (community_id) WHERE status = 'completed';
