-- Frozen monthly reports: the only table that statistics writes.

CREATE TABLE frozen_reports (
    id uuid PRIMARY KEY,
    month text NOT NULL,
    division_prefix text NOT NULL,
    version smallint NOT NULL,
    body jsonb NOT NULL,
    sha256 bytea NOT NULL,
    signature text NOT NULL,
    frozen_by uuid NOT NULL,
    frozen_at timestamptz NOT NULL
);
COMMENT ON TABLE frozen_reports IS 'A month as it was reported; never changed, a correction is a new version';
COMMENT ON COLUMN frozen_reports.body IS 'Every figure with the ids of the records behind it, so that a later difference can be listed';
COMMENT ON COLUMN frozen_reports.signature IS 'Keyed signature over the hash, with the key''s id';
ALTER TABLE frozen_reports ADD CONSTRAINT frozen_reports_version_key UNIQUE (month, division_prefix, version);
ALTER TABLE frozen_reports ADD CONSTRAINT frozen_reports_month_form CHECK (month ~ '^[0-9]{4}-(0[1-9]|1[0-2])$' AND version >= 1);
ALTER TABLE frozen_reports ADD CONSTRAINT frozen_reports_frozen_by_fkey FOREIGN KEY (frozen_by) REFERENCES users (id);
CREATE INDEX frozen_reports_by_freezer ON frozen_reports (frozen_by);
