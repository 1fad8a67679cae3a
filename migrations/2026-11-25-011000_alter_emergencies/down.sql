ALTER TABLE emergency_services DROP COLUMN stall_told;
DROP INDEX emergencies_unanswered;
