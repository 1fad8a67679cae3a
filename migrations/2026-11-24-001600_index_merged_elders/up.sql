-- An enrolment list is held against every file of the city, the closed ones included: elders_id_hash_key knows only the others.

CREATE INDEX elders_merged_by_hash ON elders (id_hash) WHERE status = 'merged';
