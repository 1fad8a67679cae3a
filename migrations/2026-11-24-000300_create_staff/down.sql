DROP TABLE steward_assignments;
DROP TABLE refresh_tokens;
DROP TABLE sessions;
DROP TABLE users;
DROP TYPE steward_duty;
DROP TYPE user_role;
