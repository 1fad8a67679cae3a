-- What organisations of the library agreed to share, and who is paired with whom.
CREATE TYPE resource_agreement_kind AS ENUM ('sharing', 'pairing');

CREATE TABLE resource_agreements (
    id uuid PRIMARY KEY,
    organisation_id uuid NOT NULL,
    counterparty_id uuid NOT NULL,
    kind resource_agreement_kind NOT NULL,
    shared text NOT NULL,
    valid_from date NOT NULL,
    valid_to date,
    entered_by uuid NOT NULL,
    entered_at timestamptz NOT NULL,
    ended_by uuid,
    ended_at timestamptz,
    end_reason text,
    version integer NOT NULL
);
COMMENT ON TABLE resource_agreements IS 'Sharing and pairing agreements between two organisations of the library';
COMMENT ON COLUMN resource_agreements.organisation_id IS 'The party that gives, or that leads the pair';
COMMENT ON COLUMN resource_agreements.shared IS 'What is shared: beds, vehicles, staff, rooms, training';
COMMENT ON COLUMN resource_agreements.valid_to IS 'First day on which it holds no more, as agreed; none for one without end';
COMMENT ON COLUMN resource_agreements.ended_at IS 'Set when it was ended before its time';
ALTER TABLE resource_agreements ADD CONSTRAINT resource_agreements_two_parties CHECK (organisation_id <> counterparty_id);
ALTER TABLE resource_agreements ADD CONSTRAINT resource_agreements_order CHECK (valid_to > valid_from);
ALTER TABLE resource_agreements ADD CONSTRAINT resource_agreements_end_whole CHECK ((ended_at IS NULL) = (ended_by IS NULL) AND (ended_at IS NULL) = (end_reason IS NULL));
ALTER TABLE resource_agreements ADD CONSTRAINT resource_agreements_bounded CHECK (char_length(shared) BETWEEN 1 AND 500 AND char_length(end_reason) BETWEEN 1 AND 500);
ALTER TABLE resource_agreements ADD CONSTRAINT resource_agreements_organisation_id_fkey FOREIGN KEY (organisation_id) REFERENCES organisations (id);
ALTER TABLE resource_agreements ADD CONSTRAINT resource_agreements_counterparty_id_fkey FOREIGN KEY (counterparty_id) REFERENCES organisations (id);
ALTER TABLE resource_agreements ADD CONSTRAINT resource_agreements_entered_by_fkey FOREIGN KEY (entered_by) REFERENCES users (id);
ALTER TABLE resource_agreements ADD CONSTRAINT resource_agreements_ended_by_fkey FOREIGN KEY (ended_by) REFERENCES users (id);
CREATE INDEX resource_agreements_by_party ON resource_agreements (organisation_id, id DESC);
CREATE INDEX resource_agreements_by_counterparty ON resource_agreements (counterparty_id, id DESC);
CREATE INDEX resource_agreements_by_enterer ON resource_agreements (entered_by);
CREATE INDEX resource_agreements_by_ender ON resource_agreements (ended_by);

CREATE TABLE resource_agreement_items (
    agreement_id uuid NOT NULL,
    item_id uuid NOT NULL
);
COMMENT ON TABLE resource_agreement_items IS 'The items for which an agreement holds; none for one that names no item';
ALTER TABLE resource_agreement_items ADD CONSTRAINT resource_agreement_items_pkey PRIMARY KEY (agreement_id, item_id);
ALTER TABLE resource_agreement_items ADD CONSTRAINT resource_agreement_items_agreement_id_fkey FOREIGN KEY (agreement_id) REFERENCES resource_agreements (id);
ALTER TABLE resource_agreement_items ADD CONSTRAINT resource_agreement_items_item_id_fkey FOREIGN KEY (item_id) REFERENCES menu_items (id);
CREATE INDEX resource_agreement_items_by_item ON resource_agreement_items (item_id);
