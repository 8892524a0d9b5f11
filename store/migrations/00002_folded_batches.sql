-- +goose Up

-- Leads that go out at once stay for moments, by the hundred thousand. Their batch is folded: it holds them itself, in the
-- order in which they are dealt, and they have no rows in pending_leads. They were accepted, and are due, when it is to be
-- fed. Whoever acts on single leads of a batch unfolds it first; a batch that is unfolded, or never was folded, has no
-- lead_ids, and its size is only what it was made with: leads may have left it since. The arrays are kept out of line and
-- uncompressed, so that feeding a batch leaves them alone.
ALTER TABLE batches
    ADD COLUMN group_id uuid,
    ADD COLUMN assignment_id uuid,
    ADD COLUMN lead_ids uuid[],
    ADD COLUMN member_ids uuid[]; -- one a lead, where there is no group
ALTER TABLE batches
    ALTER COLUMN lead_ids SET STORAGE EXTERNAL,
    ALTER COLUMN member_ids SET STORAGE EXTERNAL;

-- All pending leads, folded or not. A folded lead's id is its batch's with the place, counted from one, in the last two
-- bytes, which batches leave empty: so it is the same however often it is looked at, and is kept when it is unfolded.
CREATE VIEW pending AS
SELECT workspace_id, pending_id, batch_id, lead_id, group_id, member_id, ring_version, turn, skipped, moved_from,
    replanned_from, assignment_id, retry_of, refused, trigger, pace, due_at, accepted_at, false AS folded
FROM pending_leads
UNION ALL
SELECT b.workspace_id, (left(b.batch_id::text, 32) || lpad(to_hex(l.place), 4, '0'))::uuid, b.batch_id, l.lead_id, b.group_id,
    l.member_id, NULL, NULL, NULL, NULL, NULL, b.assignment_id, NULL, NULL, 'immediate', NULL, b.feed_at, b.feed_at, true
FROM batches b CROSS JOIN LATERAL unnest(b.lead_ids, b.member_ids) WITH ORDINALITY AS l (lead_id, member_id, place);

-- The feeder finds the bulk batches that wait, and the reconciler those that were fed, however many there are.
CREATE INDEX batches_waiting ON batches (workspace_id, batch_id) WHERE queue = 'bulk' AND fed_at IS NULL;
CREATE INDEX batches_fed ON batches (queue, fed_at) WHERE fed_at IS NOT NULL;
