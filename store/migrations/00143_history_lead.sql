-- +goose NO TRANSACTION
-- +goose Up

-- What was left half made by a break is made anew. Its condition is one that an outcome other than success fulfils by itself, as earlier
-- programs ask for what was undone.
DROP INDEX CONCURRENTLY IF EXISTS history_lead_uncopied;
CREATE INDEX CONCURRENTLY history_lead_uncopied ON history (workspace_id, lead_id) WHERE copied IS NULL OR outcome <> 'succeeded';
DROP INDEX CONCURRENTLY IF EXISTS history_lead;
