-- +goose Up

-- Leads of which a platform has said no more than that they are there. Each is fetched from it, and the transaction that
-- stores it deletes its row. integrations says when that may go on.
CREATE TABLE fetches (
    workspace_id   uuid NOT NULL,
    integration_id uuid NOT NULL,
    external_id    text NOT NULL,
    event_id       uuid NOT NULL,    -- the delivery that told of it
    place          integer NOT NULL, -- in that delivery
    attribution    jsonb NOT NULL,   -- what the delivery said of it
    fetch_at       timestamptz,      -- a little ahead while a worker is at it; null where it was given up or withdrawn
    attempts       integer NOT NULL DEFAULT 0,
    error          text,
    withdrawn      boolean NOT NULL DEFAULT false, -- the platform took it back, perhaps before it told of it
    created_at     timestamptz NOT NULL,
    PRIMARY KEY (workspace_id, integration_id, external_id)
);
CREATE INDEX fetches_due ON fetches (workspace_id, integration_id, fetch_at) WHERE fetch_at IS NOT NULL;

ALTER TABLE integrations
    ADD COLUMN fetch_from       timestamptz,                 -- the platform is left in peace until then
    ADD COLUMN setbacks         integer NOT NULL DEFAULT 0,  -- in a row, from which fetch_from follows
    ADD COLUMN fed_at           timestamptz,                 -- last handed to the queue by the scheduler
    ADD COLUMN fed_times        integer NOT NULL DEFAULT 0,
    ADD COLUMN reconcile_at     timestamptz,                 -- when to look through the platform's lists next; null is never
    ADD COLUMN reconcile        jsonb,                       -- how far that is
    ADD COLUMN reconciled_until timestamptz;                 -- what came in before was looked for
CREATE INDEX integrations_fetching ON integrations (workspace_id, integration_id) WHERE kind IN ('meta', 'linkedin') AND deleted_at IS NULL;
