-- Each step of a shut door is stamped by the device and by the server; what the device's clock was off by is kept beside them.

ALTER TABLE no_answer_steps ADD COLUMN device_offset_ms bigint NOT NULL DEFAULT 0;
COMMENT ON COLUMN no_answer_steps.done_at IS 'By the device''s clock, put right by the offset';
COMMENT ON COLUMN no_answer_steps.device_offset_ms IS 'Device clock minus server clock when it was received';
