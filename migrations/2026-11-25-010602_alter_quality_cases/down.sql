ALTER TABLE quality_cases DROP CONSTRAINT quality_cases_closed_whole;
ALTER TABLE quality_cases DROP CONSTRAINT quality_cases_bounded;
ALTER TABLE quality_cases DROP CONSTRAINT quality_cases_measures_due;
ALTER TABLE quality_cases DROP COLUMN measures_due;
ALTER TABLE quality_cases DROP COLUMN outcome;
ALTER TABLE quality_cases RENAME COLUMN measures TO outcome;
ALTER TABLE quality_cases ADD CONSTRAINT quality_cases_closed_whole CHECK ((status = 'closed') = (closed_at IS NOT NULL) AND (closed_at IS NULL) = (closed_by IS NULL) AND (closed_at IS NULL) = (outcome IS NULL));
ALTER TABLE quality_cases ADD CONSTRAINT quality_cases_bounded CHECK (char_length(reason) BETWEEN 1 AND 500 AND char_length(outcome) BETWEEN 1 AND 1000);
DROP TYPE quality_outcome;
