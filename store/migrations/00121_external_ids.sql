-- +goose NO TRANSACTION
-- +goose Up

-- The list by an external id goes through the origins, which are few, by the index that holds ids within each unique.
DROP INDEX CONCURRENTLY IF EXISTS leads_external_id;
