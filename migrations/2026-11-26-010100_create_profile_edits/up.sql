-- Edits of an elder's own fields that were made without signal, and what of them awaits a decision.

CREATE TYPE profile_field AS ENUM ('name', 'sex', 'birth_date', 'phone', 'health_note', 'remarks');
CREATE TYPE profile_conflict_shown AS ENUM ('present', 'edit', 'both');
CREATE TYPE profile_decision AS ENUM ('base_kept', 'edit_taken');

CREATE TABLE profile_edits (
    id uuid PRIMARY KEY,
    elder_id uuid NOT NULL,
    base_version integer NOT NULL,
    content_hash bytea NOT NULL,
    applied profile_field[] NOT NULL,
    version integer NOT NULL,
    made_by uuid NOT NULL,
    made_at timestamptz NOT NULL
);
COMMENT ON TABLE profile_edits IS 'What a phone wanted to change in a file, each field against the value that the phone showed';
COMMENT ON COLUMN profile_edits.content_hash IS 'Keyed hash of what was sent: the same id with the same edit is the same edit';
COMMENT ON COLUMN profile_edits.version IS 'The file''s version after it';
ALTER TABLE profile_edits ADD CONSTRAINT profile_edits_elder_id_fkey FOREIGN KEY (elder_id) REFERENCES elders (id);
ALTER TABLE profile_edits ADD CONSTRAINT profile_edits_made_by_fkey FOREIGN KEY (made_by) REFERENCES users (id);
CREATE INDEX profile_edits_by_elder ON profile_edits (elder_id);
CREATE INDEX profile_edits_by_maker ON profile_edits (made_by);

CREATE TABLE profile_conflicts (
    id uuid PRIMARY KEY,
    edit_id uuid NOT NULL,
    elder_id uuid NOT NULL,
    field profile_field NOT NULL,
    base_sealed text,
    present_sealed text NOT NULL,
    edit_sealed text NOT NULL,
    shown profile_conflict_shown NOT NULL,
    made_by uuid NOT NULL,
    made_at timestamptz NOT NULL,
    decision profile_decision,
    reason text,
    decided_by uuid,
    decided_at timestamptz
);
COMMENT ON TABLE profile_conflicts IS 'A field that was changed in two places: both values are kept until somebody decides';
COMMENT ON COLUMN profile_conflicts.base_sealed IS 'What the phone showed when it was edited; NULL where there was nothing';
COMMENT ON COLUMN profile_conflicts.present_sealed IS 'What the file said when the edit came in';
COMMENT ON COLUMN profile_conflicts.shown IS 'Which of the two the file shows meanwhile: the more cautious one';
ALTER TABLE profile_conflicts ADD CONSTRAINT profile_conflicts_once UNIQUE (edit_id, field);
ALTER TABLE profile_conflicts ADD CONSTRAINT profile_conflicts_decided_whole CHECK ((decision IS NULL) = (decided_at IS NULL) AND (decision IS NULL) = (decided_by IS NULL) AND (decision IS NULL) = (reason IS NULL));
ALTER TABLE profile_conflicts ADD CONSTRAINT profile_conflicts_bounded CHECK (char_length(base_sealed) <= 8000 AND char_length(present_sealed) <= 8000 AND char_length(edit_sealed) <= 8000 AND char_length(reason) BETWEEN 2 AND 500);
ALTER TABLE profile_conflicts ADD CONSTRAINT profile_conflicts_edit_id_fkey FOREIGN KEY (edit_id) REFERENCES profile_edits (id);
ALTER TABLE profile_conflicts ADD CONSTRAINT profile_conflicts_elder_id_fkey FOREIGN KEY (elder_id) REFERENCES elders (id);
ALTER TABLE profile_conflicts ADD CONSTRAINT profile_conflicts_made_by_fkey FOREIGN KEY (made_by) REFERENCES users (id);
ALTER TABLE profile_conflicts ADD CONSTRAINT profile_conflicts_decided_by_fkey FOREIGN KEY (decided_by) REFERENCES users (id);
CREATE INDEX profile_conflicts_by_elder ON profile_conflicts (elder_id);
CREATE INDEX profile_conflicts_by_maker ON profile_conflicts (made_by);
CREATE INDEX profile_conflicts_by_decider ON profile_conflicts (decided_by) WHERE decided_by IS NOT NULL;
