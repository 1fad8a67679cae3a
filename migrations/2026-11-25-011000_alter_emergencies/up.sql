-- What nobody has taken up in time is looked for every minute; and a service that stalls is said once for each time it does.

CREATE INDEX emergencies_unanswered ON emergencies (answer_due_at) WHERE status = 'raised';
ALTER TABLE emergency_services ADD COLUMN stall_told integer;
COMMENT ON COLUMN emergency_services.stall_told IS 'The version of the order of which it was said last that nobody can give it, or that an officer decides';
