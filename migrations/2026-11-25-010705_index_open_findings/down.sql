DROP INDEX emergencies_open;
DROP INDEX no_answer_cases_open;
