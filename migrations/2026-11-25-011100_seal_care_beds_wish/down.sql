-- The sealed words cannot be opened here.
ALTER TABLE care_beds DROP CONSTRAINT care_beds_bounded;
ALTER TABLE care_beds DROP COLUMN wish_sealed;
ALTER TABLE care_beds ADD COLUMN wish text NOT NULL DEFAULT '';
ALTER TABLE care_beds ALTER COLUMN wish DROP DEFAULT;
COMMENT ON COLUMN care_beds.wish IS 'What is asked for, in the elder''s words';
ALTER TABLE care_beds ADD CONSTRAINT care_beds_bounded CHECK (char_length(wish) <= 500 AND cost_fen BETWEEN 0 AND 100000000);
