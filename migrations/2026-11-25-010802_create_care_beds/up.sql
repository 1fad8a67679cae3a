-- Family care beds (家庭照护床位), and the installations of other elder-care projects, which are followed up the same way.

CREATE TYPE care_bed_kind AS ENUM ('family_bed', 'adaptation', 'devices');
CREATE TYPE care_bed_status AS ENUM ('applied', 'returned', 'endorsed', 'approved', 'refused', 'assessed', 'planned', 'installed', 'accepted', 'in_service', 'suspended', 'ended');
CREATE TYPE care_bed_measure_kind AS ENUM ('adaptation', 'device');

CREATE TABLE care_bed_measures (
    code text PRIMARY KEY,
    kind care_bed_measure_kind NOT NULL,
    name_zh text NOT NULL,
    name_en text NOT NULL,
    position smallint NOT NULL,
    withdrawn_on date
);
COMMENT ON TABLE care_bed_measures IS 'What can be built in: adaptations of the home, and devices; staff edit the list';
COMMENT ON COLUMN care_bed_measures.withdrawn_on IS 'First day on which no new plan may name it';
ALTER TABLE care_bed_measures ADD CONSTRAINT care_bed_measures_bounded CHECK (code ~ '^[a-z][a-z_]{1,39}$' AND char_length(name_zh) BETWEEN 1 AND 50 AND char_length(name_en) BETWEEN 1 AND 100);

CREATE TABLE care_beds (
    id uuid PRIMARY KEY,
    kind care_bed_kind NOT NULL,
    elder_id uuid NOT NULL,
    household_id uuid NOT NULL,
    community_id uuid NOT NULL,
    status care_bed_status NOT NULL,
    wish text NOT NULL,
    applied_by uuid NOT NULL,
    applied_at timestamptz NOT NULL,
    assessment_id uuid,
    organisation_id uuid,
    cost_fen bigint,
    installed_by uuid,
    installed_at timestamptz,
    accepted_by uuid,
    accepted_at timestamptz,
    started_at timestamptz,
    suspended_for text,
    ended_for text,
    ended_at timestamptz,
    version integer NOT NULL
);
COMMENT ON TABLE care_beds IS 'One row for each bed or project; what its events have made of it';
COMMENT ON COLUMN care_beds.wish IS 'What is asked for, in the elder''s words';
COMMENT ON COLUMN care_beds.organisation_id IS 'The provider of the plan, under which the bed is placed';
COMMENT ON COLUMN care_beds.cost_fen IS 'What the plan costs, in fen';
ALTER TABLE care_beds ADD CONSTRAINT care_beds_bounded CHECK (char_length(wish) <= 500 AND cost_fen BETWEEN 0 AND 100000000);
ALTER TABLE care_beds ADD CONSTRAINT care_beds_assessed_has_assessment CHECK (status NOT IN ('assessed', 'planned', 'installed', 'accepted', 'in_service', 'suspended') OR assessment_id IS NOT NULL);
ALTER TABLE care_beds ADD CONSTRAINT care_beds_planned_has_provider CHECK (status NOT IN ('planned', 'installed', 'accepted', 'in_service', 'suspended') OR organisation_id IS NOT NULL AND cost_fen IS NOT NULL);
ALTER TABLE care_beds ADD CONSTRAINT care_beds_installed_has_evidence CHECK (status NOT IN ('installed', 'accepted', 'in_service', 'suspended') OR installed_by IS NOT NULL AND installed_at IS NOT NULL);
ALTER TABLE care_beds ADD CONSTRAINT care_beds_accepted_by_another CHECK ((status NOT IN ('accepted', 'in_service', 'suspended') OR accepted_by IS NOT NULL AND accepted_at IS NOT NULL) AND accepted_by <> installed_by);
ALTER TABLE care_beds ADD CONSTRAINT care_beds_only_beds_serve CHECK (kind = 'family_bed' OR status NOT IN ('in_service', 'suspended'));
ALTER TABLE care_beds ADD CONSTRAINT care_beds_serving_has_start CHECK (status NOT IN ('in_service', 'suspended') OR started_at IS NOT NULL);
ALTER TABLE care_beds ADD CONSTRAINT care_beds_suspended_has_reason CHECK ((status = 'suspended') = (suspended_for IS NOT NULL));
ALTER TABLE care_beds ADD CONSTRAINT care_beds_ended_has_reason CHECK ((status = 'ended') = (ended_for IS NOT NULL) AND (status = 'ended') = (ended_at IS NOT NULL));
ALTER TABLE care_beds ADD CONSTRAINT care_beds_elder_id_fkey FOREIGN KEY (elder_id) REFERENCES elders (id);
ALTER TABLE care_beds ADD CONSTRAINT care_beds_household_id_fkey FOREIGN KEY (household_id) REFERENCES households (id);
ALTER TABLE care_beds ADD CONSTRAINT care_beds_community_id_fkey FOREIGN KEY (community_id) REFERENCES communities (id);
ALTER TABLE care_beds ADD CONSTRAINT care_beds_applied_by_fkey FOREIGN KEY (applied_by) REFERENCES users (id);
ALTER TABLE care_beds ADD CONSTRAINT care_beds_assessment_id_fkey FOREIGN KEY (assessment_id) REFERENCES ability_assessments (id);
ALTER TABLE care_beds ADD CONSTRAINT care_beds_organisation_id_fkey FOREIGN KEY (organisation_id) REFERENCES organisations (id);
ALTER TABLE care_beds ADD CONSTRAINT care_beds_installed_by_fkey FOREIGN KEY (installed_by) REFERENCES users (id);
ALTER TABLE care_beds ADD CONSTRAINT care_beds_accepted_by_fkey FOREIGN KEY (accepted_by) REFERENCES users (id);
CREATE UNIQUE INDEX care_beds_one_open ON care_beds (elder_id, kind) WHERE status NOT IN ('refused', 'ended') AND (kind = 'family_bed' OR status <> 'accepted');
CREATE INDEX care_beds_by_elder ON care_beds (elder_id, applied_at DESC);
CREATE INDEX care_beds_by_community ON care_beds (community_id, applied_at DESC, id DESC);
CREATE INDEX care_beds_by_organisation ON care_beds (organisation_id, applied_at DESC, id DESC) WHERE organisation_id IS NOT NULL;
CREATE INDEX care_beds_by_household ON care_beds (household_id);
CREATE INDEX care_beds_by_applicant ON care_beds (applied_by);
CREATE INDEX care_beds_by_assessment ON care_beds (assessment_id) WHERE assessment_id IS NOT NULL;
CREATE INDEX care_beds_by_installer ON care_beds (installed_by) WHERE installed_by IS NOT NULL;
CREATE INDEX care_beds_by_accepter ON care_beds (accepted_by) WHERE accepted_by IS NOT NULL;
CREATE INDEX care_beds_under_way ON care_beds (id) WHERE status NOT IN ('refused', 'ended');

