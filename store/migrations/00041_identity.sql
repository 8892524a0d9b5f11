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
