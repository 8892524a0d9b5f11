-- +goose Up

-- What leads that came in would have come to. spec is what was asked, result what came of it: nothing of a lead but its
-- id. The state is owed, done or failed; leased_until is until when a worker has it.
CREATE TABLE IF NOT EXISTS simulations (
    workspace_id  uuid NOT NULL REFERENCES workspaces,
    simulation_id uuid NOT NULL,
    state         text NOT NULL DEFAULT 'owed',
    spec          jsonb NOT NULL,
    result        jsonb,
    error         text,
    tries         integer NOT NULL DEFAULT 0,
    created_at    timestamptz NOT NULL,
    leased_until  timestamptz NOT NULL, -- while it is owed: until when nobody else takes it
    finished_at   timestamptz,
    PRIMARY KEY (workspace_id, simulation_id)
);
CREATE INDEX IF NOT EXISTS simulations_owed ON simulations (leased_until) WHERE state = 'owed';
CREATE INDEX IF NOT EXISTS simulations_age ON simulations (created_at);