CREATE TABLE care_bed_events (
    id uuid PRIMARY KEY,
    bed_id uuid NOT NULL,
    seq smallint NOT NULL,
    from_status care_bed_status,
    to_status care_bed_status NOT NULL,
    actor_id uuid,
    device_at timestamptz NOT NULL,
    received_at timestamptz NOT NULL,
    reason text NOT NULL,
    data jsonb NOT NULL
);
COMMENT ON TABLE care_bed_events IS 'Every transition of a bed; its state equals the replay of its events';
COMMENT ON COLUMN care_bed_events.actor_id IS 'Null where the bed followed its elder''s status';
COMMENT ON COLUMN care_bed_events.data IS 'What the transition carried: plan, agreement, quotas, reasons';
ALTER TABLE care_bed_events ADD CONSTRAINT care_bed_events_seq_key UNIQUE (bed_id, seq);
ALTER TABLE care_bed_events ADD CONSTRAINT care_bed_events_bounded CHECK (char_length(reason) <= 1000 AND (from_status IS NULL) = (seq = 1));
ALTER TABLE care_bed_events ADD CONSTRAINT care_bed_events_bed_id_fkey FOREIGN KEY (bed_id) REFERENCES care_beds (id);
ALTER TABLE care_bed_events ADD CONSTRAINT care_bed_events_actor_id_fkey FOREIGN KEY (actor_id) REFERENCES users (id);
CREATE INDEX care_bed_events_by_actor ON care_bed_events (actor_id);

CREATE TABLE care_bed_plan_lines (
    bed_id uuid NOT NULL,
    measure_code text NOT NULL,
    quantity smallint NOT NULL,
    cost_fen bigint NOT NULL
);
COMMENT ON TABLE care_bed_plan_lines IS 'What the present plan builds in; earlier plans stand in the events';
COMMENT ON COLUMN care_bed_plan_lines.cost_fen IS 'Of all pieces together, in fen';
ALTER TABLE care_bed_plan_lines ADD CONSTRAINT care_bed_plan_lines_pkey PRIMARY KEY (bed_id, measure_code);
ALTER TABLE care_bed_plan_lines ADD CONSTRAINT care_bed_plan_lines_sane CHECK (quantity BETWEEN 1 AND 100 AND cost_fen BETWEEN 0 AND 10000000);
ALTER TABLE care_bed_plan_lines ADD CONSTRAINT care_bed_plan_lines_bed_id_fkey FOREIGN KEY (bed_id) REFERENCES care_beds (id);
ALTER TABLE care_bed_plan_lines ADD CONSTRAINT care_bed_plan_lines_measure_code_fkey FOREIGN KEY (measure_code) REFERENCES care_bed_measures (code);
CREATE INDEX care_bed_plan_lines_by_measure ON care_bed_plan_lines (measure_code);

