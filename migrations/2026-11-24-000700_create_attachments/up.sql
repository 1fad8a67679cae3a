-- Photos and signatures: the bytes lie in the object store under their hash, here is what is known of them.

CREATE TYPE attachment_role AS ENUM ('photo', 'before', 'after', 'signature', 'document');
CREATE TYPE attachment_case AS ENUM ('visit', 'service_case', 'hazard', 'emergency');

CREATE TABLE attachments (
    id uuid PRIMARY KEY,
    sha256 bytea NOT NULL,
    media_type text NOT NULL,
    size_bytes integer NOT NULL,
    width integer NOT NULL,
    height integer NOT NULL,
    uploaded_by uuid NOT NULL,
    uploaded_at timestamptz NOT NULL
);
COMMENT ON TABLE attachments IS 'One row per upload; the same bytes are stored once';
COMMENT ON COLUMN attachments.sha256 IS 'Hash of the bytes and their key in the object store';
ALTER TABLE attachments ADD CONSTRAINT attachments_sane CHECK (octet_length(sha256) = 32 AND size_bytes > 0 AND width > 0 AND height > 0);
ALTER TABLE attachments ADD CONSTRAINT attachments_uploaded_by_fkey FOREIGN KEY (uploaded_by) REFERENCES users (id);
CREATE INDEX attachments_by_hash ON attachments (sha256);
CREATE INDEX attachments_by_uploader ON attachments (uploaded_by, id);

CREATE TABLE attachment_links (
    attachment_id uuid NOT NULL,
    case_kind attachment_case NOT NULL,
    case_id uuid NOT NULL,
    role attachment_role NOT NULL,
    linked_at timestamptz NOT NULL
);
COMMENT ON TABLE attachment_links IS 'Evidence belongs to the case, not to the step: a need, its orders and their rework share one service case';
ALTER TABLE attachment_links ADD CONSTRAINT attachment_links_pkey PRIMARY KEY (case_id, attachment_id);
ALTER TABLE attachment_links ADD CONSTRAINT attachment_links_attachment_id_fkey FOREIGN KEY (attachment_id) REFERENCES attachments (id);
CREATE INDEX attachment_links_by_attachment ON attachment_links (attachment_id);
