-- +goose Up

-- Who leads the schedule: one row of the whole installation. Whoever makes the next term leads until its time is over.
CREATE TABLE IF NOT EXISTS scheduler_lease (
    one   boolean PRIMARY KEY DEFAULT true,
    term  bigint NOT NULL,
    until timestamptz NOT NULL -- by the database's clock
);
INSERT INTO scheduler_lease (term, until) VALUES (0, '-infinity') ON CONFLICT DO NOTHING;
