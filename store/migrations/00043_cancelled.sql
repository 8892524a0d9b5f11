-- +goose Up

-- What is deleted while it is pending ends in history like anything else, as cancelled. act_id is the entry of the audit log
-- that says who asked for it; null where nobody did, as with a person's erasure by an operator of an older version.
ALTER TABLE history ADD COLUMN act_id uuid;

-- What was deleted before moves there from deleted_pending, which nothing new is written to: a program of the version before
-- may still do so while this runs, so it goes in a later version. Each row gets an id that tells when it was deleted, by which
-- history is listed. Whom a turn was for first, where somebody moved the lead, was not kept, but the ring says it.
WITH moved AS (DELETE FROM deleted_pending RETURNING *)
INSERT INTO history (workspace_id, history_id, pending_id, assignment_id, retry_of, lead_id, member_id, group_id, ring_version,
    turn, moved_from, outcome, trigger, due_at, accepted_at, at)
SELECT d.workspace_id,
    (lpad(to_hex(floor(extract(epoch FROM d.deleted_at) * 1000)::bigint), 12, '0') || '7' || substr(md5(d.pending_id::text), 1, 3)
        || '8' || substr(md5(d.pending_id::text), 4, 15))::uuid,
    d.pending_id, d.assignment_id, d.retry_of, d.lead_id, d.member_id, d.group_id, d.ring_version, d.turn,
    CASE WHEN NOT slot.receivers @> jsonb_build_array(jsonb_build_object('member_id', d.member_id))
        THEN (slot.receivers -> 0 ->> 'member_id')::uuid END,
    'cancelled', CASE WHEN d.due_at > d.deleted_at THEN 'scheduled' ELSE 'immediate' END, d.due_at, d.deleted_at, d.deleted_at
FROM moved d
LEFT JOIN rings r ON (r.workspace_id, r.group_id, r.version) = (d.workspace_id, d.group_id, d.ring_version)
LEFT JOIN LATERAL (SELECT r.slots -> (d.turn % jsonb_array_length(r.slots))::int AS receivers) slot ON true;
