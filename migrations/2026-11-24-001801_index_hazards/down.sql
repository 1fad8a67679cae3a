DROP INDEX hazards_by_deadline;
DROP INDEX hazards_by_clearing;
