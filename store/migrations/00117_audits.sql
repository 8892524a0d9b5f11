-- +goose Up

-- What the last audits found, over all workspaces: a store.AuditReport each.
CREATE TABLE IF NOT EXISTS audits (
    at     timestamptz NOT NULL PRIMARY KEY,
    report jsonb NOT NULL
);
