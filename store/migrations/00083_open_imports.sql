-- +goose NO TRANSACTION
-- +goose Up

-- Imports that are under way, or wait for their turn, are counted whenever one begins; a workspace may have very many that
-- have ended.
CREATE INDEX CONCURRENTLY IF NOT EXISTS imports_open ON imports (workspace_id, import_id) WHERE status IN ('running', 'waiting');
