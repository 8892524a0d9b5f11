-- +goose NO TRANSACTION
-- +goose Up

-- Lists go by id, and an id tells when a record was made: a range of times is read as one of ids. Each filter by which a
-- list may be narrowed to few of very many records has an index that goes on with the id.
CREATE INDEX CONCURRENTLY IF NOT EXISTS leads_channel ON leads (workspace_id, channel, lead_id);
CREATE INDEX CONCURRENTLY IF NOT EXISTS assigned_leads_by_status ON assigned_leads (workspace_id, status, assigned_lead_id);
CREATE INDEX CONCURRENTLY IF NOT EXISTS history_reason ON history (workspace_id, reason, history_id) WHERE reason IS NOT NULL;
CREATE INDEX CONCURRENTLY IF NOT EXISTS opportunities_stage ON opportunities (workspace_id, stage, opportunity_id);
CREATE INDEX CONCURRENTLY IF NOT EXISTS imports_key ON imports (workspace_id, api_key_id, import_id);
CREATE INDEX CONCURRENTLY IF NOT EXISTS integration_events_outcome ON integration_events (workspace_id, integration_id, outcome, event_id) WHERE outcome <> 'lead';
CREATE INDEX CONCURRENTLY IF NOT EXISTS pending_leads_assignment ON pending_leads (workspace_id, assignment_id, due_at, pending_id) WHERE assignment_id IS NOT NULL AND trigger <> 'immediate';
CREATE INDEX CONCURRENTLY IF NOT EXISTS pending_leads_lead ON pending_leads (workspace_id, lead_id) WHERE trigger <> 'immediate';

-- These have no use any more.
DROP INDEX CONCURRENTLY IF EXISTS leads_created;
DROP INDEX CONCURRENTLY IF EXISTS assigned_leads_assigned;
DROP INDEX CONCURRENTLY IF EXISTS assigned_leads_status;
DROP INDEX CONCURRENTLY IF EXISTS customers_created;
DROP INDEX CONCURRENTLY IF EXISTS history_at;
DROP INDEX CONCURRENTLY IF EXISTS audit_log_at;
