-- Ability assessments and the schemes by which they are reckoned.

CREATE TYPE assessment_reason AS ENUM ('first', 'regular', 'change', 'review');

CREATE TABLE assessment_schemes (
    code text NOT NULL,
    version smallint NOT NULL,
    name_zh text NOT NULL,
    name_en text NOT NULL,
    valid_from date NOT NULL,
    content jsonb NOT NULL
);
COMMENT ON TABLE assessment_schemes IS 'Items, cut-offs and rules of a standard, by version; an assessment keeps the one it was made by, so that a row is never changed';
COMMENT ON COLUMN assessment_schemes.valid_from IS 'First day on which assessments are made by it; the latest such day counts';
COMMENT ON COLUMN assessment_schemes.content IS 'Parts with their items, levels with their cut-offs and the category that follows, rules that raise a level';
ALTER TABLE assessment_schemes ADD CONSTRAINT assessment_schemes_pkey PRIMARY KEY (code, version);
ALTER TABLE assessment_schemes ADD CONSTRAINT assessment_schemes_valid_from_key UNIQUE (valid_from);
ALTER TABLE assessment_schemes ADD CONSTRAINT assessment_schemes_bounded CHECK (code ~ '^[a-z][a-z0-9_]{1,39}$' AND version > 0 AND char_length(name_zh) BETWEEN 1 AND 100 AND char_length(name_en) BETWEEN 1 AND 100);

CREATE TABLE ability_assessments (
    id uuid PRIMARY KEY,
    elder_id uuid NOT NULL,
    scheme_code text NOT NULL,
    scheme_version smallint NOT NULL,
    reason assessment_reason NOT NULL,
    assessed_at timestamptz NOT NULL,
    content_sealed text NOT NULL,
    content_hash bytea NOT NULL,
    level smallint NOT NULL,
    reassess_on date NOT NULL,
    first_assessor_id uuid,
    first_assessor_name text,
    second_assessor_id uuid,
    second_assessor_name text,
    replaces_id uuid,
    replacement_reason text,
    current boolean NOT NULL,
    recorded_by uuid NOT NULL,
    recorded_at timestamptz NOT NULL
);
COMMENT ON TABLE ability_assessments IS 'Append-only: a wrong assessment is replaced by one that names it';
COMMENT ON COLUMN ability_assessments.assessed_at IS 'By the device''s clock, put right';
COMMENT ON COLUMN ability_assessments.content_sealed IS 'Scores, diagnoses, events and the reckoning: health data';
COMMENT ON COLUMN ability_assessments.content_hash IS 'SHA-256 of what was sent, the device''s present time left out: the same id with other content is refused';
COMMENT ON COLUMN ability_assessments.level IS 'The final level, 0 (intact) to 4 (totally disabled)';
COMMENT ON COLUMN ability_assessments.first_assessor_name IS 'Of an assessor without an account, with the institution where it helps';
COMMENT ON COLUMN ability_assessments.current IS 'The latest of the elder that was not replaced: the one that the categories follow';
ALTER TABLE ability_assessments ADD CONSTRAINT ability_assessments_bounded CHECK (level BETWEEN 0 AND 4 AND octet_length(content_hash) = 32
    AND char_length(first_assessor_name) BETWEEN 1 AND 100 AND char_length(second_assessor_name) BETWEEN 1 AND 100 AND char_length(replacement_reason) BETWEEN 1 AND 500);
ALTER TABLE ability_assessments ADD CONSTRAINT ability_assessments_two_assessors CHECK ((first_assessor_id IS NULL) <> (first_assessor_name IS NULL)
    AND (second_assessor_id IS NULL) <> (second_assessor_name IS NULL) AND first_assessor_id <> second_assessor_id AND first_assessor_name <> second_assessor_name);
ALTER TABLE ability_assessments ADD CONSTRAINT ability_assessments_replacement_whole CHECK ((replaces_id IS NULL) = (replacement_reason IS NULL) AND replaces_id <> id);
ALTER TABLE ability_assessments ADD CONSTRAINT ability_assessments_replaces_once UNIQUE (replaces_id);
ALTER TABLE ability_assessments ADD CONSTRAINT ability_assessments_elder_id_fkey FOREIGN KEY (elder_id) REFERENCES elders (id);
ALTER TABLE ability_assessments ADD CONSTRAINT ability_assessments_scheme_fkey FOREIGN KEY (scheme_code, scheme_version) REFERENCES assessment_schemes (code, version);
ALTER TABLE ability_assessments ADD CONSTRAINT ability_assessments_first_assessor_id_fkey FOREIGN KEY (first_assessor_id) REFERENCES users (id);
ALTER TABLE ability_assessments ADD CONSTRAINT ability_assessments_second_assessor_id_fkey FOREIGN KEY (second_assessor_id) REFERENCES users (id);
ALTER TABLE ability_assessments ADD CONSTRAINT ability_assessments_replaces_id_fkey FOREIGN KEY (replaces_id) REFERENCES ability_assessments (id);
ALTER TABLE ability_assessments ADD CONSTRAINT ability_assessments_recorded_by_fkey FOREIGN KEY (recorded_by) REFERENCES users (id);
CREATE UNIQUE INDEX ability_assessments_one_current ON ability_assessments (elder_id) WHERE current;
CREATE INDEX ability_assessments_by_elder ON ability_assessments (elder_id, assessed_at DESC, id DESC);
CREATE INDEX ability_assessments_due ON ability_assessments (reassess_on, id) WHERE current;
CREATE INDEX ability_assessments_by_scheme ON ability_assessments (scheme_code, scheme_version);
CREATE INDEX ability_assessments_by_first_assessor ON ability_assessments (first_assessor_id) WHERE first_assessor_id IS NOT NULL;
CREATE INDEX ability_assessments_by_second_assessor ON ability_assessments (second_assessor_id) WHERE second_assessor_id IS NOT NULL;
CREATE INDEX ability_assessments_by_recorder ON ability_assessments (recorded_by);

