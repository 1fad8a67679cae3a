-- PostgreSQL drops no value of an enum: the type is made anew, and with it what names its values. Who stood in served beside.
DROP INDEX steward_assignments_one_primary;
ALTER TYPE steward_duty RENAME TO steward_duty_before;
CREATE TYPE steward_duty AS ENUM ('primary', 'deputy');
ALTER TABLE steward_assignments ALTER COLUMN duty TYPE steward_duty USING (CASE duty::text WHEN 'cover' THEN 'deputy' ELSE duty::text END)::steward_duty;
DROP TYPE steward_duty_before;
CREATE UNIQUE INDEX steward_assignments_one_primary ON steward_assignments (community_id) WHERE duty = 'primary' AND ends_at IS NULL;
