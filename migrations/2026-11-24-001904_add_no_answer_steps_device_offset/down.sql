ALTER TABLE no_answer_steps DROP COLUMN device_offset_ms;
COMMENT ON COLUMN no_answer_steps.done_at IS NULL;
