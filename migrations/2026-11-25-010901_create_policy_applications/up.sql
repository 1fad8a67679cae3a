-- What became of an elder's entitlement: applied for, or not wanted for a while.

CREATE TYPE policy_application_status AS ENUM ('applied', 'granted', 'refused', 'stopped');

CREATE TABLE policy_applications (
    id uuid PRIMARY KEY,
    elder_id uuid NOT NULL,
    policy_id uuid NOT NULL,
    policy_version integer NOT NULL,
    status policy_application_status NOT NULL,
    applied_on date NOT NULL,
    decided_on date,
    refusal_reason text,
    stopped_on date,
    stop_reason text,
    recorded_by uuid NOT NULL,
    recorded_at timestamptz NOT NULL,
    version integer NOT NULL
);
COMMENT ON TABLE policy_applications IS 'Applications for what a policy gives, and what the office that decides said';
COMMENT ON COLUMN policy_applications.policy_version IS 'The version in force on the day of the application';
ALTER TABLE policy_applications ADD CONSTRAINT policy_applications_decided CHECK ((status <> 'applied' OR decided_on IS NULL) AND (status NOT IN ('granted', 'refused') OR decided_on IS NOT NULL) AND (status = 'refused') = (refusal_reason IS NOT NULL) AND decided_on >= applied_on);
ALTER TABLE policy_applications ADD CONSTRAINT policy_applications_stopped CHECK ((status = 'stopped') = (stopped_on IS NOT NULL) AND (status = 'stopped') = (stop_reason IS NOT NULL) AND stopped_on >= coalesce(decided_on, applied_on));
ALTER TABLE policy_applications ADD CONSTRAINT policy_applications_bounded CHECK (char_length(refusal_reason) BETWEEN 2 AND 500 AND char_length(stop_reason) BETWEEN 2 AND 500);
ALTER TABLE policy_applications ADD CONSTRAINT policy_applications_elder_id_fkey FOREIGN KEY (elder_id) REFERENCES elders (id);
ALTER TABLE policy_applications ADD CONSTRAINT policy_applications_policy_version_fkey FOREIGN KEY (policy_id, policy_version) REFERENCES policy_versions (policy_id, version);
ALTER TABLE policy_applications ADD CONSTRAINT policy_applications_recorded_by_fkey FOREIGN KEY (recorded_by) REFERENCES users (id);
CREATE UNIQUE INDEX policy_applications_open ON policy_applications (elder_id, policy_id) WHERE status IN ('applied', 'granted');
CREATE INDEX policy_applications_by_elder ON policy_applications (elder_id, policy_id);
CREATE INDEX policy_applications_by_policy ON policy_applications (policy_id, policy_version);
CREATE INDEX policy_applications_by_recorder ON policy_applications (recorded_by);
CREATE INDEX policy_applications_latest ON policy_applications (applied_on DESC, id DESC);

CREATE TABLE policy_snoozes (
    id uuid PRIMARY KEY,
    elder_id uuid NOT NULL,
    policy_id uuid NOT NULL,
    reason text NOT NULL,
    until date NOT NULL,
    recorded_by uuid NOT NULL,
    recorded_at timestamptz NOT NULL
);
COMMENT ON TABLE policy_snoozes IS 'Policies that an elder is not to be reminded of before a day, and why';
COMMENT ON COLUMN policy_snoozes.until IS 'The day on which it is to be done again';
ALTER TABLE policy_snoozes ADD CONSTRAINT policy_snoozes_bounded CHECK (char_length(reason) BETWEEN 2 AND 500);
ALTER TABLE policy_snoozes ADD CONSTRAINT policy_snoozes_elder_id_fkey FOREIGN KEY (elder_id) REFERENCES elders (id);
ALTER TABLE policy_snoozes ADD CONSTRAINT policy_snoozes_policy_id_fkey FOREIGN KEY (policy_id) REFERENCES policies (id);
ALTER TABLE policy_snoozes ADD CONSTRAINT policy_snoozes_recorded_by_fkey FOREIGN KEY (recorded_by) REFERENCES users (id);
CREATE INDEX policy_snoozes_by_elder ON policy_snoozes (elder_id, policy_id, until);
CREATE INDEX policy_snoozes_by_policy ON policy_snoozes (policy_id);
CREATE INDEX policy_snoozes_by_recorder ON policy_snoozes (recorded_by);
