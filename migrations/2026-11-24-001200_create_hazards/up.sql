-- What was found unsafe, until it is safe.

CREATE TYPE hazard_kind AS ENUM ('gas', 'electric', 'fire', 'water', 'dwelling');
CREATE TYPE hazard_severity AS ENUM ('advice', 'general', 'major');
CREATE TYPE hazard_status AS ENUM ('open', 'cleared');

CREATE TABLE hazards (
    id uuid PRIMARY KEY,
    household_id uuid NOT NULL,
    community_id uuid NOT NULL,
    kind hazard_kind NOT NULL,
    severity hazard_severity NOT NULL,
    check_point text NOT NULL,
    description text NOT NULL,
    measure text NOT NULL,
    status hazard_status NOT NULL,
    found_visit_id uuid NOT NULL,
    found_by uuid NOT NULL,
    found_at timestamptz NOT NULL,
    due_at timestamptz,
    escalated_at timestamptz,
    previous_id uuid,
    cleared_visit_id uuid,
    cleared_at timestamptz,
    version integer NOT NULL
);
COMMENT ON TABLE hazards IS 'Found on a visit, cleared by a later one';
COMMENT ON COLUMN hazards.measure IS 'What was done before leaving; never empty for a major hazard';
COMMENT ON COLUMN hazards.due_at IS 'Deadline to be mended; none for advice';
COMMENT ON COLUMN hazards.previous_id IS 'The cleared hazard of the same kind and check point that has come back';
ALTER TABLE hazards ADD CONSTRAINT hazards_bounded CHECK (char_length(check_point) BETWEEN 1 AND 60 AND char_length(description) <= 1000 AND char_length(measure) <= 1000);
ALTER TABLE hazards ADD CONSTRAINT hazards_major_is_handled CHECK (severity <> 'major' OR char_length(measure) > 0);
ALTER TABLE hazards ADD CONSTRAINT hazards_deadline CHECK ((severity = 'advice') = (due_at IS NULL));
ALTER TABLE hazards ADD CONSTRAINT hazards_cleared_by_later_visit CHECK ((status = 'cleared') = (cleared_visit_id IS NOT NULL) AND (status = 'cleared') = (cleared_at IS NOT NULL) AND cleared_visit_id <> found_visit_id);
ALTER TABLE hazards ADD CONSTRAINT hazards_household_id_fkey FOREIGN KEY (household_id) REFERENCES households (id);
ALTER TABLE hazards ADD CONSTRAINT hazards_community_id_fkey FOREIGN KEY (community_id) REFERENCES communities (id);
ALTER TABLE hazards ADD CONSTRAINT hazards_found_visit_id_fkey FOREIGN KEY (found_visit_id) REFERENCES visits (id);
ALTER TABLE hazards ADD CONSTRAINT hazards_found_by_fkey FOREIGN KEY (found_by) REFERENCES users (id);
ALTER TABLE hazards ADD CONSTRAINT hazards_previous_id_fkey FOREIGN KEY (previous_id) REFERENCES hazards (id);
ALTER TABLE hazards ADD CONSTRAINT hazards_cleared_visit_id_fkey FOREIGN KEY (cleared_visit_id) REFERENCES visits (id);
CREATE INDEX hazards_by_household ON hazards (household_id, kind, check_point);
CREATE INDEX hazards_by_community ON hazards (community_id, found_at DESC, id DESC);
CREATE INDEX hazards_open_by_community ON hazards (community_id, severity DESC, due_at) WHERE status = 'open';
CREATE INDEX hazards_overdue ON hazards (due_at) WHERE status = 'open' AND escalated_at IS NULL;
CREATE INDEX hazards_by_found_visit ON hazards (found_visit_id);
CREATE INDEX hazards_by_cleared_visit ON hazards (cleared_visit_id) WHERE cleared_visit_id IS NOT NULL;
CREATE INDEX hazards_by_finder ON hazards (found_by);
CREATE INDEX hazards_by_previous ON hazards (previous_id) WHERE previous_id IS NOT NULL;
