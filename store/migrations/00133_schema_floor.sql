-- +goose Up

-- The oldest version of the schema whose programs still work with what the database has now. A migration that takes something away
-- raises it, by UPDATE schema_floor SET version = N, to the version from which on no program uses that: see store.CheckSchema.
CREATE TABLE IF NOT EXISTS schema_floor (
    version bigint NOT NULL
);
INSERT INTO schema_floor SELECT 0 WHERE NOT EXISTS (SELECT 1 FROM schema_floor);
