-- +goose NO TRANSACTION
-- +goose Up

-- Copies that say who they are as their leads do share the leads' words from here on, and have none of their own; copies that have
-- words are found by them as before. What was left half made by a break is made anew.

DROP INDEX CONCURRENTLY IF EXISTS assigned_leads_own_words;
CREATE INDEX CONCURRENTLY assigned_leads_own_words ON assigned_leads USING gin (words) WHERE words IS NOT NULL;
DROP INDEX CONCURRENTLY IF EXISTS assigned_leads_words;

-- A search goes from leads to the ids of their copies without reading these.
DROP INDEX CONCURRENTLY IF EXISTS assigned_leads_given_once_key;
CREATE UNIQUE INDEX CONCURRENTLY assigned_leads_given_once_key ON assigned_leads (workspace_id, source_lead_id, member_id) INCLUDE (assigned_lead_id);
DROP INDEX CONCURRENTLY IF EXISTS assigned_leads_once_key;
