-- +goose Up

-- What an export was narrowed by: names of filters with their values, but for those that people are searched by.
ALTER TABLE audit_log ADD COLUMN filter text;

-- Where a key was used from last, newest first: [{"address", "at"}], ten at the most.
ALTER TABLE api_keys ADD COLUMN addresses jsonb NOT NULL DEFAULT '[]';

-- How many days a new key may last; null is for as long as it likes.
ALTER TABLE workspaces ADD COLUMN api_key_max_days integer CHECK (api_key_max_days BETWEEN 1 AND 3650);
