-- What makes a visit urgent, as data: nothing published fixes these weights, so that a city sets its own. An edition is never
-- changed; the newest is in force.

CREATE TABLE risk_editions (
    edition smallint PRIMARY KEY,
    reason text NOT NULL,
    made_by uuid,
    made_at timestamptz NOT NULL
);
COMMENT ON TABLE risk_editions IS 'Editions of the weights by which risk is reckoned; the newest is in force, and none is ever changed';
COMMENT ON COLUMN risk_editions.made_by IS 'Null for the edition that the service came with';
ALTER TABLE risk_editions ADD CONSTRAINT risk_editions_bounded CHECK (edition >= 1 AND char_length(reason) BETWEEN 1 AND 200);
ALTER TABLE risk_editions ADD CONSTRAINT risk_editions_made_by_fkey FOREIGN KEY (made_by) REFERENCES users (id);
CREATE INDEX risk_editions_by_maker ON risk_editions (made_by) WHERE made_by IS NOT NULL;

CREATE TABLE risk_weights (
    edition smallint NOT NULL,
    reason text NOT NULL,
    name_zh text NOT NULL,
    name_en text NOT NULL,
    weight smallint NOT NULL,
    times smallint NOT NULL,
    days smallint
);
COMMENT ON TABLE risk_weights IS 'What each reason adds to a risk of 0 to 100';
COMMENT ON COLUMN risk_weights.reason IS 'A category''s code, advanced_age, or what was found: hazard_major, condition_poor, missed_visit …';
COMMENT ON COLUMN risk_weights.times IS 'How often it counts at most; more than once for missed visits alone';
COMMENT ON COLUMN risk_weights.days IS 'For how many days it counts; null as long as it holds';
ALTER TABLE risk_weights ADD CONSTRAINT risk_weights_pkey PRIMARY KEY (edition, reason);
ALTER TABLE risk_weights ADD CONSTRAINT risk_weights_bounded CHECK (weight BETWEEN 0 AND 100 AND times BETWEEN 1 AND 10 AND days BETWEEN 1 AND 365);
ALTER TABLE risk_weights ADD CONSTRAINT risk_weights_edition_fkey FOREIGN KEY (edition) REFERENCES risk_editions (edition);

INSERT INTO risk_editions (edition, reason, made_at) VALUES (1, '初始权重', '2023-10-01T00:00:00+08');
INSERT INTO risk_weights (edition, reason, name_zh, name_en, weight, times, days) VALUES
    (1, 'living_alone', '独居', 'living alone', 30, 1, NULL),
    (1, 'empty_nest', '空巢', 'empty-nest', 15, 1, NULL),
    (1, 'advanced_age', '高龄', 'advanced age', 25, 1, NULL),
    (1, 'left_behind', '留守', 'left-behind', 15, 1, NULL),
    (1, 'disabled', '失能', 'disabled', 25, 1, NULL),
    (1, 'partly_disabled', '半失能', 'partly disabled', 15, 1, NULL),
    (1, 'dementia', '失智', 'with dementia', 25, 1, NULL),
    (1, 'severely_handicapped', '重残', 'severely handicapped', 15, 1, NULL),
    (1, 'special_family_planning', '计划生育特殊家庭', 'special family-planning family', 15, 1, NULL),
    (1, 'extreme_difficulty', '特困人员', 'person in extreme difficulty', 5, 1, NULL),
    (1, 'subsistence_allowance', '低保', 'subsistence-allowance recipient', 5, 1, NULL),
    (1, 'marginal_household', '低保边缘', 'marginal household', 5, 1, NULL),
    (1, 'rigid_expenses', '刚性支出困难', 'household with rigid expenses', 5, 1, NULL),
    (1, 'kinless', '孤寡', 'widowed or without kin', 5, 1, NULL),
    (1, 'entitled_veteran', '优抚对象', 'entitled', 5, 1, NULL),
    (1, 'hazard_major', '重大隐患未消除', 'open major hazard', 20, 1, NULL),
    (1, 'hazard_general', '一般隐患未消除', 'open general hazard', 10, 1, NULL),
    (1, 'hazard_advice', '安全建议未落实', 'open safety advice', 2, 1, NULL),
    (1, 'no_answer', '敲门无应答', 'nobody answered the door', 50, 1, NULL),
    (1, 'emergency', '突发事件', 'emergency', 80, 1, NULL),
    (1, 'condition_acute', '上次探访身体急症', 'acute at the last visit', 40, 1, 60),
    (1, 'condition_poor', '上次探访身体差', 'poor condition at the last visit', 20, 1, 60),
    (1, 'mood_distressed', '上次探访情绪很差', 'distressed at the last visit', 20, 1, 60),
    (1, 'mood_low', '上次探访情绪低落', 'low at the last visit', 10, 1, 60),
    (1, 'diet_insufficient', '上次探访饮食不足', 'too little to eat at the last visit', 15, 1, 60),
    (1, 'diet_irregular', '上次探访饮食不规律', 'irregular meals at the last visit', 5, 1, 60),
    (1, 'missed_visit', '漏访', 'visit missed', 10, 3, 90),
    (1, 'discharge', '出院', 'back from hospital', 20, 1, 30),
    (1, 'fall', '跌倒', 'fall', 25, 1, 30),
    (1, 'bereavement', '丧亲', 'bereavement', 20, 1, 90),
    (1, 'illness', '突发疾病', 'sudden illness', 20, 1, 30),
    (1, 'unreachable', '失去联系', 'out of reach', 15, 1, 7),
    (1, 'other_event', '其他重大事件', 'another grave event', 10, 1, 30),
    (1, 'campaign', '专项行动', 'campaign', 0, 1, NULL);
