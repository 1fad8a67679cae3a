-- What the steward looks at, and what has to be mended.

CREATE TYPE care_bed_inspection_kind AS ENUM ('building', 'service');
CREATE TYPE care_bed_finding_status AS ENUM ('open', 'mended', 'cleared');

CREATE TABLE care_bed_inspections (
    id uuid PRIMARY KEY,
    bed_id uuid NOT NULL,
    household_id uuid NOT NULL,
    community_id uuid NOT NULL,
    kind care_bed_inspection_kind NOT NULL,
    inspector_id uuid NOT NULL,
    visit_id uuid,
    inspected_at timestamptz NOT NULL,
    received_at timestamptz NOT NULL,
    points jsonb NOT NULL,
    evaluation satisfaction,
    words text NOT NULL,
    content_hash bytea NOT NULL
);
COMMENT ON TABLE care_bed_inspections IS 'Inspections of building and of service; append-only';
COMMENT ON COLUMN care_bed_inspections.visit_id IS 'The visit on which it was made, where it was made on one';
COMMENT ON COLUMN care_bed_inspections.inspected_at IS 'By the device''s clock, put right';
COMMENT ON COLUMN care_bed_inspections.points IS 'Each point of the kind with its answer and note';
COMMENT ON COLUMN care_bed_inspections.evaluation IS 'What the elder says of the service';
COMMENT ON COLUMN care_bed_inspections.content_hash IS 'SHA-256 of what was sent, the device''s present time left out: the same id with other content is refused';
ALTER TABLE care_bed_inspections ADD CONSTRAINT care_bed_inspections_bounded CHECK (char_length(words) <= 1000 AND octet_length(content_hash) = 32);
ALTER TABLE care_bed_inspections ADD CONSTRAINT care_bed_inspections_service_is_evaluated CHECK ((kind = 'service') = (evaluation IS NOT NULL));
ALTER TABLE care_bed_inspections ADD CONSTRAINT care_bed_inspections_bed_id_fkey FOREIGN KEY (bed_id) REFERENCES care_beds (id);
ALTER TABLE care_bed_inspections ADD CONSTRAINT care_bed_inspections_household_id_fkey FOREIGN KEY (household_id) REFERENCES households (id);
ALTER TABLE care_bed_inspections ADD CONSTRAINT care_bed_inspections_community_id_fkey FOREIGN KEY (community_id) REFERENCES communities (id);
ALTER TABLE care_bed_inspections ADD CONSTRAINT care_bed_inspections_inspector_id_fkey FOREIGN KEY (inspector_id) REFERENCES users (id);
ALTER TABLE care_bed_inspections ADD CONSTRAINT care_bed_inspections_visit_id_fkey FOREIGN KEY (visit_id) REFERENCES visits (id);
CREATE INDEX care_bed_inspections_by_bed ON care_bed_inspections (bed_id, inspected_at DESC, id DESC);
CREATE INDEX care_bed_inspections_by_household ON care_bed_inspections (household_id);
CREATE INDEX care_bed_inspections_by_community ON care_bed_inspections (community_id, inspected_at);
CREATE INDEX care_bed_inspections_by_inspector ON care_bed_inspections (inspector_id, inspected_at);
CREATE INDEX care_bed_inspections_by_visit ON care_bed_inspections (visit_id) WHERE visit_id IS NOT NULL;

CREATE TABLE care_bed_findings (
    id uuid PRIMARY KEY,
    bed_id uuid NOT NULL,
    community_id uuid NOT NULL,
    organisation_id uuid NOT NULL,
    inspection_id uuid NOT NULL,
    point text NOT NULL,
    description text NOT NULL,
    status care_bed_finding_status NOT NULL,
    found_at timestamptz NOT NULL,
    due_at timestamptz NOT NULL,
    escalated_at timestamptz,
    mended_by uuid,
    mended_at timestamptz,
    mended_note text,
    cleared_inspection_id uuid,
    cleared_at timestamptz,
    version integer NOT NULL
);
COMMENT ON TABLE care_bed_findings IS 'What an inspection found wrong, until a later one finds it right';
COMMENT ON COLUMN care_bed_findings.organisation_id IS 'The provider who has to mend it';
COMMENT ON COLUMN care_bed_findings.due_at IS 'The first instant after the last day for mending it';
ALTER TABLE care_bed_findings ADD CONSTRAINT care_bed_findings_bounded CHECK (point ~ '^[a-z][a-z_]{1,39}$' AND char_length(description) BETWEEN 1 AND 500 AND char_length(mended_note) BETWEEN 1 AND 500 AND due_at > found_at);
ALTER TABLE care_bed_findings ADD CONSTRAINT care_bed_findings_mended_whole CHECK ((mended_by IS NULL) = (mended_at IS NULL) AND (mended_by IS NULL) = (mended_note IS NULL) AND (status <> 'mended' OR mended_at IS NOT NULL));
ALTER TABLE care_bed_findings ADD CONSTRAINT care_bed_findings_cleared_by_later_inspection CHECK ((status = 'cleared') = (cleared_inspection_id IS NOT NULL) AND (status = 'cleared') = (cleared_at IS NOT NULL) AND cleared_inspection_id <> inspection_id);
ALTER TABLE care_bed_findings ADD CONSTRAINT care_bed_findings_bed_id_fkey FOREIGN KEY (bed_id) REFERENCES care_beds (id);
ALTER TABLE care_bed_findings ADD CONSTRAINT care_bed_findings_community_id_fkey FOREIGN KEY (community_id) REFERENCES communities (id);
ALTER TABLE care_bed_findings ADD CONSTRAINT care_bed_findings_organisation_id_fkey FOREIGN KEY (organisation_id) REFERENCES organisations (id);
ALTER TABLE care_bed_findings ADD CONSTRAINT care_bed_findings_inspection_id_fkey FOREIGN KEY (inspection_id) REFERENCES care_bed_inspections (id);
ALTER TABLE care_bed_findings ADD CONSTRAINT care_bed_findings_mended_by_fkey FOREIGN KEY (mended_by) REFERENCES users (id);
ALTER TABLE care_bed_findings ADD CONSTRAINT care_bed_findings_cleared_inspection_id_fkey FOREIGN KEY (cleared_inspection_id) REFERENCES care_bed_inspections (id);
CREATE INDEX care_bed_findings_by_bed ON care_bed_findings (bed_id, found_at);
CREATE INDEX care_bed_findings_by_community ON care_bed_findings (community_id, due_at, id);
CREATE INDEX care_bed_findings_by_organisation ON care_bed_findings (organisation_id, due_at, id);
CREATE INDEX care_bed_findings_by_inspection ON care_bed_findings (inspection_id);
CREATE INDEX care_bed_findings_by_mender ON care_bed_findings (mended_by) WHERE mended_by IS NOT NULL;
CREATE INDEX care_bed_findings_by_clearing ON care_bed_findings (cleared_inspection_id) WHERE cleared_inspection_id IS NOT NULL;
CREATE INDEX care_bed_findings_overdue ON care_bed_findings (due_at) WHERE status = 'open' AND escalated_at IS NULL;
