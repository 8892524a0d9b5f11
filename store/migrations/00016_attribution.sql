-- +goose NO TRANSACTION
-- +goose Up

-- Leads are found by what brought them in. Those that came in otherwise are in none of these indexes.
CREATE INDEX CONCURRENTLY leads_campaign ON leads (workspace_id, (attribution ->> 'campaign_id'), lead_id) WHERE attribution IS NOT NULL;
CREATE INDEX CONCURRENTLY leads_adset ON leads (workspace_id, (attribution ->> 'adset_id'), lead_id) WHERE attribution IS NOT NULL;
CREATE INDEX CONCURRENTLY leads_ad ON leads (workspace_id, (attribution ->> 'ad_id'), lead_id) WHERE attribution IS NOT NULL;
CREATE INDEX CONCURRENTLY leads_form ON leads (workspace_id, (attribution ->> 'form_id'), lead_id) WHERE attribution IS NOT NULL;
CREATE INDEX CONCURRENTLY leads_integration ON leads (workspace_id, integration_id, lead_id) WHERE integration_id IS NOT NULL;
CREATE INDEX CONCURRENTLY leads_test ON leads (workspace_id, lead_id) WHERE test;
