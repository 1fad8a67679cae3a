-- Who is away from when to when, and who stands in for them where.

CREATE TABLE steward_leaves (
    id uuid PRIMARY KEY,
    user_id uuid NOT NULL,
    starts_at timestamptz NOT NULL,
    ends_at timestamptz NOT NULL,
    planned_ends_at timestamptz NOT NULL,
    reason text NOT NULL,
    recorded_by uuid NOT NULL,
    end_reason text,
    ended_by uuid,
    created_at timestamptz NOT NULL
);
COMMENT ON TABLE steward_leaves IS 'A steward''s leave; while it lasts they do not answer for their communities, and whoever stands in does';
COMMENT ON COLUMN steward_leaves.ends_at IS 'Exclusive; a leave that was called off before it began ends as it begins';
COMMENT ON COLUMN steward_leaves.planned_ends_at IS 'The end as it was recorded, before any shortening';
COMMENT ON COLUMN steward_leaves.end_reason IS 'Why it was shortened or called off';
ALTER TABLE steward_leaves ADD CONSTRAINT steward_leaves_times CHECK (starts_at <= ends_at AND ends_at <= planned_ends_at AND starts_at < planned_ends_at);
ALTER TABLE steward_leaves ADD CONSTRAINT steward_leaves_shortened_has_its_reason CHECK (
    (ends_at < planned_ends_at) = (end_reason IS NOT NULL) AND (end_reason IS NULL) = (ended_by IS NULL));
ALTER TABLE steward_leaves ADD CONSTRAINT steward_leaves_bounded CHECK (char_length(reason) BETWEEN 1 AND 200 AND char_length(end_reason) BETWEEN 1 AND 200);
ALTER TABLE steward_leaves ADD CONSTRAINT steward_leaves_user_id_fkey FOREIGN KEY (user_id) REFERENCES users (id);
ALTER TABLE steward_leaves ADD CONSTRAINT steward_leaves_recorded_by_fkey FOREIGN KEY (recorded_by) REFERENCES users (id);
ALTER TABLE steward_leaves ADD CONSTRAINT steward_leaves_ended_by_fkey FOREIGN KEY (ended_by) REFERENCES users (id);
CREATE INDEX steward_leaves_by_user ON steward_leaves (user_id, ends_at);
CREATE INDEX steward_leaves_by_start ON steward_leaves (starts_at, id);
CREATE INDEX steward_leaves_by_recorder ON steward_leaves (recorded_by);
CREATE INDEX steward_leaves_by_ender ON steward_leaves (ended_by) WHERE ended_by IS NOT NULL;

ALTER TABLE steward_assignments ADD COLUMN leave_id uuid;
ALTER TABLE steward_assignments ADD COLUMN stands_for uuid;
COMMENT ON COLUMN steward_assignments.leave_id IS 'The leave for which a cover stands in';
COMMENT ON COLUMN steward_assignments.stands_for IS 'The assignment of the absent steward: the cover ends with it, or with the leave';
ALTER TABLE steward_assignments ADD CONSTRAINT steward_assignments_cover_has_its_leave CHECK (
    (duty = 'cover') = (leave_id IS NOT NULL) AND (leave_id IS NULL) = (stands_for IS NULL) AND (leave_id IS NULL OR ends_at IS NOT NULL));
ALTER TABLE steward_assignments ADD CONSTRAINT steward_assignments_leave_id_fkey FOREIGN KEY (leave_id) REFERENCES steward_leaves (id);
ALTER TABLE steward_assignments ADD CONSTRAINT steward_assignments_stands_for_fkey FOREIGN KEY (stands_for) REFERENCES steward_assignments (id);
CREATE INDEX steward_assignments_by_leave ON steward_assignments (leave_id) WHERE leave_id IS NOT NULL;
CREATE INDEX steward_assignments_by_stood_for ON steward_assignments (stands_for) WHERE stands_for IS NOT NULL;
