-- +goose Up

-- By how many channels the member was to be told of a copy when they got it, null for copies that are older than this. The
-- audit holds it against the messages.
ALTER TABLE assigned_leads ADD COLUMN messages smallint;
