-- The survey after a service.

CREATE TYPE followup_channel AS ENUM ('visit', 'call');
CREATE TYPE satisfaction AS ENUM ('satisfied', 'basically_satisfied', 'dissatisfied');

CREATE TABLE followups (
    id uuid PRIMARY KEY,
    order_id uuid NOT NULL,
    original_id uuid NOT NULL,
    round smallint NOT NULL,
    community_id uuid NOT NULL,
    surveyor_id uuid NOT NULL,
    channel followup_channel NOT NULL,
    reached boolean NOT NULL,
    content satisfaction,
    attitude satisfaction,
    quality satisfaction,
    efficiency satisfaction,
    words text NOT NULL,
    surveyed_at timestamptz NOT NULL,
    received_at timestamptz NOT NULL
);
COMMENT ON TABLE followups IS 'Surveys of content, attitude, quality and efficiency; an attempt that reached nobody is kept and never counts as satisfied';
COMMENT ON COLUMN followups.words IS 'What the elder said';
ALTER TABLE followups ADD CONSTRAINT followups_answers_whole CHECK (
    reached = (content IS NOT NULL) AND reached = (attitude IS NOT NULL) AND reached = (quality IS NOT NULL) AND reached = (efficiency IS NOT NULL));
ALTER TABLE followups ADD CONSTRAINT followups_bounded CHECK (char_length(words) <= 1000);
ALTER TABLE followups ADD CONSTRAINT followups_order_id_fkey FOREIGN KEY (order_id) REFERENCES service_orders (id);
ALTER TABLE followups ADD CONSTRAINT followups_original_id_fkey FOREIGN KEY (original_id) REFERENCES service_orders (id);
ALTER TABLE followups ADD CONSTRAINT followups_community_id_fkey FOREIGN KEY (community_id) REFERENCES communities (id);
ALTER TABLE followups ADD CONSTRAINT followups_surveyor_id_fkey FOREIGN KEY (surveyor_id) REFERENCES users (id);
CREATE UNIQUE INDEX followups_one_answer ON followups (order_id) WHERE reached;
CREATE INDEX followups_by_order ON followups (order_id, surveyed_at);
CREATE INDEX followups_by_original ON followups (original_id, round);
CREATE INDEX followups_by_community ON followups (community_id, surveyed_at);
CREATE INDEX followups_by_surveyor ON followups (surveyor_id, surveyed_at);
