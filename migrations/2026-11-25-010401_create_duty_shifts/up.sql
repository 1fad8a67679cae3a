-- Who is on duty: for the city, and for each district of it. An emergency that the steward's team does not take up goes to them.

CREATE TABLE duty_shifts (
    id uuid PRIMARY KEY,
    division text NOT NULL,
    user_id uuid NOT NULL,
    starts_at timestamptz NOT NULL,
    ends_at timestamptz NOT NULL,
    desk text NOT NULL,
    phone_sealed text NOT NULL,
    planned_by uuid NOT NULL,
    planned_at timestamptz NOT NULL,
    ended_by uuid,
    end_reason text,
    version integer NOT NULL
);
COMMENT ON TABLE duty_shifts IS 'Who is on duty for the city or a district, from when to when; ended early or called off, never deleted';
COMMENT ON COLUMN duty_shifts.division IS 'Prefix of the city or of a district of it';
COMMENT ON COLUMN duty_shifts.ends_at IS 'Exclusive; a shift that was called off before it began ends as it begins';
ALTER TABLE duty_shifts ADD CONSTRAINT duty_shifts_sane CHECK (ends_at >= starts_at AND division ~ '^[1-9][0-9]{1,11}$' AND char_length(desk) BETWEEN 1 AND 100);
ALTER TABLE duty_shifts ADD CONSTRAINT duty_shifts_ended_whole CHECK ((ended_by IS NULL) = (end_reason IS NULL) AND char_length(end_reason) BETWEEN 1 AND 200);
ALTER TABLE duty_shifts ADD CONSTRAINT duty_shifts_user_id_fkey FOREIGN KEY (user_id) REFERENCES users (id);
ALTER TABLE duty_shifts ADD CONSTRAINT duty_shifts_planned_by_fkey FOREIGN KEY (planned_by) REFERENCES users (id);
ALTER TABLE duty_shifts ADD CONSTRAINT duty_shifts_ended_by_fkey FOREIGN KEY (ended_by) REFERENCES users (id);
CREATE INDEX duty_shifts_by_division ON duty_shifts (division, ends_at);
CREATE INDEX duty_shifts_by_end ON duty_shifts (ends_at, id);
CREATE INDEX duty_shifts_by_user ON duty_shifts (user_id, ends_at);
CREATE INDEX duty_shifts_by_planner ON duty_shifts (planned_by);
CREATE INDEX duty_shifts_by_ender ON duty_shifts (ended_by) WHERE ended_by IS NOT NULL;
