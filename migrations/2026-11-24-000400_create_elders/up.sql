-- Households, elders and what is known of them over time.

CREATE EXTENSION IF NOT EXISTS pg_trgm WITH SCHEMA public;

CREATE TYPE sex AS ENUM ('male', 'female');
CREATE TYPE id_document_kind AS ENUM ('resident_id', 'hmt_residence_permit', 'foreign_permanent_residence', 'passport', 'household_register');
CREATE TYPE elder_status AS ENUM ('active', 'in_hospital', 'away', 'in_institution', 'declined', 'moved', 'deceased', 'merged');
CREATE TYPE entitlement AS ENUM ('safety_net', 'social');
CREATE TYPE visit_tier AS ENUM ('weekly', 'monthly', 'quarterly');
CREATE TYPE consent_purpose AS ENUM ('visits', 'health_data', 'referral', 'photos');
CREATE TYPE legal_basis AS ENUM ('consent', 'statutory_duty');
CREATE TYPE consent_form AS ENUM ('written', 'oral', 'electronic');

CREATE TABLE households (
    id uuid PRIMARY KEY,
    community_id uuid NOT NULL,
    building text NOT NULL,
    unit text NOT NULL,
    floor smallint,
    room text NOT NULL,
    latitude double precision,
    longitude double precision,
    version integer NOT NULL,
    created_at timestamptz NOT NULL
);
COMMENT ON TABLE households IS 'Dwellings; a couple is two elders of one household';
COMMENT ON COLUMN households.unit IS 'Stairwell (单元); empty where the building has one';
ALTER TABLE households ADD CONSTRAINT households_dwelling_key UNIQUE (community_id, building, unit, room);
ALTER TABLE households ADD CONSTRAINT households_bounded CHECK (char_length(building) BETWEEN 1 AND 20 AND char_length(unit) <= 20 AND char_length(room) BETWEEN 1 AND 20 AND floor BETWEEN -5 AND 100);
ALTER TABLE households ADD CONSTRAINT households_position_whole CHECK ((latitude IS NULL) = (longitude IS NULL));
ALTER TABLE households ADD CONSTRAINT households_community_id_fkey FOREIGN KEY (community_id) REFERENCES communities (id);

CREATE TABLE elders (
    id uuid PRIMARY KEY,
    household_id uuid NOT NULL,
    community_id uuid NOT NULL,
    name text NOT NULL,
    sex sex NOT NULL,
    birth_date date NOT NULL,
    id_kind id_document_kind NOT NULL,
    id_sealed text NOT NULL,
    id_hash bytea NOT NULL,
    id_masked text NOT NULL,
    phone_sealed text,
    phone_hash bytea,
    phone_masked text,
    health_note_sealed text,
    status elder_status NOT NULL,
    status_since date NOT NULL,
    status_until date,
    entitlement entitlement NOT NULL,
    tier visit_tier NOT NULL,
    tier_reasons text[] NOT NULL,
    merged_into_id uuid,
    remarks text NOT NULL,
    version integer NOT NULL,
    enrolled_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL
);
COMMENT ON TABLE elders IS 'Service recipients';
COMMENT ON COLUMN elders.community_id IS 'The household''s community, kept here because every read is scoped by it';
COMMENT ON COLUMN elders.id_hash IS 'Keyed hash of kind and number, for finding a duplicate anywhere in the city';
COMMENT ON COLUMN elders.status_until IS 'First day on which a passing status (hospital, away) is expected to be over';
COMMENT ON COLUMN elders.entitlement IS 'Follows from the categories; written whenever they are';
COMMENT ON COLUMN elders.tier IS 'How often a visit is owed; follows from age, categories and override, written whenever they are';
COMMENT ON COLUMN elders.tier_reasons IS 'Why this tier: category codes, advanced_age, override';
ALTER TABLE elders ADD CONSTRAINT elders_bounded CHECK (char_length(name) BETWEEN 1 AND 50 AND char_length(remarks) <= 500);
ALTER TABLE elders ADD CONSTRAINT elders_merged_points_on CHECK ((status = 'merged') = (merged_into_id IS NOT NULL));
ALTER TABLE elders ADD CONSTRAINT elders_phone_whole CHECK ((phone_sealed IS NULL) = (phone_hash IS NULL) AND (phone_sealed IS NULL) = (phone_masked IS NULL));
ALTER TABLE elders ADD CONSTRAINT elders_household_id_fkey FOREIGN KEY (household_id) REFERENCES households (id);
ALTER TABLE elders ADD CONSTRAINT elders_community_id_fkey FOREIGN KEY (community_id) REFERENCES communities (id);
ALTER TABLE elders ADD CONSTRAINT elders_merged_into_id_fkey FOREIGN KEY (merged_into_id) REFERENCES elders (id);
CREATE UNIQUE INDEX elders_id_hash_key ON elders (id_hash) WHERE status <> 'merged';
CREATE INDEX elders_by_phone ON elders (phone_hash) WHERE phone_hash IS NOT NULL;
CREATE INDEX elders_by_household ON elders (household_id);
CREATE INDEX elders_by_community ON elders (community_id, id);
CREATE INDEX elders_by_merged_into ON elders (merged_into_id) WHERE merged_into_id IS NOT NULL;
CREATE INDEX elders_by_name ON elders USING gin (name public.gin_trgm_ops);
CREATE INDEX elders_by_name_prefix ON elders (name text_pattern_ops);

