DROP TABLE care_bed_findings;
DROP TABLE care_bed_inspections;
DROP TYPE care_bed_finding_status;
DROP TYPE care_bed_inspection_kind;
