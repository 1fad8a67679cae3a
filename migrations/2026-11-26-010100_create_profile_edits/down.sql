DROP TABLE profile_conflicts;
DROP TABLE profile_edits;
DROP TYPE profile_decision;
DROP TYPE profile_conflict_shown;
DROP TYPE profile_field;
