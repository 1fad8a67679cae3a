-- The eight items of the menu, their prices and response times.

CREATE TYPE service_class AS ENUM ('medical', 'rehabilitation', 'companionship', 'meal', 'cleaning', 'emergency', 'home_safety', 'policy');
CREATE TYPE deliverer AS ENUM ('steward', 'provider', 'either');

CREATE TABLE menu_items (
    id uuid PRIMARY KEY,
    slot smallint NOT NULL,
    code text NOT NULL,
    class service_class NOT NULL,
    name_zh text NOT NULL,
    name_en text NOT NULL,
    description_zh text NOT NULL,
    description_en text NOT NULL,
    delivered_by deliverer NOT NULL,
    qualification text,
    accept_minutes integer NOT NULL,
    arrive_minutes integer NOT NULL,
    finish_minutes integer NOT NULL,
    elder_minutes integer NOT NULL,
    follow_up_minutes integer NOT NULL,
    valid_from date NOT NULL,
    valid_to date,
    version integer NOT NULL,
    created_at timestamptz NOT NULL
);
COMMENT ON TABLE menu_items IS 'Exactly one item stands in each of the eight slots on any day; a replaced item keeps its row, and orders keep their item';
COMMENT ON COLUMN menu_items.qualification IS 'Kind of qualification that a provider must hold for it';
COMMENT ON COLUMN menu_items.accept_minutes IS 'Time a provider has to accept an offer';
COMMENT ON COLUMN menu_items.arrive_minutes IS 'From acceptance to the worker at the door';
COMMENT ON COLUMN menu_items.finish_minutes IS 'From arrival to completion';
COMMENT ON COLUMN menu_items.elder_minutes IS 'From the elder''s request to completion: the promise to the elder';
COMMENT ON COLUMN menu_items.follow_up_minutes IS 'From completion to the survey';
COMMENT ON COLUMN menu_items.valid_to IS 'First day on which another item stands in the slot';
ALTER TABLE menu_items ADD CONSTRAINT menu_items_slot_of_eight CHECK (slot BETWEEN 1 AND 8);
ALTER TABLE menu_items ADD CONSTRAINT menu_items_minutes CHECK (accept_minutes BETWEEN 1 AND 525600 AND arrive_minutes BETWEEN 1 AND 525600 AND finish_minutes BETWEEN 1 AND 525600 AND elder_minutes BETWEEN 1 AND 525600 AND follow_up_minutes BETWEEN 1 AND 525600);
ALTER TABLE menu_items ADD CONSTRAINT menu_items_valid_order CHECK (valid_to IS NULL OR valid_to > valid_from);
ALTER TABLE menu_items ADD CONSTRAINT menu_items_bounded CHECK (char_length(name_zh) BETWEEN 1 AND 50 AND char_length(name_en) BETWEEN 1 AND 100 AND char_length(description_zh) <= 1000 AND char_length(description_en) <= 1000);
CREATE UNIQUE INDEX menu_items_one_open ON menu_items (slot) WHERE valid_to IS NULL;
CREATE UNIQUE INDEX menu_items_slot_start ON menu_items (slot, valid_from);

CREATE TABLE item_prices (
    id uuid PRIMARY KEY,
    item_id uuid NOT NULL,
    valid_from date NOT NULL,
    market_fen bigint NOT NULL,
    below_market_fen bigint NOT NULL,
    subsidy_fen bigint NOT NULL,
    self_pay_fen bigint NOT NULL,
    created_at timestamptz NOT NULL
);
COMMENT ON TABLE item_prices IS 'Guide prices of an item from a date on, in fen';
COMMENT ON COLUMN item_prices.below_market_fen IS 'What a social elder pays (低偿)';
COMMENT ON COLUMN item_prices.subsidy_fen IS 'What the city pays for a safety-net elder';
COMMENT ON COLUMN item_prices.self_pay_fen IS 'What a safety-net elder pays';
ALTER TABLE item_prices ADD CONSTRAINT item_prices_from_key UNIQUE (item_id, valid_from);
ALTER TABLE item_prices ADD CONSTRAINT item_prices_sane CHECK (market_fen BETWEEN 0 AND 100000000 AND below_market_fen BETWEEN 0 AND market_fen AND subsidy_fen BETWEEN 0 AND 100000000 AND self_pay_fen BETWEEN 0 AND market_fen);
ALTER TABLE item_prices ADD CONSTRAINT item_prices_item_id_fkey FOREIGN KEY (item_id) REFERENCES menu_items (id);

