-- What phones sent and the service received.

CREATE TABLE sync_receipts (
    actor_id uuid NOT NULL,
    item_id uuid NOT NULL,
    device_id uuid NOT NULL,
    operation text NOT NULL,
    subject_id uuid,
    content_hash bytea NOT NULL,
    recorded_at timestamptz NOT NULL,
    device_offset_ms bigint NOT NULL,
    answer_status smallint NOT NULL,
    answer_version integer,
    received_at timestamptz NOT NULL
);
COMMENT ON TABLE sync_receipts IS 'One row for each item of an outbox whose operation was done: the phone deletes what has one';
COMMENT ON COLUMN sync_receipts.operation IS 'The operationId of the contract';
COMMENT ON COLUMN sync_receipts.subject_id IS 'The thing that the operation made or changed, where its answer names one';
COMMENT ON COLUMN sync_receipts.content_hash IS 'Keyed hash of the item''s SHA-256: a number in an item cannot be guessed from it';
COMMENT ON COLUMN sync_receipts.recorded_at IS 'When the person finished it, the device''s clock put right';
COMMENT ON COLUMN sync_receipts.device_offset_ms IS 'Milliseconds that the device''s clock was ahead of the server''s when it was sent';
ALTER TABLE sync_receipts ADD CONSTRAINT sync_receipts_pkey PRIMARY KEY (actor_id, item_id);
ALTER TABLE sync_receipts ADD CONSTRAINT sync_receipts_bounded CHECK (char_length(operation) BETWEEN 1 AND 60);
ALTER TABLE sync_receipts ADD CONSTRAINT sync_receipts_actor_id_fkey FOREIGN KEY (actor_id) REFERENCES users (id);
CREATE INDEX sync_receipts_by_device ON sync_receipts (actor_id, device_id, received_at);
