DROP TABLE policy_versions;
DROP TABLE policies;
DROP TYPE policy_ability;
