-- What every domain stands on: the audit trail, the job queue, the memory of idempotent requests.

CREATE TABLE audit_inbox (
    id uuid PRIMARY KEY,
    entry jsonb NOT NULL,
    occurred_at timestamptz NOT NULL
);
COMMENT ON TABLE audit_inbox IS 'Audit rows written in the transaction of the change they describe; the appender moves them, in batches, to the end of the hash chain';
COMMENT ON COLUMN audit_inbox.entry IS 'The row as it will stand in audit_entries, without its place in the chain';
CREATE INDEX audit_inbox_by_time ON audit_inbox (occurred_at, id);

CREATE TABLE audit_entries (
    seq bigint PRIMARY KEY,
    id uuid NOT NULL,
    occurred_at timestamptz NOT NULL,
    actor_id uuid,
    actor_role text,
    action text NOT NULL,
    subject_kind text NOT NULL,
    subject_id uuid,
    elder_id uuid,
    community_id uuid,
    request_id uuid,
    detail jsonb NOT NULL,
    prev_hash bytea NOT NULL,
    hash bytea NOT NULL
);
COMMENT ON TABLE audit_entries IS 'Append-only trail of reads and writes of personal data and of every state change; each row carries the hash of the one before. Kept three years (PIPL art. 56)';
COMMENT ON COLUMN audit_entries.seq IS 'Place in the chain, given by the one appender that holds the lock: never a sequence, so it has no gaps';
COMMENT ON COLUMN audit_entries.elder_id IS 'Whose file it concerns, where it concerns one';
COMMENT ON COLUMN audit_entries.detail IS 'Fields and states, never names, numbers, phones or diagnoses';
COMMENT ON COLUMN audit_entries.hash IS 'SHA-256 over prev_hash and the canonical JSON of the row';
ALTER TABLE audit_entries ADD CONSTRAINT audit_entries_id_key UNIQUE (id);
CREATE INDEX audit_entries_by_actor ON audit_entries (actor_id, seq);
CREATE INDEX audit_entries_by_elder ON audit_entries (elder_id, seq) WHERE elder_id IS NOT NULL;
CREATE INDEX audit_entries_by_subject ON audit_entries (subject_id, seq) WHERE subject_id IS NOT NULL;
CREATE INDEX audit_entries_by_time ON audit_entries (occurred_at);

CREATE TABLE jobs (
    id uuid PRIMARY KEY,
    kind text NOT NULL,
    dedup_key text,
    payload jsonb NOT NULL,
    run_at timestamptz NOT NULL,
    attempts smallint NOT NULL,
    max_attempts smallint NOT NULL,
    claimed_until timestamptz,
    last_error text,
    dead_at timestamptz,
    created_at timestamptz NOT NULL
);
COMMENT ON TABLE jobs IS 'Work to be done after the transaction that asked for it; a finished job is deleted, a dead letter stays until an administrator decides';
COMMENT ON COLUMN jobs.dedup_key IS 'At most one waiting job of a kind with this key';
COMMENT ON COLUMN jobs.claimed_until IS 'A worker holds the job until then; after it the worker is taken for dead and another may claim';
ALTER TABLE jobs ADD CONSTRAINT jobs_attempts_bounded CHECK (attempts >= 0 AND attempts <= max_attempts);
CREATE UNIQUE INDEX jobs_dedup ON jobs (kind, dedup_key) WHERE dead_at IS NULL;
CREATE INDEX jobs_due ON jobs (run_at) WHERE dead_at IS NULL;

CREATE TABLE idempotency_keys (
    actor_id uuid NOT NULL,
    key uuid NOT NULL,
    request_hash bytea NOT NULL,
    status smallint,
    body jsonb,
    created_at timestamptz NOT NULL
);
COMMENT ON TABLE idempotency_keys IS 'Answers already given, by actor and Idempotency-Key; written in the transaction of the change, swept after 30 days';
COMMENT ON COLUMN idempotency_keys.request_hash IS 'SHA-256 of method, path and body: the same key with another request is an error';
ALTER TABLE idempotency_keys ADD CONSTRAINT idempotency_keys_pkey PRIMARY KEY (actor_id, key);
CREATE INDEX idempotency_keys_by_age ON idempotency_keys (created_at);
