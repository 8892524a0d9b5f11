-- +goose NO TRANSACTION
-- +goose Up

-- What was left half made by a break is made anew.
DROP INDEX CONCURRENTLY IF EXISTS history_group_uncopied;
CREATE INDEX CONCURRENTLY history_group_uncopied ON history (workspace_id, group_id, history_id) WHERE copied IS NULL;
DROP INDEX CONCURRENTLY IF EXISTS history_group;
