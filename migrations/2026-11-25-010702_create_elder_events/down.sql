DROP TABLE elder_events;
DROP TYPE elder_event_kind;
