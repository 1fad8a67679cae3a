DROP TABLE qualifications;
DROP TABLE workers;
DROP TABLE organisation_hours;
DROP TABLE organisation_items;
DROP TABLE organisation_coverage;
ALTER TABLE users DROP CONSTRAINT users_organisation_id_fkey;
DROP TABLE organisations;
DROP TYPE resource_kind;
DROP TYPE resource_tier;
