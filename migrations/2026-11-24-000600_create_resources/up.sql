-- The resource library: organisations at three tiers, what they offer, where, when and on what authority.

CREATE TYPE resource_tier AS ENUM ('organisation', 'county', 'city');
CREATE TYPE resource_kind AS ENUM ('elder_care', 'medical', 'property', 'service_organisation', 'social_work', 'volunteer');

CREATE TABLE organisations (
    id uuid PRIMARY KEY,
    credit_code text NOT NULL,
    name text NOT NULL,
    tier resource_tier NOT NULL,
    kind resource_kind NOT NULL,
    takes_orders boolean NOT NULL,
    always_open boolean NOT NULL,
    phone text NOT NULL,
    address text NOT NULL,
    latitude double precision,
    longitude double precision,
    listed_from date NOT NULL,
    listed_to date,
    version integer NOT NULL,
    created_at timestamptz NOT NULL
);
COMMENT ON TABLE organisations IS 'Resources of the library; one that takes orders is a provider';
COMMENT ON COLUMN organisations.credit_code IS 'Unified social credit code (GB 32100-2015)';
COMMENT ON COLUMN organisations.tier IS 'Declared from the nearest to the widest, so that the order of the enum is the order in which an unmet order climbs';
COMMENT ON COLUMN organisations.always_open IS 'Serves round the clock';
COMMENT ON COLUMN organisations.listed_to IS 'First day on which it is no longer in the library';
ALTER TABLE organisations ADD CONSTRAINT organisations_credit_code_key UNIQUE (credit_code);
ALTER TABLE organisations ADD CONSTRAINT organisations_bounded CHECK (char_length(name) BETWEEN 1 AND 100 AND char_length(phone) <= 20 AND char_length(address) <= 200);
ALTER TABLE organisations ADD CONSTRAINT organisations_position_whole CHECK ((latitude IS NULL) = (longitude IS NULL));
ALTER TABLE organisations ADD CONSTRAINT organisations_listed_order CHECK (listed_to IS NULL OR listed_to >= listed_from);
CREATE INDEX organisations_by_tier ON organisations (tier, kind, id);

ALTER TABLE users ADD CONSTRAINT users_organisation_id_fkey FOREIGN KEY (organisation_id) REFERENCES organisations (id);

CREATE TABLE organisation_coverage (
    organisation_id uuid NOT NULL,
    division_prefix text NOT NULL
);
COMMENT ON TABLE organisation_coverage IS 'Division prefixes within which an organisation serves';
ALTER TABLE organisation_coverage ADD CONSTRAINT organisation_coverage_pkey PRIMARY KEY (organisation_id, division_prefix);
ALTER TABLE organisation_coverage ADD CONSTRAINT organisation_coverage_prefix_form CHECK (division_prefix ~ '^[1-9][0-9]+$' AND char_length(division_prefix) IN (2, 4, 6, 9, 12));
ALTER TABLE organisation_coverage ADD CONSTRAINT organisation_coverage_organisation_id_fkey FOREIGN KEY (organisation_id) REFERENCES organisations (id);

CREATE TABLE organisation_items (
    organisation_id uuid NOT NULL,
    item_id uuid NOT NULL,
    weekly_capacity integer NOT NULL,
    price_fen bigint NOT NULL
);
COMMENT ON TABLE organisation_items IS 'Which items an organisation offers, how many a week, at what market price';
ALTER TABLE organisation_items ADD CONSTRAINT organisation_items_pkey PRIMARY KEY (organisation_id, item_id);
ALTER TABLE organisation_items ADD CONSTRAINT organisation_items_sane CHECK (weekly_capacity BETWEEN 0 AND 100000 AND price_fen BETWEEN 0 AND 100000000);
ALTER TABLE organisation_items ADD CONSTRAINT organisation_items_organisation_id_fkey FOREIGN KEY (organisation_id) REFERENCES organisations (id);
ALTER TABLE organisation_items ADD CONSTRAINT organisation_items_item_id_fkey FOREIGN KEY (item_id) REFERENCES menu_items (id);
CREATE INDEX organisation_items_by_item ON organisation_items (item_id);

CREATE TABLE organisation_hours (
    organisation_id uuid NOT NULL,
    weekday smallint NOT NULL,
    opens_minute smallint NOT NULL,
    closes_minute smallint NOT NULL
);
COMMENT ON TABLE organisation_hours IS 'Opening hours, minutes of the day in Asia/Shanghai; none for one that is always open';
COMMENT ON COLUMN organisation_hours.weekday IS '1 Monday to 7 Sunday (ISO)';
ALTER TABLE organisation_hours ADD CONSTRAINT organisation_hours_pkey PRIMARY KEY (organisation_id, weekday, opens_minute);
ALTER TABLE organisation_hours ADD CONSTRAINT organisation_hours_sane CHECK (weekday BETWEEN 1 AND 7 AND opens_minute BETWEEN 0 AND 1439 AND closes_minute > opens_minute AND closes_minute <= 1440);
ALTER TABLE organisation_hours ADD CONSTRAINT organisation_hours_organisation_id_fkey FOREIGN KEY (organisation_id) REFERENCES organisations (id);

CREATE TABLE workers (
    id uuid PRIMARY KEY,
    organisation_id uuid NOT NULL,
    name text NOT NULL,
    active boolean NOT NULL,
    version integer NOT NULL,
    created_at timestamptz NOT NULL
);
COMMENT ON TABLE workers IS 'People whom an organisation sends';
ALTER TABLE workers ADD CONSTRAINT workers_bounded CHECK (char_length(name) BETWEEN 1 AND 50);
ALTER TABLE workers ADD CONSTRAINT workers_organisation_id_fkey FOREIGN KEY (organisation_id) REFERENCES organisations (id);
CREATE INDEX workers_by_organisation ON workers (organisation_id, id);

CREATE TABLE qualifications (
    id uuid PRIMARY KEY,
    organisation_id uuid NOT NULL,
    worker_id uuid,
    kind text NOT NULL,
    number text NOT NULL,
    issued_by text NOT NULL,
    valid_from date NOT NULL,
    expires_on date NOT NULL,
    created_at timestamptz NOT NULL
);
COMMENT ON TABLE qualifications IS 'Licences of an organisation and certificates of its workers; expired ones block offers';
COMMENT ON COLUMN qualifications.expires_on IS 'Last day on which it holds';
ALTER TABLE qualifications ADD CONSTRAINT qualifications_order CHECK (expires_on >= valid_from);
ALTER TABLE qualifications ADD CONSTRAINT qualifications_bounded CHECK (kind ~ '^[a-z][a-z_]{1,39}$' AND char_length(number) BETWEEN 1 AND 50 AND char_length(issued_by) <= 100);
ALTER TABLE qualifications ADD CONSTRAINT qualifications_organisation_id_fkey FOREIGN KEY (organisation_id) REFERENCES organisations (id);
ALTER TABLE qualifications ADD CONSTRAINT qualifications_worker_id_fkey FOREIGN KEY (worker_id) REFERENCES workers (id);
CREATE INDEX qualifications_by_organisation ON qualifications (organisation_id, kind, expires_on);
CREATE INDEX qualifications_by_worker ON qualifications (worker_id) WHERE worker_id IS NOT NULL;