CREATE TABLE categories (
    code text PRIMARY KEY,
    name_zh text NOT NULL,
    name_en text NOT NULL,
    entitlement entitlement NOT NULL,
    tier visit_tier NOT NULL,
    derived boolean NOT NULL,
    position smallint NOT NULL
);
COMMENT ON TABLE categories IS 'Tags that an elder can carry; staff edit the list';
COMMENT ON COLUMN categories.entitlement IS 'safety_net: one such tag makes the elder a safety-net elder (兜底)';
COMMENT ON COLUMN categories.tier IS 'The visit tier this tag asks for; the strictest of an elder''s tags counts';
COMMENT ON COLUMN categories.derived IS 'Follows from other facts (advanced age from the birth date) and is never entered';
ALTER TABLE categories ADD CONSTRAINT categories_code_form CHECK (code ~ '^[a-z][a-z_]{1,39}$');

CREATE TABLE elder_categories (
    id uuid PRIMARY KEY,
    elder_id uuid NOT NULL,
    category_code text NOT NULL,
    starts_on date NOT NULL,
    ends_on date,
    evidence text NOT NULL,
    recorded_by uuid,
    recorded_at timestamptz NOT NULL
);
COMMENT ON TABLE elder_categories IS 'Which tags an elder carries, from when to when, on what evidence';
COMMENT ON COLUMN elder_categories.ends_on IS 'First day on which it no longer holds';
ALTER TABLE elder_categories ADD CONSTRAINT elder_categories_order CHECK (ends_on IS NULL OR ends_on >= starts_on);
ALTER TABLE elder_categories ADD CONSTRAINT elder_categories_bounded CHECK (char_length(evidence) <= 200);
ALTER TABLE elder_categories ADD CONSTRAINT elder_categories_elder_id_fkey FOREIGN KEY (elder_id) REFERENCES elders (id);
ALTER TABLE elder_categories ADD CONSTRAINT elder_categories_category_code_fkey FOREIGN KEY (category_code) REFERENCES categories (code);
ALTER TABLE elder_categories ADD CONSTRAINT elder_categories_recorded_by_fkey FOREIGN KEY (recorded_by) REFERENCES users (id);
CREATE UNIQUE INDEX elder_categories_open ON elder_categories (elder_id, category_code) WHERE ends_on IS NULL;
CREATE INDEX elder_categories_by_elder ON elder_categories (elder_id);
CREATE INDEX elder_categories_by_category ON elder_categories (category_code);
CREATE INDEX elder_categories_by_recorder ON elder_categories (recorded_by);

CREATE TABLE elder_statuses (
    id uuid PRIMARY KEY,
    elder_id uuid NOT NULL,
    status elder_status NOT NULL,
    starts_on date NOT NULL,
    ends_on date,
    reason text NOT NULL,
    recorded_by uuid,
    recorded_at timestamptz NOT NULL
);
COMMENT ON TABLE elder_statuses IS 'History of an elder''s status; the current one also stands in elders';
COMMENT ON COLUMN elder_statuses.ends_on IS 'First day on which another status holds';
ALTER TABLE elder_statuses ADD CONSTRAINT elder_statuses_order CHECK (ends_on IS NULL OR ends_on >= starts_on);
ALTER TABLE elder_statuses ADD CONSTRAINT elder_statuses_elder_id_fkey FOREIGN KEY (elder_id) REFERENCES elders (id);
ALTER TABLE elder_statuses ADD CONSTRAINT elder_statuses_recorded_by_fkey FOREIGN KEY (recorded_by) REFERENCES users (id);
CREATE INDEX elder_statuses_by_elder ON elder_statuses (elder_id, starts_on);
CREATE INDEX elder_statuses_by_recorder ON elder_statuses (recorded_by);

