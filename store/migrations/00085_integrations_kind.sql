-- +goose NO TRANSACTION
-- +goose Up

-- The scheduler looks for integrations whose leads are fetched. Which kinds those are, the program says: an index that names
-- them would be one more place to change with every platform.
CREATE INDEX CONCURRENTLY IF NOT EXISTS integrations_kind ON integrations (kind, workspace_id, integration_id) WHERE deleted_at IS NULL;
DROP INDEX CONCURRENTLY IF EXISTS integrations_fetching;
