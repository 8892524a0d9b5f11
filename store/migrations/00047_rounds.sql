-- +goose NO TRANSACTION
-- An index on a table that may be large is built beside the program that runs, which no transaction can do. Should it be
-- interrupted it can be run again.

-- +goose Up

-- A new version of a ring may finish the round that was under way in the old one: its turns are owed to those who had none
-- in it. Where only some of a slot's members wait for an owed turn they are in owed_to, one list a turn; null is all of the
-- slot. Members whose round an edit has cut short instead are in put_back, so that the next does not do it again.
ALTER TABLE rings
    ADD COLUMN IF NOT EXISTS owed_to jsonb,
    ADD COLUMN IF NOT EXISTS put_back uuid[] NOT NULL DEFAULT '{}';

-- Who is about to get a lead at once, without a turn, and has a row for it: there are few such rows.
CREATE INDEX CONCURRENTLY IF NOT EXISTS pending_leads_going ON pending_leads (workspace_id, lead_id) WHERE trigger = 'immediate' AND member_id IS NOT NULL;
