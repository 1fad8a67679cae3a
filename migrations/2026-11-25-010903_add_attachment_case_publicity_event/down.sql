-- PostgreSQL drops no value of an enum: the type is made anew. Links to what is no more go with it.
DELETE FROM attachment_links WHERE case_kind = 'publicity_event';
ALTER TYPE attachment_case RENAME TO attachment_case_before;
CREATE TYPE attachment_case AS ENUM ('visit', 'service_case', 'hazard', 'emergency', 'dispute', 'care_bed');
ALTER TABLE attachment_links ALTER COLUMN case_kind TYPE attachment_case USING case_kind::text::attachment_case;
DROP TYPE attachment_case_before;
