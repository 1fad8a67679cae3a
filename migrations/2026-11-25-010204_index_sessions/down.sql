DROP INDEX refresh_tokens_by_session;
CREATE INDEX refresh_tokens_by_session ON refresh_tokens (session_id);
DROP INDEX sessions_by_user;
CREATE INDEX sessions_by_user ON sessions (user_id) WHERE ended_at IS NULL;