CREATE TABLE care_bed_agreements (
    id uuid PRIMARY KEY,
    bed_id uuid NOT NULL,
    starts_on date NOT NULL,
    ends_on date NOT NULL,
    signed_by text NOT NULL,
    signed_on date NOT NULL,
    attachment_id uuid NOT NULL,
    recorded_by uuid NOT NULL,
    recorded_at timestamptz NOT NULL
);
COMMENT ON TABLE care_bed_agreements IS 'What elder and provider signed, from when to when; one that follows is a row of its own';
COMMENT ON COLUMN care_bed_agreements.ends_on IS 'Last day on which it holds';
ALTER TABLE care_bed_agreements ADD CONSTRAINT care_bed_agreements_sane CHECK (ends_on >= starts_on AND char_length(signed_by) BETWEEN 1 AND 50);
ALTER TABLE care_bed_agreements ADD CONSTRAINT care_bed_agreements_bed_id_fkey FOREIGN KEY (bed_id) REFERENCES care_beds (id);
ALTER TABLE care_bed_agreements ADD CONSTRAINT care_bed_agreements_attachment_id_fkey FOREIGN KEY (attachment_id) REFERENCES attachments (id);
ALTER TABLE care_bed_agreements ADD CONSTRAINT care_bed_agreements_recorded_by_fkey FOREIGN KEY (recorded_by) REFERENCES users (id);
CREATE INDEX care_bed_agreements_by_bed ON care_bed_agreements (bed_id, starts_on);
CREATE INDEX care_bed_agreements_by_attachment ON care_bed_agreements (attachment_id);
CREATE INDEX care_bed_agreements_by_recorder ON care_bed_agreements (recorded_by);

CREATE TABLE care_bed_quotas (
    bed_id uuid NOT NULL,
    from_month date NOT NULL,
    item_id uuid NOT NULL,
    times smallint NOT NULL,
    minutes integer NOT NULL
);
COMMENT ON TABLE care_bed_quotas IS 'The service plan: how often and how long an item is given in a month, from a month on until a later plan';
COMMENT ON COLUMN care_bed_quotas.from_month IS 'First day of the month';
ALTER TABLE care_bed_quotas ADD CONSTRAINT care_bed_quotas_pkey PRIMARY KEY (bed_id, from_month, item_id);
ALTER TABLE care_bed_quotas ADD CONSTRAINT care_bed_quotas_sane CHECK (times BETWEEN 1 AND 1000 AND minutes BETWEEN 1 AND 45000 AND extract(day FROM from_month) = 1);
ALTER TABLE care_bed_quotas ADD CONSTRAINT care_bed_quotas_bed_id_fkey FOREIGN KEY (bed_id) REFERENCES care_beds (id);
ALTER TABLE care_bed_quotas ADD CONSTRAINT care_bed_quotas_item_id_fkey FOREIGN KEY (item_id) REFERENCES menu_items (id);
CREATE INDEX care_bed_quotas_by_item ON care_bed_quotas (item_id);

-- What the field builds in: adaptations of the home, and smart devices.
INSERT INTO care_bed_measures (code, kind, name_zh, name_en, position) VALUES
    ('non_slip_floor', 'adaptation', '防滑地面', 'non-slip floor', 1),
    ('handrail', 'adaptation', '扶手', 'handrail', 2),
    ('threshold_removal', 'adaptation', '门槛消除', 'threshold removed', 3),
    ('door_widening', 'adaptation', '房门拓宽', 'door widened', 4),
    ('bath_chair', 'adaptation', '洗浴椅', 'bath chair', 5),
    ('raised_toilet', 'adaptation', '坐便器改造', 'toilet raised', 6),
    ('care_bed_frame', 'adaptation', '护理床', 'nursing bed', 7),
    ('lighting', 'adaptation', '照明改造', 'lighting', 8),
    ('gas_alarm', 'device', '燃气报警器', 'gas alarm', 9),
    ('smoke_alarm', 'device', '烟雾报警器', 'smoke alarm', 10),
    ('call_button', 'device', '一键呼叫', 'one-key call button', 11),
    ('vital_sign_mat', 'device', '睡眠监测垫', 'sleep and vital-sign mat', 12),
    ('door_sensor', 'device', '门磁感应', 'door sensor', 13),
    ('motion_sensor', 'device', '红外感应', 'motion sensor', 14);
