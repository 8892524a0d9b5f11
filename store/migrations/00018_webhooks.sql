-- +goose Up

-- A webhook is an address of somebody else's program, which is told of what happens to leads.
CREATE TABLE webhooks (
    workspace_id  uuid NOT NULL REFERENCES workspaces,
    webhook_id    uuid NOT NULL,
    url           text NOT NULL,
    events        text[] NOT NULL,
    enabled       boolean NOT NULL DEFAULT true,
    disabled_for  text,        -- why it was disabled without anybody asking; null where it was not
    sealed        bytea,       -- the secrets that sign what it is sent, encrypted
    failing_since timestamptz, -- it has taken nothing since then
    setbacks      integer NOT NULL DEFAULT 0, -- in a row, from which held_until follows
    held_until    timestamptz, -- it is left in peace until then
    fed_until     timestamptz, -- a worker has it in hand until then
    created_at    timestamptz NOT NULL,
    updated_at    timestamptz NOT NULL,
    deleted_at    timestamptz,
    PRIMARY KEY (workspace_id, webhook_id)
);

-- What webhooks are told, written in the transaction in which it happens. A row has ids only: what it tells of them is read
-- when it is sent. A delivery's id is the event's, so that it is owed once: that of the lead it was received as, of the
-- history row of a distribution, or one of its own. What was sent stays as the record of it for a while.
CREATE TABLE webhook_deliveries (
    workspace_id     uuid NOT NULL,
    webhook_id       uuid NOT NULL,
    delivery_id      uuid NOT NULL,
    event            text NOT NULL,
    lead_id          uuid NOT NULL,
    assigned_lead_id uuid,
    changed          text[],               -- the names of the fields that were
    happened_at      timestamptz NOT NULL,
    state            text NOT NULL DEFAULT 'owed',
    send_at          timestamptz NOT NULL, -- when it is tried next, while it is owed
    attempts         integer NOT NULL DEFAULT 0, -- since it was owed first, or last anew
    refusals         integer NOT NULL DEFAULT 0, -- those that were not taken: a worker that dies in between is no refusal
    status           integer,              -- HTTP's, of the last answer
    error            text,
    sent_at          timestamptz,
    PRIMARY KEY (workspace_id, webhook_id, delivery_id)
) WITH (autovacuum_vacuum_scale_factor = 0.02);
CREATE INDEX webhook_deliveries_owed ON webhook_deliveries (workspace_id, webhook_id, send_at) WHERE state = 'owed';
CREATE INDEX webhook_deliveries_failed ON webhook_deliveries (workspace_id, webhook_id, delivery_id) WHERE state = 'failed';
CREATE INDEX webhook_deliveries_age ON webhook_deliveries USING brin (happened_at);
