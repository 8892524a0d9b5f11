-- +goose Up

-- Entries of history that made a copy have the copy's id from here on, and say so: they are found by the indexes of copies, and need none
-- of their own by member, group and lead. Those of earlier versions have ids of their own, and null.
ALTER TABLE history ADD COLUMN IF NOT EXISTS copied boolean;
