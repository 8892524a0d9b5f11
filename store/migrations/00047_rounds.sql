-- +goose Up

-- A new version of a ring may finish the round that was under way in the old one: its turns are owed to those who had none
-- in it. Where only some of a slot's members wait for an owed turn they are in owed_to, one list a turn; null is all of the
-- slot. Members whose round an edit has cut short instead are in put_back, so that the next does not do it again.
ALTER TABLE rings
    ADD COLUMN owed_to jsonb,
    ADD COLUMN put_back uuid[] NOT NULL DEFAULT '{}';
