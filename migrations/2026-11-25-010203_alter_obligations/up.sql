-- Why a visit was missed, as the steward or an officer says afterwards. What was said stays, also when the visit still arrives.

CREATE TYPE miss_reason AS ENUM ('steward_absent', 'too_many_visits', 'weather', 'not_at_home', 'put_off', 'not_recorded', 'other');

ALTER TABLE obligations ADD COLUMN missed_reason miss_reason;
ALTER TABLE obligations ADD COLUMN missed_words text;
ALTER TABLE obligations ADD COLUMN explained_by uuid;
ALTER TABLE obligations ADD COLUMN explained_at timestamptz;
COMMENT ON COLUMN obligations.missed_reason IS 'Why it was missed, said once its grace was over';
COMMENT ON COLUMN obligations.missed_words IS 'The same in words';
ALTER TABLE obligations ADD CONSTRAINT obligations_explained_whole CHECK (
    (missed_reason IS NULL) = (missed_words IS NULL) AND (missed_reason IS NULL) = (explained_by IS NULL) AND (missed_reason IS NULL) = (explained_at IS NULL));
ALTER TABLE obligations ADD CONSTRAINT obligations_explained_when_missed CHECK (explained_at >= grace_until);
ALTER TABLE obligations ADD CONSTRAINT obligations_missed_words_bounded CHECK (char_length(missed_words) <= 200);
ALTER TABLE obligations ADD CONSTRAINT obligations_explained_by_fkey FOREIGN KEY (explained_by) REFERENCES users (id);
CREATE INDEX obligations_by_explainer ON obligations (explained_by) WHERE explained_by IS NOT NULL;