-- The eight items that the service starts with. Ids are fixed so that every city's menu begins alike.
INSERT INTO menu_items (id, slot, code, class, name_zh, name_en, description_zh, description_en, delivered_by, qualification,
                        accept_minutes, arrive_minutes, finish_minutes, elder_minutes, follow_up_minutes, valid_from, valid_to, version, created_at) VALUES
    ('018b0000-0000-7000-8000-000000000001', 1, 'medical_nursing', 'medical', '医疗护理', 'medical nursing', '上门护理、测量血压血糖、陪诊取药', 'Nursing at home, blood pressure and sugar, company to the doctor', 'provider', 'medical_practice', 120, 1440, 240, 2880, 4320, '2023-10-01', NULL, 1, '2023-10-01T00:00:00+08'),
    ('018b0000-0000-7000-8000-000000000002', 2, 'rehabilitation', 'rehabilitation', '康复保健', 'rehabilitation and health care', '康复训练、保健按摩', 'Rehabilitation exercises and health massage', 'provider', 'medical_practice', 240, 2880, 240, 4320, 4320, '2023-10-01', NULL, 1, '2023-10-01T00:00:00+08'),
    ('018b0000-0000-7000-8000-000000000003', 3, 'companionship', 'companionship', '精神慰藉', 'emotional support', '陪伴聊天、心理疏导', 'Company, talk and counselling', 'either', NULL, 240, 2880, 240, 4320, 4320, '2023-10-01', NULL, 1, '2023-10-01T00:00:00+08'),
    ('018b0000-0000-7000-8000-000000000004', 4, 'meals', 'meal', '助餐', 'meal assistance', '送餐、上门做饭、幸福食堂用餐', 'Meals delivered, cooked at home or in the canteen', 'provider', 'food_service', 60, 240, 120, 720, 4320, '2023-10-01', NULL, 1, '2023-10-01T00:00:00+08'),
    ('018b0000-0000-7000-8000-000000000005', 5, 'cleaning', 'cleaning', '助洁', 'cleaning assistance', '居室清洁、洗衣、理发、助浴', 'Rooms, laundry, hair and bathing', 'provider', NULL, 240, 2880, 480, 4320, 4320, '2023-10-01', NULL, 1, '2023-10-01T00:00:00+08'),
    ('018b0000-0000-7000-8000-000000000006', 6, 'emergency', 'emergency', '紧急送医送药', 'emergency transport and medicine', '24小时紧急送医、送药', 'Transport to hospital and medicine, round the clock', 'either', NULL, 5, 30, 240, 60, 1440, '2023-10-01', NULL, 1, '2023-10-01T00:00:00+08'),
    ('018b0000-0000-7000-8000-000000000007', 7, 'home_safety', 'home_safety', '上门巡访与隐患排查', 'home visit and hazard check', '每周上门巡访，检查水、电、气、火；维修由服务组织完成', 'Weekly visit and check of gas, electricity, fire and water; repairs by a provider', 'either', NULL, 240, 2880, 480, 4320, 4320, '2023-10-01', NULL, 1, '2023-10-01T00:00:00+08'),
    ('018b0000-0000-7000-8000-000000000008', 8, 'policy_advice', 'policy', '政策宣传与建议', 'policy advice', '政策讲解、代为申请建议', 'Policies explained, advice on what to apply for', 'steward', NULL, 240, 2880, 240, 10080, 4320, '2023-10-01', NULL, 1, '2023-10-01T00:00:00+08');
INSERT INTO item_prices (id, item_id, valid_from, market_fen, below_market_fen, subsidy_fen, self_pay_fen, created_at) VALUES
    ('018b0000-0000-7000-8001-000000000001', '018b0000-0000-7000-8000-000000000001', '2023-10-01', 8000, 6000, 8000, 0, '2023-10-01T00:00:00+08'),
    ('018b0000-0000-7000-8001-000000000002', '018b0000-0000-7000-8000-000000000002', '2023-10-01', 8000, 6000, 8000, 0, '2023-10-01T00:00:00+08'),
    ('018b0000-0000-7000-8001-000000000003', '018b0000-0000-7000-8000-000000000003', '2023-10-01', 8000, 3000, 8000, 0, '2023-10-01T00:00:00+08'),
    ('018b0000-0000-7000-8001-000000000004', '018b0000-0000-7000-8000-000000000004', '2023-10-01', 2000, 1500, 1700, 300, '2023-10-01T00:00:00+08'),
    ('018b0000-0000-7000-8001-000000000005', '018b0000-0000-7000-8000-000000000005', '2023-10-01', 4000, 2700, 4000, 0, '2023-10-01T00:00:00+08'),
    ('018b0000-0000-7000-8001-000000000006', '018b0000-0000-7000-8000-000000000006', '2023-10-01', 10000, 0, 10000, 0, '2023-10-01T00:00:00+08'),
    ('018b0000-0000-7000-8001-000000000007', '018b0000-0000-7000-8000-000000000007', '2023-10-01', 5000, 3000, 5000, 0, '2023-10-01T00:00:00+08'),
    ('018b0000-0000-7000-8001-000000000008', '018b0000-0000-7000-8000-000000000008', '2023-10-01', 0, 0, 0, 0, '2023-10-01T00:00:00+08');
