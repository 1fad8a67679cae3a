-- Advice given at home.

CREATE TABLE visit_policies (
    visit_id uuid NOT NULL,
    elder_id uuid NOT NULL,
    policy_id uuid NOT NULL,
    policy_version integer NOT NULL
);
COMMENT ON TABLE visit_policies IS 'Which policy was explained to which of the elders met on a visit, or on one version of it';
COMMENT ON COLUMN visit_policies.elder_id IS 'As recorded: where the file was merged since, it is read as the one that is kept';
COMMENT ON COLUMN visit_policies.policy_version IS 'The version in force on the day of the visit';
ALTER TABLE visit_policies ADD CONSTRAINT visit_policies_pkey PRIMARY KEY (visit_id, elder_id, policy_id);
ALTER TABLE visit_policies ADD CONSTRAINT visit_policies_visit_id_fkey FOREIGN KEY (visit_id) REFERENCES visits (id);
ALTER TABLE visit_policies ADD CONSTRAINT visit_policies_elder_id_fkey FOREIGN KEY (elder_id) REFERENCES elders (id);
ALTER TABLE visit_policies ADD CONSTRAINT visit_policies_policy_version_fkey FOREIGN KEY (policy_id, policy_version) REFERENCES policy_versions (policy_id, version);
CREATE INDEX visit_policies_by_elder ON visit_policies (elder_id);
CREATE INDEX visit_policies_by_policy ON visit_policies (policy_id, policy_version);
