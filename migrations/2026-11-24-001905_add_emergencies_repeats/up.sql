-- An emergency that a person raises, and the second call while the first is open: a row of its own that says which call it is.

ALTER TABLE emergencies ADD COLUMN raised_by uuid;
ALTER TABLE emergencies ADD COLUMN note_sealed text;
ALTER TABLE emergencies ADD COLUMN repeat_of uuid;
ALTER TABLE emergencies ADD COLUMN call smallint NOT NULL DEFAULT 1;
COMMENT ON COLUMN emergencies.raised_by IS 'Null where the clock raised it: a shut door whose time was over';
COMMENT ON COLUMN emergencies.repeat_of IS 'The first emergency of the household that was still open: a repeat is worse, and is never merged into it';
COMMENT ON COLUMN emergencies.call IS 'Which call of the household it is while the first is open; 1 the first';
ALTER TABLE emergencies ADD CONSTRAINT emergencies_repeat_whole CHECK ((call = 1) = (repeat_of IS NULL) AND call >= 1 AND repeat_of <> id);
ALTER TABLE emergencies ADD CONSTRAINT emergencies_raised_by_fkey FOREIGN KEY (raised_by) REFERENCES users (id);
ALTER TABLE emergencies ADD CONSTRAINT emergencies_repeat_of_fkey FOREIGN KEY (repeat_of) REFERENCES emergencies (id);
CREATE INDEX emergencies_by_raiser ON emergencies (raised_by) WHERE raised_by IS NOT NULL;
CREATE INDEX emergencies_by_repeat ON emergencies (repeat_of) WHERE repeat_of IS NOT NULL;
