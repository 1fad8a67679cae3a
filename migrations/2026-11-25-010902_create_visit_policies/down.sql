DROP TABLE visit_policies;
