-- +goose Up

-- What the columns of an import's file became, and which of them whoever sent it said to be the name, the email, the phone and
-- the external id. Headings are the file's own words: they name no one.
ALTER TABLE imports
    ADD COLUMN mapping jsonb NOT NULL DEFAULT '{}',
    ADD COLUMN columns jsonb NOT NULL DEFAULT '[]';
