-- +goose Up

-- An integration is an address at which an ad platform or a form delivers leads.
CREATE TABLE integrations (
    workspace_id   uuid NOT NULL REFERENCES workspaces,
    integration_id uuid NOT NULL,
    kind           text NOT NULL,
    name           text NOT NULL,
    enabled        boolean NOT NULL DEFAULT true,
    group_id       uuid,
    source_id      uuid,
    create_sources boolean NOT NULL DEFAULT false, -- a source that a lead names and nobody knows is made
    rate_limit     double precision,               -- requests a second; null means the server's setting
    token          text NOT NULL,                  -- the address is shown again: what authenticates beyond it is sealed
    token_hash     bytea NOT NULL,                 -- what it is looked up by, so that timing tells nothing of the token
    sealed         bytea,                          -- the secrets, encrypted
    settings       jsonb NOT NULL,
    warning        text,                           -- what was last left out of a lead, for whoever set it up
    warned_at      timestamptz,
    health         text NOT NULL DEFAULT 'ok',
    created_at     timestamptz NOT NULL,
    updated_at     timestamptz NOT NULL,
    deleted_at     timestamptz,
    PRIMARY KEY (workspace_id, integration_id)
);
CREATE UNIQUE INDEX integrations_token_key ON integrations (workspace_id, token_hash);

-- Every delivery to an integration as it came in, kept for a time, so that it can be looked at and read again.
CREATE TABLE integration_events (
    workspace_id   uuid NOT NULL,
    integration_id uuid NOT NULL,
    event_id       uuid NOT NULL,
    received_at    timestamptz NOT NULL,
    headers        jsonb NOT NULL, -- those that say how to read the body and who signed it
    query          text NOT NULL,
    body           bytea NOT NULL,
    outcome        text NOT NULL,
    detail         text,           -- a sentence for whoever set the integration up
    lead_ids       uuid[] NOT NULL, -- in the order of the delivery; null where an entry made none
    PRIMARY KEY (workspace_id, integration_id, event_id)
);
CREATE INDEX integration_events_age ON integration_events (received_at);
-- Those that somebody should look at are few among many.
CREATE INDEX integration_events_open ON integration_events (workspace_id, integration_id, event_id) WHERE outcome IN ('unmapped', 'held', 'refused');

ALTER TABLE leads
    ADD COLUMN integration_id uuid,
    ADD COLUMN test           boolean NOT NULL DEFAULT false, -- the platform's test: never distributed, never counted as real
    ADD COLUMN attribution    jsonb,                          -- ids and names of campaign, ad set, ad, form…, all of them text
    ADD COLUMN consent        jsonb;                          -- what the person agreed to or not, by its name
