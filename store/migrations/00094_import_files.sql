-- +goose Up

-- What an import's file was called where it came from, empty where its sender does not say.
ALTER TABLE imports ADD COLUMN IF NOT EXISTS file_name text NOT NULL DEFAULT '';
