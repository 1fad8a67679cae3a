-- A visit that a phone sends again must be told from another visit under the same id.

ALTER TABLE visits ADD COLUMN content_hash bytea;
COMMENT ON COLUMN visits.content_hash IS 'SHA-256 of what was sent, the device''s present time left out: the same id with other content is refused. Null where the visit was not sent by a phone';
ALTER TABLE visits ADD CONSTRAINT visits_content_hash_whole CHECK (octet_length(content_hash) = 32);
ALTER TABLE visits ADD CONSTRAINT visits_correction_reason_bounded CHECK (char_length(correction_reason) BETWEEN 1 AND 500);
