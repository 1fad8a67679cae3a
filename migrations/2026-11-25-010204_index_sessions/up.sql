-- When a steward's phone was last in contact is when it last took a refresh token, in whichever session, over or not.

DROP INDEX sessions_by_user;
CREATE INDEX sessions_by_user ON sessions (user_id);
DROP INDEX refresh_tokens_by_session;
CREATE INDEX refresh_tokens_by_session ON refresh_tokens (session_id, issued_at);
