-- A service that is given again stalls like the first: which round it was said of stands beside the version of its order.
ALTER TABLE emergency_services ADD COLUMN stall_round smallint;
COMMENT ON COLUMN emergency_services.stall_round IS 'The round of the order of which stall_told is the version';
UPDATE emergency_services SET stall_round = 1 WHERE stall_told IS NOT NULL;
ALTER TABLE emergency_services ADD CONSTRAINT emergency_services_stall_whole CHECK ((stall_told IS NULL) = (stall_round IS NULL));
