-- What is open of a household is asked for whenever its risk is reckoned, and of an area whenever a worklist is shown.

CREATE INDEX no_answer_cases_open ON no_answer_cases (household_id) WHERE status = 'open';
CREATE INDEX emergencies_open ON emergencies (household_id) WHERE status <> 'closed';
