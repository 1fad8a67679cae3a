DROP TABLE team_members;
DROP TYPE team_role;
