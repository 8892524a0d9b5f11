-- +goose NO TRANSACTION
-- +goose Up

-- A group's failures by their reason, newest first. What succeeded has no entry in it.
DROP INDEX CONCURRENTLY IF EXISTS history_failed_group_reason;
CREATE INDEX CONCURRENTLY history_failed_group_reason ON history (workspace_id, group_id, reason, history_id) WHERE outcome = 'failed';
