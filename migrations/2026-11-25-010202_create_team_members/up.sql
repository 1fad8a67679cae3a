-- Those of a community's team who need no account.

CREATE TYPE team_role AS ENUM ('volunteer', 'grid_worker');

CREATE TABLE team_members (
    id uuid PRIMARY KEY,
    community_id uuid NOT NULL,
    role team_role NOT NULL,
    name text NOT NULL,
    phone_sealed text NOT NULL,
    phone_masked text NOT NULL,
    user_id uuid,
    starts_on date NOT NULL,
    ends_on date,
    end_reason text,
    recorded_by uuid NOT NULL,
    ended_by uuid,
    created_at timestamptz NOT NULL
);
COMMENT ON TABLE team_members IS 'Volunteers and grid workers of a community, from when to when; rows are ended, never deleted';
COMMENT ON COLUMN team_members.user_id IS 'Their account, where they have one';
COMMENT ON COLUMN team_members.ends_on IS 'First day on which they are no longer of the team';
ALTER TABLE team_members ADD CONSTRAINT team_members_order CHECK (ends_on IS NULL OR ends_on >= starts_on);
ALTER TABLE team_members ADD CONSTRAINT team_members_end_has_its_reason CHECK ((end_reason IS NULL) = (ended_by IS NULL) AND (end_reason IS NULL OR ends_on IS NOT NULL));
ALTER TABLE team_members ADD CONSTRAINT team_members_bounded CHECK (char_length(name) BETWEEN 1 AND 50 AND char_length(end_reason) BETWEEN 1 AND 200);
ALTER TABLE team_members ADD CONSTRAINT team_members_community_id_fkey FOREIGN KEY (community_id) REFERENCES communities (id);
ALTER TABLE team_members ADD CONSTRAINT team_members_user_id_fkey FOREIGN KEY (user_id) REFERENCES users (id);
ALTER TABLE team_members ADD CONSTRAINT team_members_recorded_by_fkey FOREIGN KEY (recorded_by) REFERENCES users (id);
ALTER TABLE team_members ADD CONSTRAINT team_members_ended_by_fkey FOREIGN KEY (ended_by) REFERENCES users (id);
CREATE INDEX team_members_by_community ON team_members (community_id, role, name, id);
CREATE INDEX team_members_by_user ON team_members (user_id) WHERE user_id IS NOT NULL;
CREATE INDEX team_members_by_recorder ON team_members (recorded_by);
CREATE INDEX team_members_by_ender ON team_members (ended_by) WHERE ended_by IS NOT NULL;
