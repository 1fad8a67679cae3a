-- The door that stays shut, and what becomes an emergency.

CREATE TYPE no_answer_status AS ENUM ('open', 'resolved', 'escalated');
CREATE TYPE no_answer_step AS ENUM ('ring', 'phone', 'neighbour', 'contact', 'community', 'police');
CREATE TYPE emergency_status AS ENUM ('raised', 'acknowledged', 'closed');

CREATE TABLE no_answer_cases (
    id uuid PRIMARY KEY,
    household_id uuid NOT NULL,
    community_id uuid NOT NULL,
    visit_id uuid NOT NULL,
    status no_answer_status NOT NULL,
    opened_at timestamptz NOT NULL,
    due_at timestamptz NOT NULL,
    resolution text,
    closed_by uuid,
    closed_at timestamptz,
    version integer NOT NULL
);
COMMENT ON TABLE no_answer_cases IS 'Nobody opened: ring, phone, neighbour or property, contact, community, 110/120; unresolved at the deadline it becomes an emergency';
ALTER TABLE no_answer_cases ADD CONSTRAINT no_answer_cases_visit_key UNIQUE (visit_id);
ALTER TABLE no_answer_cases ADD CONSTRAINT no_answer_cases_closed_whole CHECK ((status = 'open') = (closed_at IS NULL) AND (status = 'resolved') = (resolution IS NOT NULL) AND char_length(resolution) BETWEEN 1 AND 1000);
ALTER TABLE no_answer_cases ADD CONSTRAINT no_answer_cases_household_id_fkey FOREIGN KEY (household_id) REFERENCES households (id);
ALTER TABLE no_answer_cases ADD CONSTRAINT no_answer_cases_community_id_fkey FOREIGN KEY (community_id) REFERENCES communities (id);
ALTER TABLE no_answer_cases ADD CONSTRAINT no_answer_cases_visit_id_fkey FOREIGN KEY (visit_id) REFERENCES visits (id);
ALTER TABLE no_answer_cases ADD CONSTRAINT no_answer_cases_closed_by_fkey FOREIGN KEY (closed_by) REFERENCES users (id);
CREATE INDEX no_answer_cases_by_household ON no_answer_cases (household_id);
CREATE INDEX no_answer_cases_by_community ON no_answer_cases (community_id, opened_at DESC, id DESC);
CREATE INDEX no_answer_cases_due ON no_answer_cases (due_at) WHERE status = 'open';
CREATE INDEX no_answer_cases_by_closer ON no_answer_cases (closed_by);

CREATE TABLE no_answer_steps (
    id uuid PRIMARY KEY,
    case_id uuid NOT NULL,
    step no_answer_step NOT NULL,
    note text NOT NULL,
    done_by uuid NOT NULL,
    done_at timestamptz NOT NULL,
    received_at timestamptz NOT NULL
);
COMMENT ON TABLE no_answer_steps IS 'Each step of the chain, stamped';
ALTER TABLE no_answer_steps ADD CONSTRAINT no_answer_steps_bounded CHECK (char_length(note) <= 500);
ALTER TABLE no_answer_steps ADD CONSTRAINT no_answer_steps_case_id_fkey FOREIGN KEY (case_id) REFERENCES no_answer_cases (id);
ALTER TABLE no_answer_steps ADD CONSTRAINT no_answer_steps_done_by_fkey FOREIGN KEY (done_by) REFERENCES users (id);
CREATE INDEX no_answer_steps_by_case ON no_answer_steps (case_id, done_at);
CREATE INDEX no_answer_steps_by_doer ON no_answer_steps (done_by);

CREATE TABLE emergencies (
    id uuid PRIMARY KEY,
    household_id uuid NOT NULL,
    community_id uuid NOT NULL,
    no_answer_case_id uuid,
    status emergency_status NOT NULL,
    raised_at timestamptz NOT NULL,
    acknowledged_by uuid,
    acknowledged_at timestamptz,
    closing_visit_id uuid,
    closed_by uuid,
    closed_at timestamptz,
    version integer NOT NULL
);
COMMENT ON TABLE emergencies IS 'What must be answered at once; closes only after a visit on a later day';
ALTER TABLE emergencies ADD CONSTRAINT emergencies_acknowledged_whole CHECK ((status = 'raised') = (acknowledged_at IS NULL) AND (acknowledged_at IS NULL) = (acknowledged_by IS NULL));
ALTER TABLE emergencies ADD CONSTRAINT emergencies_closed_whole CHECK ((status = 'closed') = (closed_at IS NOT NULL) AND (closed_at IS NULL) = (closed_by IS NULL) AND (closed_at IS NULL) = (closing_visit_id IS NULL));
ALTER TABLE emergencies ADD CONSTRAINT emergencies_household_id_fkey FOREIGN KEY (household_id) REFERENCES households (id);
ALTER TABLE emergencies ADD CONSTRAINT emergencies_community_id_fkey FOREIGN KEY (community_id) REFERENCES communities (id);
ALTER TABLE emergencies ADD CONSTRAINT emergencies_no_answer_case_id_fkey FOREIGN KEY (no_answer_case_id) REFERENCES no_answer_cases (id);
ALTER TABLE emergencies ADD CONSTRAINT emergencies_acknowledged_by_fkey FOREIGN KEY (acknowledged_by) REFERENCES users (id);
ALTER TABLE emergencies ADD CONSTRAINT emergencies_closing_visit_id_fkey FOREIGN KEY (closing_visit_id) REFERENCES visits (id);
ALTER TABLE emergencies ADD CONSTRAINT emergencies_closed_by_fkey FOREIGN KEY (closed_by) REFERENCES users (id);
CREATE UNIQUE INDEX emergencies_by_case ON emergencies (no_answer_case_id);
CREATE INDEX emergencies_by_household ON emergencies (household_id);
CREATE INDEX emergencies_by_community ON emergencies (community_id, raised_at DESC, id DESC);
CREATE INDEX emergencies_by_acknowledger ON emergencies (acknowledged_by);
CREATE INDEX emergencies_by_closing_visit ON emergencies (closing_visit_id);
CREATE INDEX emergencies_by_closer ON emergencies (closed_by);
