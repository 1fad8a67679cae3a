DROP TABLE emergencies;
DROP TABLE no_answer_steps;
DROP TABLE no_answer_cases;
DROP TYPE emergency_status;
DROP TYPE no_answer_step;
DROP TYPE no_answer_status;
