-- What is asked for a bed tells of somebody's health: it is sealed like every such word. A migration has no keys, so that it cannot
-- seal what stands: no city has entered a bed yet, and the demo's are made anew.
ALTER TABLE care_beds ADD COLUMN wish_sealed text;
COMMENT ON COLUMN care_beds.wish_sealed IS 'What is asked for, in the elder''s words, sealed; NULL where nothing was said';
ALTER TABLE care_beds DROP CONSTRAINT care_beds_bounded;
ALTER TABLE care_beds DROP COLUMN wish;
ALTER TABLE care_beds ADD CONSTRAINT care_beds_bounded CHECK (char_length(wish_sealed) <= 4000 AND cost_fen BETWEEN 0 AND 100000000);
