-- Alerts: the outbox from which people and gateways are told, and what became of it.

CREATE TYPE alert_urgency AS ENUM ('routine', 'soon', 'immediate');

CREATE TABLE alerts (
    id uuid PRIMARY KEY,
    position bigint,
    topic text NOT NULL,
    urgency alert_urgency NOT NULL,
    subject_kind text NOT NULL,
    subject_id uuid NOT NULL,
    community_id uuid,
    detail jsonb NOT NULL,
    raised_at timestamptz NOT NULL
);
COMMENT ON TABLE alerts IS 'Outbox: what somebody has to be told, written in the transaction of what it tells. Kept a year';
COMMENT ON COLUMN alerts.position IS 'Place in the order in which alerts are told, given after their commit by whoever holds the lock: an id is older than its commit, so nothing that is told in order of ids is safe from one that comes late';
COMMENT ON COLUMN alerts.topic IS 'What has happened: emergency.raised';
COMMENT ON COLUMN alerts.detail IS 'Ids, codes and times; nothing personal: it leaves the service';
ALTER TABLE alerts ADD CONSTRAINT alerts_topic_form CHECK (topic ~ '^[a-z_]+(\.[a-z_]+)+$' AND char_length(topic) <= 64);
ALTER TABLE alerts ADD CONSTRAINT alerts_subject_kind_bounded CHECK (char_length(subject_kind) BETWEEN 1 AND 64);
ALTER TABLE alerts ADD CONSTRAINT alerts_detail_bounded CHECK (jsonb_typeof(detail) = 'object' AND octet_length(detail::text) <= 4000);
ALTER TABLE alerts ADD CONSTRAINT alerts_community_id_fkey FOREIGN KEY (community_id) REFERENCES communities (id);
CREATE UNIQUE INDEX alerts_by_position ON alerts (position) WHERE position IS NOT NULL;
CREATE INDEX alerts_unplaced ON alerts (id) WHERE position IS NULL;
CREATE INDEX alerts_by_age ON alerts (raised_at);
CREATE INDEX alerts_by_community ON alerts (community_id) WHERE community_id IS NOT NULL;

CREATE TABLE alert_recipients (
    alert_id uuid NOT NULL,
    user_id uuid NOT NULL,
    raised_at timestamptz NOT NULL,
    position bigint,
    seen_at timestamptz
);
COMMENT ON TABLE alert_recipients IS 'Who is told, and when they said that they have seen it';
COMMENT ON COLUMN alert_recipients.raised_at IS 'That of the alert: a person''s list is read along one index';
COMMENT ON COLUMN alert_recipients.position IS 'That of the alert: a person''s stream goes on along one index';
ALTER TABLE alert_recipients ADD CONSTRAINT alert_recipients_pkey PRIMARY KEY (user_id, alert_id);
ALTER TABLE alert_recipients ADD CONSTRAINT alert_recipients_alert_id_fkey FOREIGN KEY (alert_id) REFERENCES alerts (id) ON DELETE CASCADE;
ALTER TABLE alert_recipients ADD CONSTRAINT alert_recipients_user_id_fkey FOREIGN KEY (user_id) REFERENCES users (id);
CREATE INDEX alert_recipients_by_alert ON alert_recipients (alert_id);
CREATE INDEX alert_recipients_by_time ON alert_recipients (user_id, raised_at, alert_id);
CREATE INDEX alert_recipients_by_position ON alert_recipients (user_id, position) WHERE position IS NOT NULL;
CREATE INDEX alert_recipients_unseen ON alert_recipients (user_id, raised_at, alert_id) WHERE seen_at IS NULL;
