-- The policy library: every version is kept, and who is entitled is data.

CREATE TYPE policy_ability AS ENUM ('partly_disabled', 'disabled');

CREATE TABLE policies (
    id uuid PRIMARY KEY,
    code text NOT NULL,
    issued_by text NOT NULL,
    created_by uuid NOT NULL,
    created_at timestamptz NOT NULL
);
COMMENT ON TABLE policies IS 'Policies that an elder can be told of; what they say stands in their versions';
COMMENT ON COLUMN policies.issued_by IS 'Prefix of the issuing division''s code; officers whose division holds it keep the policy';
ALTER TABLE policies ADD CONSTRAINT policies_code_key UNIQUE (code);
ALTER TABLE policies ADD CONSTRAINT policies_forms CHECK (code ~ '^[a-z][a-z0-9_]{1,59}$' AND issued_by ~ '^[1-9][0-9]{1,11}$');
ALTER TABLE policies ADD CONSTRAINT policies_created_by_fkey FOREIGN KEY (created_by) REFERENCES users (id);
CREATE INDEX policies_by_creator ON policies (created_by);

CREATE TABLE policy_versions (
    policy_id uuid NOT NULL,
    version integer NOT NULL,
    title_zh text NOT NULL,
    title_en text NOT NULL,
    text text NOT NULL,
    source text NOT NULL,
    how_to_apply text NOT NULL,
    documents text[] NOT NULL,
    valid_from date NOT NULL,
    valid_to date,
    age_from smallint,
    age_to smallint,
    categories_any text[] NOT NULL,
    categories_none text[] NOT NULL,
    entitlement entitlement,
    ability policy_ability,
    applies_in text NOT NULL,
    reason text,
    recorded_by uuid NOT NULL,
    recorded_at timestamptz NOT NULL
);
COMMENT ON TABLE policy_versions IS 'What a policy says from a day on. On a day counts the newest version that has begun by then; none where that one has ended';
COMMENT ON COLUMN policy_versions.valid_to IS 'First day on which the policy is no longer in force';
COMMENT ON COLUMN policy_versions.age_from IS 'Completed years; with the columns to applies_in what an elder must meet, each where it says something';
COMMENT ON COLUMN policy_versions.categories_any IS 'The elder carries at least one of them; empty asks for none';
COMMENT ON COLUMN policy_versions.categories_none IS 'The elder carries none of them';
COMMENT ON COLUMN policy_versions.ability IS 'At least so disabled, by the categories partly_disabled and disabled';
COMMENT ON COLUMN policy_versions.applies_in IS 'Prefix of the division in which the elder lives';
ALTER TABLE policy_versions ADD CONSTRAINT policy_versions_pkey PRIMARY KEY (policy_id, version);
ALTER TABLE policy_versions ADD CONSTRAINT policy_versions_bounded CHECK (char_length(title_zh) BETWEEN 1 AND 100 AND char_length(title_en) BETWEEN 1 AND 200 AND char_length(text) BETWEEN 1 AND 20000 AND char_length(source) BETWEEN 1 AND 300 AND char_length(how_to_apply) <= 2000 AND cardinality(documents) <= 20 AND cardinality(categories_any) <= 20 AND cardinality(categories_none) <= 20);
ALTER TABLE policy_versions ADD CONSTRAINT policy_versions_days CHECK (valid_to > valid_from);
ALTER TABLE policy_versions ADD CONSTRAINT policy_versions_ages CHECK (age_from BETWEEN 0 AND 130 AND age_to BETWEEN 0 AND 130 AND (age_from IS NULL OR age_to IS NULL OR age_to >= age_from));
ALTER TABLE policy_versions ADD CONSTRAINT policy_versions_later_has_reason CHECK (version >= 1 AND (version = 1) = (reason IS NULL) AND char_length(reason) BETWEEN 2 AND 500);
ALTER TABLE policy_versions ADD CONSTRAINT policy_versions_applies_in_form CHECK (applies_in ~ '^[1-9][0-9]{1,11}$');
ALTER TABLE policy_versions ADD CONSTRAINT policy_versions_policy_id_fkey FOREIGN KEY (policy_id) REFERENCES policies (id);
ALTER TABLE policy_versions ADD CONSTRAINT policy_versions_recorded_by_fkey FOREIGN KEY (recorded_by) REFERENCES users (id);
CREATE INDEX policy_versions_by_recorder ON policy_versions (recorded_by);
