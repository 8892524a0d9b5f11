-- +goose Up

-- How often a worker began a batch that had been handed over again and did not come back from it, and when one did last: see
-- store.BeginAgain. A batch that ends the processes that act on it would do so for ever.
ALTER TABLE batches ADD COLUMN IF NOT EXISTS begun smallint NOT NULL DEFAULT 0, ADD COLUMN IF NOT EXISTS begun_at timestamptz;
