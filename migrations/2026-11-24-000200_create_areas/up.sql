-- Administrative divisions (12-digit statistical codes) and the communities that lie in them.

CREATE TYPE division_level AS ENUM ('province', 'city', 'county', 'township', 'village');
CREATE TYPE division_kind AS ENUM ('province', 'city', 'district', 'county', 'subdistrict', 'town', 'township', 'similar', 'residents_committee', 'villagers_committee');

CREATE TABLE division_editions (
    edition smallint PRIMARY KEY,
    sha256 bytea NOT NULL,
    row_count integer NOT NULL,
    imported_at timestamptz NOT NULL
);
COMMENT ON TABLE division_editions IS 'The yearly lists of division codes that were imported, each once';
COMMENT ON COLUMN division_editions.edition IS 'Year of the list';

CREATE TABLE divisions (
    code text PRIMARY KEY,
    name text NOT NULL,
    level division_level NOT NULL,
    kind division_kind NOT NULL,
    since_edition smallint NOT NULL,
    revoked_edition smallint
);
COMMENT ON TABLE divisions IS 'Every division code that any edition knew, as the newest edition names it; revoked ones stay, because records point at them';
COMMENT ON COLUMN divisions.kind IS 'Never inferred from the digits: 630106401 is a subdistrict in the 400s';
COMMENT ON COLUMN divisions.revoked_edition IS 'First edition that no longer has the code';
ALTER TABLE divisions ADD CONSTRAINT divisions_code_form CHECK (code ~ '^[1-9][0-9]{11}$');
ALTER TABLE divisions ADD CONSTRAINT divisions_since_edition_fkey FOREIGN KEY (since_edition) REFERENCES division_editions (edition);
ALTER TABLE divisions ADD CONSTRAINT divisions_revoked_edition_fkey FOREIGN KEY (revoked_edition) REFERENCES division_editions (edition);
CREATE INDEX divisions_by_since_edition ON divisions (since_edition);
CREATE INDEX divisions_by_revoked_edition ON divisions (revoked_edition);

CREATE TABLE division_names (
    code text NOT NULL,
    edition smallint NOT NULL,
    name text NOT NULL,
    kind division_kind NOT NULL
);
COMMENT ON TABLE division_names IS 'What each edition called a division: one row where an edition says something new';
ALTER TABLE division_names ADD CONSTRAINT division_names_pkey PRIMARY KEY (code, edition);
ALTER TABLE division_names ADD CONSTRAINT division_names_code_fkey FOREIGN KEY (code) REFERENCES divisions (code);
ALTER TABLE division_names ADD CONSTRAINT division_names_edition_fkey FOREIGN KEY (edition) REFERENCES division_editions (edition);
CREATE INDEX division_names_by_edition ON division_names (edition);

CREATE TABLE communities (
    id uuid PRIMARY KEY,
    code text NOT NULL,
    division_code text NOT NULL,
    name text NOT NULL,
    address text NOT NULL,
    latitude double precision,
    longitude double precision,
    active_from date NOT NULL,
    active_to date,
    version integer NOT NULL,
    created_at timestamptz NOT NULL
);
COMMENT ON TABLE communities IS 'Residential compounds (小区) that stewards serve';
COMMENT ON COLUMN communities.code IS '12-digit division code and a 3-digit serial: a compound has no national code';
COMMENT ON COLUMN communities.active_to IS 'First day on which it is no longer served';
ALTER TABLE communities ADD CONSTRAINT communities_code_key UNIQUE (code);
ALTER TABLE communities ADD CONSTRAINT communities_code_form CHECK (code ~ '^[1-9][0-9]{14}$');
ALTER TABLE communities ADD CONSTRAINT communities_position_whole CHECK ((latitude IS NULL) = (longitude IS NULL) AND latitude BETWEEN -90 AND 90 AND longitude BETWEEN -180 AND 180);
ALTER TABLE communities ADD CONSTRAINT communities_active_order CHECK (active_to IS NULL OR active_to >= active_from);
ALTER TABLE communities ADD CONSTRAINT communities_name_bounded CHECK (char_length(name) BETWEEN 1 AND 100 AND char_length(address) <= 200);
ALTER TABLE communities ADD CONSTRAINT communities_division_code_fkey FOREIGN KEY (division_code) REFERENCES divisions (code);
CREATE INDEX communities_by_division ON communities (division_code, id);
