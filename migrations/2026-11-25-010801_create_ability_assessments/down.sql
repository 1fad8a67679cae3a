DROP TABLE ability_assessments;
DROP TABLE assessment_schemes;
DROP TYPE assessment_reason;
