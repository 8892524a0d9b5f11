-- +goose NO TRANSACTION
-- +goose Up

-- What was left half made by a break is made anew.
DROP INDEX CONCURRENTLY IF EXISTS history_member_uncopied;
CREATE INDEX CONCURRENTLY history_member_uncopied ON history (workspace_id, member_id, history_id) WHERE copied IS NULL;
DROP INDEX CONCURRENTLY IF EXISTS history_member;
