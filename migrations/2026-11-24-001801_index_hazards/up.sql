-- The figures ask for hazards by when they were cleared and when they were due.

CREATE INDEX hazards_by_clearing ON hazards (community_id, cleared_at);
CREATE INDEX hazards_by_deadline ON hazards (community_id, due_at);
