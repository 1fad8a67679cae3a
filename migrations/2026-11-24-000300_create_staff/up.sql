-- Users, their sessions, and who serves which community and when.

CREATE TYPE user_role AS ENUM ('steward', 'provider', 'officer', 'duty', 'auditor', 'admin');
CREATE TYPE steward_duty AS ENUM ('primary', 'deputy');

CREATE TABLE users (
    id uuid PRIMARY KEY,
    username text NOT NULL,
    password_hash text NOT NULL,
    password_changed_at timestamptz NOT NULL,
    must_change_password boolean NOT NULL,
    display_name text NOT NULL,
    role user_role NOT NULL,
    scope text,
    organisation_id uuid,
    totp_sealed text,
    totp_confirmed_at timestamptz,
    totp_last_step bigint,
    failed_logins smallint NOT NULL,
    locked_until timestamptz,
    disabled_at timestamptz,
    version integer NOT NULL,
    created_at timestamptz NOT NULL
);
COMMENT ON TABLE users IS 'One account, one role: duties are separated (GB/T 22239, 三员分立)';
COMMENT ON COLUMN users.scope IS 'Division prefix (2, 4, 6, 9 or 12 digits) within which an officer, duty desk or auditor acts';
COMMENT ON COLUMN users.organisation_id IS 'The organisation that a provider account acts for';
COMMENT ON COLUMN users.totp_sealed IS 'Secret of the second factor, sealed';
COMMENT ON COLUMN users.totp_last_step IS 'Last time step whose code was used: a code works once';
ALTER TABLE users ADD CONSTRAINT users_username_key UNIQUE (username);
ALTER TABLE users ADD CONSTRAINT users_username_form CHECK (username ~ '^[a-z0-9][a-z0-9._-]{1,63}$');
ALTER TABLE users ADD CONSTRAINT users_scope_form CHECK (scope IS NULL OR scope ~ '^[1-9][0-9]+$' AND char_length(scope) IN (2, 4, 6, 9, 12));
ALTER TABLE users ADD CONSTRAINT users_role_has_its_scope CHECK (
    (role IN ('officer', 'duty', 'auditor')) = (scope IS NOT NULL) AND (role = 'provider') = (organisation_id IS NOT NULL));
CREATE INDEX users_by_organisation ON users (organisation_id) WHERE organisation_id IS NOT NULL;
CREATE INDEX users_by_role ON users (role, id);

CREATE TABLE sessions (
    id uuid PRIMARY KEY,
    user_id uuid NOT NULL,
    started_at timestamptz NOT NULL,
    expires_at timestamptz NOT NULL,
    ended_at timestamptz,
    end_reason text
);
COMMENT ON TABLE sessions IS 'A log-in and the family of refresh tokens that descends from it';
ALTER TABLE sessions ADD CONSTRAINT sessions_user_id_fkey FOREIGN KEY (user_id) REFERENCES users (id);
ALTER TABLE sessions ADD CONSTRAINT sessions_end_has_reason CHECK ((ended_at IS NULL) = (end_reason IS NULL));
CREATE INDEX sessions_by_user ON sessions (user_id) WHERE ended_at IS NULL;
CREATE INDEX sessions_by_expiry ON sessions (expires_at);

CREATE TABLE refresh_tokens (
    token_hash bytea PRIMARY KEY,
    session_id uuid NOT NULL,
    issued_at timestamptz NOT NULL,
    used_at timestamptz
);
COMMENT ON TABLE refresh_tokens IS 'Each token works once; a used one that comes again ends its session';
ALTER TABLE refresh_tokens ADD CONSTRAINT refresh_tokens_session_id_fkey FOREIGN KEY (session_id) REFERENCES sessions (id) ON DELETE CASCADE;
CREATE INDEX refresh_tokens_by_session ON refresh_tokens (session_id);

CREATE TABLE steward_assignments (
    id uuid PRIMARY KEY,
    community_id uuid NOT NULL,
    user_id uuid NOT NULL,
    duty steward_duty NOT NULL,
    starts_at timestamptz NOT NULL,
    ends_at timestamptz,
    reason text NOT NULL,
    assigned_by uuid,
    created_at timestamptz NOT NULL
);
COMMENT ON TABLE steward_assignments IS 'Who serves which community, from when to when; rows are ended, never deleted';
ALTER TABLE steward_assignments ADD CONSTRAINT steward_assignments_order CHECK (ends_at IS NULL OR ends_at >= starts_at);
ALTER TABLE steward_assignments ADD CONSTRAINT steward_assignments_community_id_fkey FOREIGN KEY (community_id) REFERENCES communities (id);
ALTER TABLE steward_assignments ADD CONSTRAINT steward_assignments_user_id_fkey FOREIGN KEY (user_id) REFERENCES users (id);
ALTER TABLE steward_assignments ADD CONSTRAINT steward_assignments_assigned_by_fkey FOREIGN KEY (assigned_by) REFERENCES users (id);
CREATE UNIQUE INDEX steward_assignments_one_primary ON steward_assignments (community_id) WHERE duty = 'primary' AND ends_at IS NULL;
CREATE UNIQUE INDEX steward_assignments_once ON steward_assignments (user_id, community_id) WHERE ends_at IS NULL;
CREATE INDEX steward_assignments_by_user ON steward_assignments (user_id, community_id, starts_at);
CREATE INDEX steward_assignments_by_community ON steward_assignments (community_id, starts_at);
CREATE INDEX steward_assignments_by_assigner ON steward_assignments (assigned_by);
