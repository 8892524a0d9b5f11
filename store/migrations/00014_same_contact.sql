-- +goose Up

-- Whoever has an earlier lead of a contact is looked for among all leads that were matched with it.
CREATE INDEX leads_duplicates ON leads (workspace_id, duplicate_of) WHERE duplicate_of IS NOT NULL;
