-- A provider may dispute a survey that found its work wanting.

CREATE TYPE dispute_status AS ENUM ('open', 'upheld', 'rejected');

CREATE TABLE survey_disputes (
    id uuid PRIMARY KEY,
    followup_id uuid NOT NULL,
    order_id uuid NOT NULL,
    organisation_id uuid NOT NULL,
    community_id uuid NOT NULL,
    status dispute_status NOT NULL,
    reason text NOT NULL,
    raised_by uuid NOT NULL,
    raised_at timestamptz NOT NULL,
    decided_by uuid,
    decided_at timestamptz,
    decision text
);
COMMENT ON TABLE survey_disputes IS 'A provider''s objection to a dissatisfied survey. An upheld one is left out of the provider''s record; the elder''s answer stands and the work is done again all the same';
COMMENT ON COLUMN survey_disputes.decision IS 'Why it was upheld or rejected';
ALTER TABLE survey_disputes ADD CONSTRAINT survey_disputes_followup_id_key UNIQUE (followup_id);
ALTER TABLE survey_disputes ADD CONSTRAINT survey_disputes_decided_whole CHECK (
    (status = 'open') = (decided_at IS NULL) AND (decided_at IS NULL) = (decided_by IS NULL) AND (decided_at IS NULL) = (decision IS NULL) AND decided_at >= raised_at);
ALTER TABLE survey_disputes ADD CONSTRAINT survey_disputes_bounded CHECK (char_length(reason) BETWEEN 1 AND 1000 AND char_length(decision) BETWEEN 1 AND 1000);
ALTER TABLE survey_disputes ADD CONSTRAINT survey_disputes_followup_id_fkey FOREIGN KEY (followup_id) REFERENCES followups (id);
ALTER TABLE survey_disputes ADD CONSTRAINT survey_disputes_order_id_fkey FOREIGN KEY (order_id) REFERENCES service_orders (id);
ALTER TABLE survey_disputes ADD CONSTRAINT survey_disputes_organisation_id_fkey FOREIGN KEY (organisation_id) REFERENCES organisations (id);
ALTER TABLE survey_disputes ADD CONSTRAINT survey_disputes_community_id_fkey FOREIGN KEY (community_id) REFERENCES communities (id);
ALTER TABLE survey_disputes ADD CONSTRAINT survey_disputes_raised_by_fkey FOREIGN KEY (raised_by) REFERENCES users (id);
ALTER TABLE survey_disputes ADD CONSTRAINT survey_disputes_decided_by_fkey FOREIGN KEY (decided_by) REFERENCES users (id);
CREATE INDEX survey_disputes_by_order ON survey_disputes (order_id);
CREATE INDEX survey_disputes_by_organisation ON survey_disputes (organisation_id, raised_at, id);
CREATE INDEX survey_disputes_by_community ON survey_disputes (community_id, raised_at, id);
CREATE INDEX survey_disputes_by_raiser ON survey_disputes (raised_by);
CREATE INDEX survey_disputes_by_decider ON survey_disputes (decided_by);
