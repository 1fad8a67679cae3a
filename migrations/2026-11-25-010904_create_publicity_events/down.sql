DROP TABLE publicity_event_policies;
DROP TABLE publicity_events;
DROP TYPE publicity_channel;
