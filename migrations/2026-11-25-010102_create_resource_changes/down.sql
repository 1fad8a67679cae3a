DROP TABLE resource_changes;
DROP TYPE resource_change_status;
