DROP TABLE policy_snoozes;
DROP TABLE policy_applications;
DROP TYPE policy_application_status;
