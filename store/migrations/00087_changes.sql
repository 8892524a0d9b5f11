-- +goose NO TRANSACTION
-- +goose Up

-- Programs follow what changed by ?sort=updated_at and ?updated_since=, from where they were. New leads go to the right end of these
-- indexes, in the order in which they come.
CREATE INDEX CONCURRENTLY IF NOT EXISTS leads_changes ON leads (workspace_id, updated_at, lead_id);
CREATE INDEX CONCURRENTLY IF NOT EXISTS assigned_leads_changes ON assigned_leads (workspace_id, updated_at, assigned_lead_id);
CREATE INDEX CONCURRENTLY IF NOT EXISTS customers_changes ON customers (workspace_id, updated_at, customer_id);
CREATE INDEX CONCURRENTLY IF NOT EXISTS opportunities_changes ON opportunities (workspace_id, updated_at, opportunity_id);
