-- +goose NO TRANSACTION
-- +goose Up

-- A lead that is offered stays a pending lead, in no batch, until somebody accepts it: offered_at is since when the receivers of its turn
-- have been offered it, offer_by until when they are to accept it, and offer_alarm_at when something is to be done about that.
ALTER TABLE pending_leads
    ADD COLUMN IF NOT EXISTS offered_at     timestamptz,
    ADD COLUMN IF NOT EXISTS offer_by       timestamptz,
    ADD COLUMN IF NOT EXISTS offer_alarm_at timestamptz;
CREATE INDEX CONCURRENTLY IF NOT EXISTS pending_leads_offer_alarm ON pending_leads (offer_alarm_at) WHERE offer_alarm_at IS NOT NULL;

-- What members were offered. reassigned tells one offering of a lead from the next; member, group, version and turn say by which slot it
-- came. The state is open, accepted, taken by another one, lapsed or cancelled.
CREATE TABLE IF NOT EXISTS offers (
    workspace_id uuid NOT NULL,
    offer_id     uuid NOT NULL,
    pending_id   uuid NOT NULL,
    lead_id      uuid NOT NULL,
    group_id     uuid NOT NULL,
    ring_version integer NOT NULL,
    turn         bigint NOT NULL,
    reassigned   integer NOT NULL,
    member_id    uuid NOT NULL,
    state        text NOT NULL DEFAULT 'open',
    offered_at   timestamptz NOT NULL,
    answer_by    timestamptz,
    ended_at     timestamptz,
    assigned_lead_id uuid, -- the copy, where it was accepted
    PRIMARY KEY (workspace_id, offer_id),
    FOREIGN KEY (workspace_id, member_id) REFERENCES members
);
CREATE UNIQUE INDEX IF NOT EXISTS offers_pending ON offers (workspace_id, pending_id, member_id);
CREATE INDEX IF NOT EXISTS offers_member ON offers (workspace_id, member_id, offer_id);
CREATE INDEX IF NOT EXISTS offers_lead ON offers (workspace_id, lead_id, offer_id);
CREATE INDEX IF NOT EXISTS offers_open ON offers (workspace_id, member_id) WHERE state = 'open';

-- Messages tell of offers too: assigned_lead_ids are then theirs. One to somebody who is in charge and no member has their id as member_id.
ALTER TABLE notifications ADD COLUMN IF NOT EXISTS person_id uuid;

CREATE OR REPLACE VIEW pending AS
SELECT workspace_id, pending_id, batch_id, lead_id, group_id, member_id, ring_version, turn, skipped, moved_from,
    replanned_from, assignment_id, retry_of, refused, trigger, pace, due_at, accepted_at, false AS folded,
    waiting_since, offered_at, offer_by
FROM pending_leads
UNION ALL
SELECT b.workspace_id, (left(b.batch_id::text, 32) || lpad(to_hex(l.place), 4, '0'))::uuid, b.batch_id, l.lead_id, b.group_id,
    l.member_id, NULL, NULL, NULL, NULL, NULL, b.assignment_id, NULL, NULL, 'immediate', NULL, b.feed_at, b.feed_at, true, NULL, NULL, NULL
FROM batches b CROSS JOIN LATERAL unnest(b.lead_ids, b.member_ids) WITH ORDINALITY AS l (lead_id, member_id, place);
