-- +goose NO TRANSACTION
-- +goose Up

-- Who can take a lead. absent_until is when a member's last absence is over, at the latest, so that only the absences of those who may
-- be away are read; counted says that cap_counts counts what they get.
ALTER TABLE members
    ADD COLUMN IF NOT EXISTS on_duty       boolean NOT NULL DEFAULT true,
    ADD COLUMN IF NOT EXISTS working_hours jsonb,
    ADD COLUMN IF NOT EXISTS caps          jsonb,
    ADD COLUMN IF NOT EXISTS absent_until  timestamptz,
    ADD COLUMN IF NOT EXISTS counted       boolean NOT NULL DEFAULT false;

-- An absence is from one instant to another, or of whole dates by the member's clock, the last one included.
CREATE TABLE IF NOT EXISTS absences (
    workspace_id uuid NOT NULL REFERENCES workspaces,
    absence_id   uuid NOT NULL,
    member_id    uuid NOT NULL,
    from_at      timestamptz,
    to_at        timestamptz,
    from_date    date,
    to_date      date,
    note         text NOT NULL DEFAULT '',
    created_at   timestamptz NOT NULL,
    PRIMARY KEY (workspace_id, absence_id),
    FOREIGN KEY (workspace_id, member_id) REFERENCES members,
    CHECK (num_nonnulls(from_at, to_at) = 2 AND num_nonnulls(from_date, to_date) = 0
        OR num_nonnulls(from_at, to_at) = 0 AND num_nonnulls(from_date, to_date) = 2)
);
CREATE INDEX IF NOT EXISTS absences_member ON absences (workspace_id, member_id);

-- What members with caps got in the windows that are under way, which begin at the times beside them, and how many of their copies are
-- open. group_id is the group whose receiver has the cap, or the nil UUID for a cap over all groups.
CREATE TABLE IF NOT EXISTS cap_counts (
    workspace_id uuid NOT NULL,
    member_id    uuid NOT NULL,
    group_id     uuid NOT NULL,
    hour_from    timestamptz NOT NULL,
    day_from     timestamptz NOT NULL,
    week_from    timestamptz NOT NULL,
    month_from   timestamptz NOT NULL,
    in_hour      integer NOT NULL,
    in_day       integer NOT NULL,
    in_week      integer NOT NULL,
    in_month     integer NOT NULL,
    open         integer NOT NULL,
    PRIMARY KEY (workspace_id, member_id, group_id),
    FOREIGN KEY (workspace_id, member_id) REFERENCES members
) WITH (fillfactor = 50);

ALTER TABLE groups
    ADD COLUMN IF NOT EXISTS when_away   text NOT NULL DEFAULT 'pass',
    ADD COLUMN IF NOT EXISTS owe_at_most integer NOT NULL DEFAULT 10,
    ADD COLUMN IF NOT EXISTS overflow    jsonb, -- null is to wait
    ADD COLUMN IF NOT EXISTS answer_within jsonb;

ALTER TABLE workspaces ADD COLUMN IF NOT EXISTS closed_statuses text[] NOT NULL DEFAULT '{won,lost}';

-- Until when a copy is to be answered, when it was, and since when it is no longer the member's.
ALTER TABLE assigned_leads
    ADD COLUMN IF NOT EXISTS answer_by    timestamptz,
    ADD COLUMN IF NOT EXISTS answered_at  timestamptz,
    ADD COLUMN IF NOT EXISTS withdrawn_at timestamptz;

-- A lead that nobody can take has waited since then, in no batch. overflowed are the groups that could not take it before.
ALTER TABLE pending_leads
    ADD COLUMN IF NOT EXISTS waiting_since timestamptz,
    ADD COLUMN IF NOT EXISTS overflowed    uuid[],
    ADD COLUMN IF NOT EXISTS tried         integer NOT NULL DEFAULT 0; -- how often it found only receivers who have it
ALTER TABLE history ADD COLUMN IF NOT EXISTS overflowed uuid[];
CREATE INDEX CONCURRENTLY IF NOT EXISTS pending_leads_waiting ON pending_leads (workspace_id, group_id, tried, accepted_at, pending_id)
    WHERE waiting_since IS NOT NULL AND batch_id IS NULL;
CREATE INDEX CONCURRENTLY IF NOT EXISTS pending_leads_waiting_due ON pending_leads (workspace_id, due_at, pending_id)
    WHERE waiting_since IS NOT NULL AND batch_id IS NULL;
CREATE INDEX CONCURRENTLY IF NOT EXISTS pending_leads_waiting_lead ON pending_leads (workspace_id, lead_id)
    WHERE waiting_since IS NOT NULL;
CREATE INDEX CONCURRENTLY IF NOT EXISTS pending_leads_to_arm ON pending_leads (workspace_id, due_at, pending_id)
    WHERE batch_id IS NULL AND waiting_since IS NULL;
DROP INDEX CONCURRENTLY IF EXISTS pending_leads_arm;

CREATE OR REPLACE VIEW pending AS
SELECT workspace_id, pending_id, batch_id, lead_id, group_id, member_id, ring_version, turn, skipped, moved_from,
    replanned_from, assignment_id, retry_of, refused, trigger, pace, due_at, accepted_at, false AS folded,
    waiting_since
FROM pending_leads
UNION ALL
SELECT b.workspace_id, (left(b.batch_id::text, 32) || lpad(to_hex(l.place), 4, '0'))::uuid, b.batch_id, l.lead_id, b.group_id,
    l.member_id, NULL, NULL, NULL, NULL, NULL, b.assignment_id, NULL, NULL, 'immediate', NULL, b.feed_at, b.feed_at, true, NULL
FROM batches b CROSS JOIN LATERAL unnest(b.lead_ids, b.member_ids) WITH ORDINALITY AS l (lead_id, member_id, place);

-- The groups for which leads wait, and when somebody may be able to take some: null where only a change by somebody makes that so.
-- batch_id are those that were let go last.
CREATE TABLE IF NOT EXISTS waiting_groups (
    workspace_id uuid NOT NULL,
    group_id     uuid NOT NULL,
    wake_at      timestamptz,
    batch_id     uuid,
    PRIMARY KEY (workspace_id, group_id),
    FOREIGN KEY (workspace_id, group_id) REFERENCES groups
);
CREATE INDEX IF NOT EXISTS waiting_groups_wake ON waiting_groups (wake_at) WHERE wake_at IS NOT NULL;
