-- What a phone and the service do not agree on.

CREATE TABLE sync_tickets (
    id uuid PRIMARY KEY,
    user_id uuid NOT NULL,
    device_id uuid NOT NULL,
    day date NOT NULL,
    differences jsonb NOT NULL,
    unsent integer NOT NULL,
    oldest_unsent_at timestamptz,
    storage_persisted boolean NOT NULL,
    app_version text NOT NULL,
    raised_at timestamptz NOT NULL,
    closed_at timestamptz,
    closed_by uuid,
    note text
);
COMMENT ON TABLE sync_tickets IS 'A phone counts otherwise than the service, or holds what it could not send for days: somebody has to look; no personal data';
COMMENT ON COLUMN sync_tickets.day IS 'The day of the receipts that were counted, in Asia/Shanghai';
COMMENT ON COLUMN sync_tickets.differences IS 'Operations with what phone and service counted';
COMMENT ON COLUMN sync_tickets.oldest_unsent_at IS 'By the device''s clock';
ALTER TABLE sync_tickets ADD CONSTRAINT sync_tickets_closed_whole CHECK ((closed_at IS NULL) = (closed_by IS NULL) AND (closed_at IS NULL) = (note IS NULL));
ALTER TABLE sync_tickets ADD CONSTRAINT sync_tickets_bounded CHECK (unsent BETWEEN 0 AND 1000000 AND char_length(app_version) BETWEEN 1 AND 40 AND char_length(note) BETWEEN 2 AND 500);
ALTER TABLE sync_tickets ADD CONSTRAINT sync_tickets_user_id_fkey FOREIGN KEY (user_id) REFERENCES users (id);
ALTER TABLE sync_tickets ADD CONSTRAINT sync_tickets_closed_by_fkey FOREIGN KEY (closed_by) REFERENCES users (id);
CREATE UNIQUE INDEX sync_tickets_one_open ON sync_tickets (user_id, device_id, day) WHERE closed_at IS NULL;
CREATE INDEX sync_tickets_by_user ON sync_tickets (user_id, raised_at);
CREATE INDEX sync_tickets_by_closer ON sync_tickets (closed_by) WHERE closed_by IS NOT NULL;
