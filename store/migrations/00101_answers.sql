-- +goose NO TRANSACTION
-- +goose Up

-- alarm_at is when something is to be done about a copy that nobody has answered: at half of its time its member is reminded, at
-- answer_by it passes. Null where there is nothing to do. reassigned is how often the lead had been taken back before.
ALTER TABLE assigned_leads
    ADD COLUMN IF NOT EXISTS alarm_at   timestamptz,
    ADD COLUMN IF NOT EXISTS reassigned integer NOT NULL DEFAULT 0;
CREATE INDEX CONCURRENTLY IF NOT EXISTS assigned_leads_alarm ON assigned_leads (alarm_at) WHERE alarm_at IS NOT NULL;

-- withdraws are the copies that are taken back when somebody else can take the lead.
ALTER TABLE pending_leads
    ADD COLUMN IF NOT EXISTS withdraws  uuid[],
    ADD COLUMN IF NOT EXISTS reassigned integer NOT NULL DEFAULT 0;

-- Members ask for the oldest lead that waits for a group.
CREATE INDEX CONCURRENTLY IF NOT EXISTS pending_leads_waiting_oldest ON pending_leads (workspace_id, group_id, accepted_at, pending_id)
    WHERE waiting_since IS NOT NULL AND batch_id IS NULL;
