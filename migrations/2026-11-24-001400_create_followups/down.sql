DROP TABLE followups;
DROP TYPE satisfaction;
DROP TYPE followup_channel;