-- GB/T 42195-2022 as data/assessments/gb_t_42195_2022-1.json has it. The bureau confirms the cut-offs against the printed standard:
-- other ones are a new version from a date on, in a migration of its own.
INSERT INTO assessment_schemes (code, version, name_zh, name_en, valid_from, content) VALUES
    ('gb_t_42195_2022', 1, '老年人能力评估规范 GB/T 42195-2022', 'Ability assessment of older adults, GB/T 42195-2022', '2022-12-30', $scheme${
  "parts": [
    { "code": "self_care", "name_zh": "自理能力", "name_en": "self-care", "items": [
      { "code": "eating", "name_zh": "进食", "name_en": "eating", "max": 4 },
      { "code": "grooming", "name_zh": "修饰", "name_en": "grooming", "max": 4 },
      { "code": "bathing", "name_zh": "洗澡", "name_en": "bathing", "max": 4 },
      { "code": "dressing_upper", "name_zh": "穿/脱上衣", "name_en": "upper garments", "max": 4 },
      { "code": "dressing_lower", "name_zh": "穿/脱裤子和鞋袜", "name_en": "trousers, shoes and socks", "max": 4 },
      { "code": "bladder", "name_zh": "小便控制", "name_en": "bladder control", "max": 4 },
      { "code": "bowels", "name_zh": "大便控制", "name_en": "bowel control", "max": 4 },
      { "code": "toileting", "name_zh": "如厕", "name_en": "toileting", "max": 4 }
    ] },
    { "code": "mobility", "name_zh": "基础运动能力", "name_en": "basic mobility", "items": [
      { "code": "bed_mobility", "name_zh": "床上体位转移", "name_en": "moving in bed", "max": 4 },
      { "code": "transfer", "name_zh": "床椅转移", "name_en": "bed to chair", "max": 4 },
      { "code": "walking", "name_zh": "平地行走", "name_en": "walking on the level", "max": 4 },
      { "code": "stairs", "name_zh": "上下楼梯", "name_en": "stairs", "max": 3 }
    ] },
    { "code": "mental", "name_zh": "精神状态", "name_en": "mental state", "items": [
      { "code": "time_orientation", "name_zh": "时间定向", "name_en": "orientation in time", "max": 4 },
      { "code": "place_orientation", "name_zh": "空间定向", "name_en": "orientation in space", "max": 4 },
      { "code": "person_orientation", "name_zh": "人物定向", "name_en": "knowing people", "max": 4 },
      { "code": "memory", "name_zh": "记忆", "name_en": "memory", "max": 4 },
      { "code": "comprehension", "name_zh": "理解能力", "name_en": "comprehension", "max": 4 },
      { "code": "expression", "name_zh": "表达能力", "name_en": "expression", "max": 4 },
      { "code": "aggression", "name_zh": "攻击行为", "name_en": "aggression", "max": 1 },
      { "code": "depression", "name_zh": "抑郁症状", "name_en": "depressive symptoms", "max": 1 },
      { "code": "consciousness", "name_zh": "意识水平", "name_en": "consciousness", "max": 2 }
    ] },
    { "code": "senses", "name_zh": "感知觉与社会参与", "name_en": "senses and social participation", "items": [
      { "code": "vision", "name_zh": "视力", "name_en": "vision", "max": 2 },
      { "code": "hearing", "name_zh": "听力", "name_en": "hearing", "max": 2 },
      { "code": "daily_affairs", "name_zh": "执行日常事务", "name_en": "daily affairs", "max": 4 },
      { "code": "transport", "name_zh": "使用交通工具外出", "name_en": "going out by transport", "max": 3 },
      { "code": "social", "name_zh": "社会交往能力", "name_en": "social contact", "max": 4 }
    ] }
  ],
  "levels": [
    { "level": 0, "name_zh": "能力完好", "name_en": "ability intact", "from": 90, "category": null },
    { "level": 1, "name_zh": "能力轻度受损（轻度失能）", "name_en": "mildly disabled", "from": 66, "category": "partly_disabled" },
    { "level": 2, "name_zh": "能力中度受损（中度失能）", "name_en": "moderately disabled", "from": 46, "category": "partly_disabled" },
    { "level": 3, "name_zh": "能力重度受损（重度失能）", "name_en": "severely disabled", "from": 30, "category": "partly_disabled" },
    { "level": 4, "name_zh": "能力完全丧失（完全失能）", "name_en": "totally disabled", "from": 0, "category": "disabled" }
  ],
  "coma_level": 4,
  "raise": { "by": 1, "most": 4, "care_events": 2, "within_days": 30 },
  "reassess_months": 12
}
$scheme$);
