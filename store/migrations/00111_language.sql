-- +goose Up

-- The languages of what people read, by their tags, as in ms. Which there are the program knows.
ALTER TABLE workspaces ADD COLUMN IF NOT EXISTS language text NOT NULL DEFAULT 'en';
-- Null is the workspace's. Whoever is a member reads in the member's: of the two, the pages and the messages of one would else differ.
ALTER TABLE members ADD COLUMN IF NOT EXISTS language text;
ALTER TABLE people ADD COLUMN IF NOT EXISTS language text;
