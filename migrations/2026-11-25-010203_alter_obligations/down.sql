ALTER TABLE obligations DROP COLUMN explained_at;
ALTER TABLE obligations DROP COLUMN explained_by;
ALTER TABLE obligations DROP COLUMN missed_words;
ALTER TABLE obligations DROP COLUMN missed_reason;
DROP TYPE miss_reason;
