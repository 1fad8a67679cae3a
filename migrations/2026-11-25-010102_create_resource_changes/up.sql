-- What a provider wants changed of its own entry and an officer has to approve: prices, licences, certificates.
CREATE TYPE resource_change_status AS ENUM ('pending', 'approved', 'refused', 'withdrawn');

CREATE TABLE resource_changes (
    id uuid PRIMARY KEY,
    organisation_id uuid NOT NULL,
    item_id uuid,
    qualification_id uuid,
    status resource_change_status NOT NULL,
    in_force jsonb,
    wanted jsonb NOT NULL,
    reason text NOT NULL,
    asked_by uuid NOT NULL,
    asked_at timestamptz NOT NULL,
    decided_by uuid,
    decided_at timestamptz,
    decision_reason text,
    version integer NOT NULL
);
COMMENT ON TABLE resource_changes IS 'Changes that a provider asked for; what is in force stays in force until one is approved, and nothing else reads this table';
COMMENT ON COLUMN resource_changes.item_id IS 'Whose prices are to change';
COMMENT ON COLUMN resource_changes.qualification_id IS 'Which licence or certificate is to change; none for a new one';
COMMENT ON COLUMN resource_changes.in_force IS 'What was in force when it was asked for; null for a new licence or certificate';
COMMENT ON COLUMN resource_changes.decided_by IS 'The officer, or whoever withdrew it';
ALTER TABLE resource_changes ADD CONSTRAINT resource_changes_one_subject CHECK (item_id IS NULL OR qualification_id IS NULL AND in_force IS NOT NULL);
ALTER TABLE resource_changes ADD CONSTRAINT resource_changes_decided_whole CHECK ((status = 'pending') = (decided_at IS NULL) AND (decided_at IS NULL) = (decided_by IS NULL) AND (status = 'refused') = (decision_reason IS NOT NULL));
ALTER TABLE resource_changes ADD CONSTRAINT resource_changes_bounded CHECK (char_length(reason) BETWEEN 1 AND 500 AND char_length(decision_reason) BETWEEN 1 AND 500);
ALTER TABLE resource_changes ADD CONSTRAINT resource_changes_organisation_id_fkey FOREIGN KEY (organisation_id) REFERENCES organisations (id);
ALTER TABLE resource_changes ADD CONSTRAINT resource_changes_item_id_fkey FOREIGN KEY (item_id) REFERENCES menu_items (id);
ALTER TABLE resource_changes ADD CONSTRAINT resource_changes_qualification_id_fkey FOREIGN KEY (qualification_id) REFERENCES qualifications (id);
ALTER TABLE resource_changes ADD CONSTRAINT resource_changes_asked_by_fkey FOREIGN KEY (asked_by) REFERENCES users (id);
ALTER TABLE resource_changes ADD CONSTRAINT resource_changes_decided_by_fkey FOREIGN KEY (decided_by) REFERENCES users (id);
CREATE INDEX resource_changes_by_organisation ON resource_changes (organisation_id, id DESC);
CREATE INDEX resource_changes_pending ON resource_changes (id) WHERE status = 'pending';
CREATE UNIQUE INDEX resource_changes_one_price ON resource_changes (item_id, organisation_id) WHERE status = 'pending' AND item_id IS NOT NULL;
CREATE UNIQUE INDEX resource_changes_one_qualification ON resource_changes (qualification_id) WHERE status = 'pending' AND qualification_id IS NOT NULL;
CREATE INDEX resource_changes_by_item ON resource_changes (item_id) WHERE item_id IS NOT NULL;
CREATE INDEX resource_changes_by_qualification ON resource_changes (qualification_id) WHERE qualification_id IS NOT NULL;
CREATE INDEX resource_changes_by_asker ON resource_changes (asked_by);
CREATE INDEX resource_changes_by_decider ON resource_changes (decided_by);
