-- Which visit is owed to which household, in which period, and why.

CREATE TYPE obligation_kind AS ENUM ('weekly', 'monthly', 'quarterly', 'event', 'campaign');
CREATE TYPE obligation_status AS ENUM ('owed', 'done', 'excused', 'missed');
CREATE TYPE excuse AS ENUM ('in_hospital', 'away', 'in_institution', 'declined', 'moved', 'deceased');

CREATE TABLE obligations (
    id uuid PRIMARY KEY,
    household_id uuid NOT NULL,
    community_id uuid NOT NULL,
    kind obligation_kind NOT NULL,
    period text NOT NULL,
    starts_at timestamptz NOT NULL,
    due_at timestamptz NOT NULL,
    grace_until timestamptz NOT NULL,
    reasons text[] NOT NULL,
    risk smallint NOT NULL,
    status obligation_status NOT NULL,
    excuse excuse,
    visit_id uuid,
    responsible_id uuid,
    closed_at timestamptz,
    created_at timestamptz NOT NULL
);
COMMENT ON TABLE obligations IS 'One visit owed to one household in one period; whoever serves the community now is responsible while it is owed';
COMMENT ON COLUMN obligations.period IS '2024-W03, 2024-01, 2024-Q1, or event:<id> of the event that owes the visit';
COMMENT ON COLUMN obligations.due_at IS 'End of the period, exclusive';
COMMENT ON COLUMN obligations.grace_until IS 'Until then a visit may still arrive from a phone before the obligation counts as missed';
COMMENT ON COLUMN obligations.reasons IS 'Why: category codes, advanced_age, override, or the event';
COMMENT ON COLUMN obligations.risk IS 'For the worklist''s order; 0 none to 100';
COMMENT ON COLUMN obligations.responsible_id IS 'The steward who answered for it when it was closed';
ALTER TABLE obligations ADD CONSTRAINT obligations_once UNIQUE (household_id, kind, period);
ALTER TABLE obligations ADD CONSTRAINT obligations_times CHECK (starts_at < due_at AND due_at <= grace_until);
ALTER TABLE obligations ADD CONSTRAINT obligations_status_has_its_evidence CHECK (
    (status = 'excused') = (excuse IS NOT NULL) AND (status = 'done') = (visit_id IS NOT NULL) AND (status = 'owed') = (closed_at IS NULL));
ALTER TABLE obligations ADD CONSTRAINT obligations_risk_bounded CHECK (risk BETWEEN 0 AND 100);
ALTER TABLE obligations ADD CONSTRAINT obligations_household_id_fkey FOREIGN KEY (household_id) REFERENCES households (id);
ALTER TABLE obligations ADD CONSTRAINT obligations_community_id_fkey FOREIGN KEY (community_id) REFERENCES communities (id);
ALTER TABLE obligations ADD CONSTRAINT obligations_responsible_id_fkey FOREIGN KEY (responsible_id) REFERENCES users (id);
CREATE INDEX obligations_worklist ON obligations (community_id, due_at) WHERE status = 'owed';
CREATE INDEX obligations_by_period ON obligations (community_id, kind, due_at);
CREATE INDEX obligations_overdue ON obligations (grace_until) WHERE status = 'owed';
CREATE INDEX obligations_by_responsible ON obligations (responsible_id, due_at) WHERE responsible_id IS NOT NULL;
