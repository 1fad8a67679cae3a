ALTER TABLE emergency_services DROP COLUMN stall_round;
