-- +goose NO TRANSACTION
-- Indexes on tables that may be large are built beside the program that runs. Should it be interrupted it can be run again.

-- +goose Up

-- external_id is the id of one lead of its origin. A lead that has the same id beside that one has it in also_id: it is
-- another person's, or it was deleted and came back as the one that holds the id now. former are a few bits each of the
-- addresses and numbers that a lead had before it was edited, by which it is known when it is pushed as it was.
ALTER TABLE leads
    ADD COLUMN IF NOT EXISTS also_id text,
    ADD COLUMN IF NOT EXISTS former  integer[];
CREATE INDEX CONCURRENTLY IF NOT EXISTS leads_also_id ON leads (workspace_id, also_id, origin, left(phone, 50)) WHERE also_id IS NOT NULL;

-- Names are one by a key that the program makes, the same under every locale. Two sources that have one name since before
-- there was a key are told apart by the second's id behind it.
ALTER TABLE sources ADD COLUMN IF NOT EXISTS name_key text;
CREATE UNIQUE INDEX CONCURRENTLY IF NOT EXISTS sources_name_key_key ON sources (workspace_id, name_key) WHERE merged_into IS NULL AND deleted_at IS NULL;
CREATE INDEX CONCURRENTLY IF NOT EXISTS sources_named ON sources (workspace_id, name_key);
DROP INDEX CONCURRENTLY IF EXISTS sources_name_key;
