-- Webhooks: the gateways (SMS, calls, the city's own platform) that are told of alerts, and each telling.

CREATE TABLE webhook_endpoints (
    id uuid PRIMARY KEY,
    name text NOT NULL,
    url text NOT NULL,
    topics text[] NOT NULL,
    enabled boolean NOT NULL,
    secret_sealed text NOT NULL,
    former_secret_sealed text,
    former_secret_until timestamptz,
    created_by uuid NOT NULL,
    created_at timestamptz NOT NULL,
    version integer NOT NULL
);
COMMENT ON TABLE webhook_endpoints IS 'Where alerts are sent, signed by the rules of Standard Webhooks';
COMMENT ON COLUMN webhook_endpoints.topics IS 'Which alerts: emergency.raised, emergency.* or *';
COMMENT ON COLUMN webhook_endpoints.secret_sealed IS 'The signing secret (whsec_…), sealed; shown once, when it is made';
COMMENT ON COLUMN webhook_endpoints.former_secret_sealed IS 'The secret before, which signs beside the present one until former_secret_until, so that the receiver can change over';
ALTER TABLE webhook_endpoints ADD CONSTRAINT webhook_endpoints_name_bounded CHECK (char_length(name) BETWEEN 1 AND 100);
ALTER TABLE webhook_endpoints ADD CONSTRAINT webhook_endpoints_url_form CHECK (url ~ '^https?://' AND char_length(url) <= 500);
ALTER TABLE webhook_endpoints ADD CONSTRAINT webhook_endpoints_topics_bounded CHECK (cardinality(topics) BETWEEN 1 AND 50);
ALTER TABLE webhook_endpoints ADD CONSTRAINT webhook_endpoints_former_whole CHECK ((former_secret_sealed IS NULL) = (former_secret_until IS NULL));
ALTER TABLE webhook_endpoints ADD CONSTRAINT webhook_endpoints_created_by_fkey FOREIGN KEY (created_by) REFERENCES users (id);
CREATE UNIQUE INDEX webhook_endpoints_name_key ON webhook_endpoints (name);
CREATE INDEX webhook_endpoints_by_creator ON webhook_endpoints (created_by);

CREATE TABLE webhook_deliveries (
    alert_id uuid NOT NULL,
    endpoint_id uuid NOT NULL,
    raised_at timestamptz NOT NULL,
    attempts integer NOT NULL,
    attempted_at timestamptz,
    http_status smallint,
    last_error text,
    delivered_at timestamptz
);
COMMENT ON TABLE webhook_deliveries IS 'One alert for one endpoint; the job alerts.deliver sends it and tries again, a dead letter of it is a delivery given up';
COMMENT ON COLUMN webhook_deliveries.raised_at IS 'That of the alert: an endpoint''s list is read along one index';
ALTER TABLE webhook_deliveries ADD CONSTRAINT webhook_deliveries_pkey PRIMARY KEY (alert_id, endpoint_id);
ALTER TABLE webhook_deliveries ADD CONSTRAINT webhook_deliveries_alert_id_fkey FOREIGN KEY (alert_id) REFERENCES alerts (id) ON DELETE CASCADE;
ALTER TABLE webhook_deliveries ADD CONSTRAINT webhook_deliveries_endpoint_id_fkey FOREIGN KEY (endpoint_id) REFERENCES webhook_endpoints (id);
ALTER TABLE webhook_deliveries ADD CONSTRAINT webhook_deliveries_attempt_whole CHECK (attempts >= 0 AND (attempts = 0) = (attempted_at IS NULL));
ALTER TABLE webhook_deliveries ADD CONSTRAINT webhook_deliveries_delivered_by_answer CHECK (delivered_at IS NULL OR attempts > 0 AND http_status BETWEEN 200 AND 299 AND last_error IS NULL);
ALTER TABLE webhook_deliveries ADD CONSTRAINT webhook_deliveries_error_bounded CHECK (char_length(last_error) <= 300);
CREATE INDEX webhook_deliveries_by_endpoint ON webhook_deliveries (endpoint_id, raised_at, alert_id);
CREATE INDEX webhook_deliveries_undelivered ON webhook_deliveries (endpoint_id, raised_at, alert_id) WHERE delivered_at IS NULL;
