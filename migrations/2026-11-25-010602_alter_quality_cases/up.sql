-- What comes of a quality case is one of a few things, with measures and, where they take time, a deadline.

CREATE TYPE quality_outcome AS ENUM ('talk', 'rectification', 'suspension', 'removal', 'unfounded');

ALTER TABLE quality_cases DROP CONSTRAINT quality_cases_closed_whole;
ALTER TABLE quality_cases DROP CONSTRAINT quality_cases_bounded;
ALTER TABLE quality_cases RENAME COLUMN outcome TO measures;
ALTER TABLE quality_cases ADD COLUMN outcome quality_outcome;
ALTER TABLE quality_cases ADD COLUMN measures_due date;
COMMENT ON COLUMN quality_cases.outcome IS '约谈, 限期整改, 暂停派单, 移出资源库, 不成立';
COMMENT ON COLUMN quality_cases.measures IS 'What was agreed or ordered, in a few sentences';
COMMENT ON COLUMN quality_cases.measures_due IS 'Until when: with a rectification and a suspension';
-- Before there was a list, the provider had been spoken to.
UPDATE quality_cases SET outcome = 'talk' WHERE status = 'closed';
ALTER TABLE quality_cases ADD CONSTRAINT quality_cases_closed_whole CHECK (
    (status = 'closed') = (closed_at IS NOT NULL) AND (closed_at IS NULL) = (closed_by IS NULL) AND (closed_at IS NULL) = (outcome IS NULL) AND (closed_at IS NULL) = (measures IS NULL));
ALTER TABLE quality_cases ADD CONSTRAINT quality_cases_measures_due CHECK (coalesce(outcome IN ('rectification', 'suspension'), false) = (measures_due IS NOT NULL));
ALTER TABLE quality_cases ADD CONSTRAINT quality_cases_bounded CHECK (char_length(reason) BETWEEN 1 AND 500 AND char_length(measures) BETWEEN 1 AND 1000);
