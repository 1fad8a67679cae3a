-- PostgreSQL drops no value of an enum: the type is made anew. What a campaign owed has gone with the campaigns.
ALTER TABLE obligations DROP CONSTRAINT obligations_status_has_its_evidence;
ALTER TYPE excuse RENAME TO excuse_before;
CREATE TYPE excuse AS ENUM ('in_hospital', 'away', 'in_institution', 'declined', 'moved', 'deceased');
ALTER TABLE obligations ALTER COLUMN excuse TYPE excuse USING excuse::text::excuse;
DROP TYPE excuse_before;
ALTER TABLE obligations ADD CONSTRAINT obligations_status_has_its_evidence CHECK (
    (status = 'excused') = (excuse IS NOT NULL) AND (status = 'done') = (visit_id IS NOT NULL) AND (status = 'owed') = (closed_at IS NULL));