CREATE TABLE contacts (
    id uuid PRIMARY KEY,
    elder_id uuid NOT NULL,
    name text NOT NULL,
    relation text NOT NULL,
    phone_sealed text NOT NULL,
    phone_masked text NOT NULL,
    emergency boolean NOT NULL,
    position smallint NOT NULL
);
COMMENT ON TABLE contacts IS 'Whom to call for an elder, in order';
ALTER TABLE contacts ADD CONSTRAINT contacts_bounded CHECK (char_length(name) BETWEEN 1 AND 50 AND char_length(relation) BETWEEN 1 AND 20);
ALTER TABLE contacts ADD CONSTRAINT contacts_elder_id_fkey FOREIGN KEY (elder_id) REFERENCES elders (id);
CREATE INDEX contacts_by_elder ON contacts (elder_id, position);

CREATE TABLE consents (
    id uuid PRIMARY KEY,
    elder_id uuid NOT NULL,
    purpose consent_purpose NOT NULL,
    basis legal_basis NOT NULL,
    form consent_form NOT NULL,
    notice_version text NOT NULL,
    given_on date NOT NULL,
    given_by text NOT NULL,
    withdrawn_on date,
    recorded_by uuid,
    recorded_at timestamptz NOT NULL
);
COMMENT ON TABLE consents IS 'Legal basis per purpose (PIPL art. 13, 29): separate consent, or statutory duty';
COMMENT ON COLUMN consents.given_by IS 'The elder, or the guardian''s relation to the elder';
ALTER TABLE consents ADD CONSTRAINT consents_bounded CHECK (char_length(notice_version) BETWEEN 1 AND 20 AND char_length(given_by) BETWEEN 1 AND 50);
ALTER TABLE consents ADD CONSTRAINT consents_elder_id_fkey FOREIGN KEY (elder_id) REFERENCES elders (id);
ALTER TABLE consents ADD CONSTRAINT consents_recorded_by_fkey FOREIGN KEY (recorded_by) REFERENCES users (id);
CREATE UNIQUE INDEX consents_open ON consents (elder_id, purpose) WHERE withdrawn_on IS NULL;
CREATE INDEX consents_by_elder ON consents (elder_id);
CREATE INDEX consents_by_recorder ON consents (recorded_by);

CREATE TABLE tier_overrides (
    id uuid PRIMARY KEY,
    elder_id uuid NOT NULL,
    tier visit_tier NOT NULL,
    reason text NOT NULL,
    starts_on date NOT NULL,
    ends_on date NOT NULL,
    set_by uuid NOT NULL,
    set_at timestamptz NOT NULL
);
COMMENT ON TABLE tier_overrides IS 'A person''s decision that an elder is visited more or less often than the rule says, for a time';
ALTER TABLE tier_overrides ADD CONSTRAINT tier_overrides_order CHECK (ends_on > starts_on);
ALTER TABLE tier_overrides ADD CONSTRAINT tier_overrides_bounded CHECK (char_length(reason) BETWEEN 1 AND 500);
ALTER TABLE tier_overrides ADD CONSTRAINT tier_overrides_elder_id_fkey FOREIGN KEY (elder_id) REFERENCES elders (id);
ALTER TABLE tier_overrides ADD CONSTRAINT tier_overrides_set_by_fkey FOREIGN KEY (set_by) REFERENCES users (id);
CREATE INDEX tier_overrides_by_elder ON tier_overrides (elder_id, ends_on);
CREATE INDEX tier_overrides_by_setter ON tier_overrides (set_by);

