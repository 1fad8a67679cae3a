ALTER TABLE emergencies DROP COLUMN call;
ALTER TABLE emergencies DROP COLUMN repeat_of;
ALTER TABLE emergencies DROP COLUMN note_sealed;
ALTER TABLE emergencies DROP COLUMN raised_by;