CREATE TABLE elder_imports (
    id uuid PRIMARY KEY,
    file_sha256 bytea NOT NULL,
    imported_by uuid,
    dry_run boolean NOT NULL,
    row_count integer NOT NULL,
    created_count integer NOT NULL,
    updated_count integer NOT NULL,
    unchanged_count integer NOT NULL,
    rejected_count integer NOT NULL,
    imported_at timestamptz NOT NULL
);
COMMENT ON TABLE elder_imports IS 'Enrolment lists that were read, and what became of their rows';
ALTER TABLE elder_imports ADD CONSTRAINT elder_imports_imported_by_fkey FOREIGN KEY (imported_by) REFERENCES users (id);
CREATE INDEX elder_imports_by_importer ON elder_imports (imported_by);

CREATE TABLE elder_merges (
    id uuid PRIMARY KEY,
    kept_id uuid NOT NULL,
    merged_id uuid NOT NULL,
    moved jsonb NOT NULL,
    reason text NOT NULL,
    merged_by uuid NOT NULL,
    merged_at timestamptz NOT NULL,
    undone_by uuid,
    undone_at timestamptz
);
COMMENT ON TABLE elder_merges IS 'Two files that were found to be one person; undone by moving back what was moved';
COMMENT ON COLUMN elder_merges.moved IS 'Ids of the rows that were moved to the kept file, by table, and the merged file''s state before';
ALTER TABLE elder_merges ADD CONSTRAINT elder_merges_two_files CHECK (kept_id <> merged_id);
ALTER TABLE elder_merges ADD CONSTRAINT elder_merges_undone_whole CHECK ((undone_by IS NULL) = (undone_at IS NULL));
ALTER TABLE elder_merges ADD CONSTRAINT elder_merges_kept_id_fkey FOREIGN KEY (kept_id) REFERENCES elders (id);
ALTER TABLE elder_merges ADD CONSTRAINT elder_merges_merged_id_fkey FOREIGN KEY (merged_id) REFERENCES elders (id);
ALTER TABLE elder_merges ADD CONSTRAINT elder_merges_merged_by_fkey FOREIGN KEY (merged_by) REFERENCES users (id);
ALTER TABLE elder_merges ADD CONSTRAINT elder_merges_undone_by_fkey FOREIGN KEY (undone_by) REFERENCES users (id);
CREATE INDEX elder_merges_by_kept ON elder_merges (kept_id);
CREATE INDEX elder_merges_by_merged ON elder_merges (merged_id);
CREATE INDEX elder_merges_by_merger ON elder_merges (merged_by);
CREATE INDEX elder_merges_by_undoer ON elder_merges (undone_by);

-- The categories of the field (facts: who the elders are). Tiers: living alone, empty-nest and advanced age weekly; the
-- guidance's other groups monthly. Marginal, rigid-expense and kinless households count as safety net with those on allowance.
INSERT INTO categories (code, name_zh, name_en, entitlement, tier, derived, position) VALUES
    ('living_alone', '独居', 'living alone', 'social', 'weekly', false, 1),
    ('empty_nest', '空巢', 'empty-nest', 'social', 'weekly', false, 2),
    ('advanced_age', '高龄', 'advanced age (80 and over)', 'social', 'weekly', true, 3),
    ('left_behind', '留守', 'left-behind', 'social', 'monthly', false, 4),
    ('disabled', '失能', 'disabled (loss of function)', 'social', 'monthly', false, 5),
    ('partly_disabled', '半失能', 'partly disabled', 'social', 'monthly', false, 6),
    ('dementia', '失智', 'with dementia', 'social', 'monthly', false, 7),
    ('severely_handicapped', '重残', 'severely handicapped', 'safety_net', 'monthly', false, 8),
    ('special_family_planning', '计划生育特殊家庭', 'special family-planning family', 'safety_net', 'monthly', false, 9),
    ('extreme_difficulty', '特困人员', 'person in extreme difficulty', 'safety_net', 'monthly', false, 10),
    ('subsistence_allowance', '低保', 'subsistence-allowance recipient', 'safety_net', 'monthly', false, 11),
    ('marginal_household', '低保边缘', 'marginal household', 'safety_net', 'monthly', false, 12),
    ('rigid_expenses', '刚性支出困难', 'household with rigid expenses', 'safety_net', 'monthly', false, 13),
    ('kinless', '孤寡', 'widowed or without kin', 'safety_net', 'monthly', false, 14),
    ('entitled_veteran', '优抚对象', 'entitled (veterans'' kin)', 'social', 'quarterly', false, 15);
