-- A workspace whose lists are long, beside a small one. It reads as psql does: :'workspace' and :'mark', :'small' and
-- :'small_mark', and :rows, which is a million where lists are measured.
--
-- Row i of :rows came in i seconds after the first. What makes lists slow is in it: a name that nearly a third of the
-- people have, words that never meet, sources, groups, channels and statuses that are rare, and some that are common but
-- all of them long ago. Ids end with what they stand for: 01 to 50 are members and sources, 61 to 65 groups.

CREATE FUNCTION bench_id(kind text, i bigint) RETURNS uuid IMMUTABLE LANGUAGE sql
    RETURN ('01800000-0000-7000-8000-' || kind || lpad(i::text, 8, '0'))::uuid;
-- A UUIDv7 of a moment, the i-th of its second.
CREATE FUNCTION bench_at(at timestamptz, i bigint) RETURNS uuid IMMUTABLE LANGUAGE sql
    RETURN (lpad(to_hex((extract(epoch FROM at) * 1000)::bigint), 12, '0') || '70008000' || lpad(to_hex(i), 12, '0'))::uuid;
-- Picks between 0 and n - 1, low ones more often, the same for the same i.
CREATE FUNCTION bench_pick(i bigint, salt int, n int) RETURNS int IMMUTABLE LANGUAGE sql
    RETURN floor(power((abs(hashint8(i * 31 + salt)) % 1000000) / 1000000.0, 3) * n)::int;

INSERT INTO members (workspace_id, member_id, name, created_at, updated_at)
SELECT :'workspace'::uuid, bench_id('0000', i), 'Member ' || i, now(), now() FROM generate_series(1, 50) AS i;
INSERT INTO sources (workspace_id, source_id, name, created_at, updated_at)
SELECT :'workspace'::uuid, bench_id('0001', i), 'Source ' || i, now(), now() FROM generate_series(1, 50) AS i;
UPDATE sources SET merged_into = bench_id('0001', 3) WHERE source_id IN (bench_id('0001', 4), bench_id('0001', 50));

CREATE UNLOGGED TABLE bench AS
SELECT w.id AS w, w.mark, i, timestamptz '2025-10-09' + i * interval '1 second' AS at,
    bench_at(timestamptz '2025-10-09' + i * interval '1 second', i) AS id,
    i * 1.0 / w.rows AS part, -- of all that came before
    CASE WHEN i % 10 < 3 THEN 'Mohamed' WHEN i % 100 = 33 THEN 'Wilhelmina' WHEN i * 10 < w.rows AND i % 2 = 0 THEN 'Acme' ELSE 'First' || bench_pick(i, 1, 2000) END AS first,
    CASE WHEN i % 100 = 44 THEN 'Featherstone' ELSE 'Last' || bench_pick(i, 2, 20000) END AS last,
    CASE WHEN i % 5 > 0 THEN '6012' || lpad((i * 7919 % 10000000)::text, 7, '0') END AS phone,
    CASE WHEN i % 3 > 0 THEN 'user' || i || '@' || (ARRAY['gmail.com', 'gmail.com', 'yahoo.com', 'example.com'])[1 + bench_pick(i, 3, 4)] END AS email,
    CASE WHEN i % 50000 = 7 AND i * 2 < w.rows THEN bench_id('0001', 50) WHEN i * 10 < w.rows THEN bench_id('0001', 49)
        WHEN i % 10 > 1 THEN bench_id('0001', 1 + bench_pick(i, 4, 30)) END AS source,
    CASE WHEN i % 50000 = 9 THEN bench_id('0006', 65) WHEN i * 5 < w.rows THEN bench_id('0006', 64)
        WHEN i % 3 > 0 THEN bench_id('0006', 61 + bench_pick(i, 5, 3)) END AS "group",
    CASE WHEN i % 50000 = 11 THEN bench_id('0000', 50) ELSE bench_id('0000', 1 + bench_pick(i, 6, 49)) END AS member,
    CASE WHEN i % 50000 = 13 AND i * 2 < w.rows THEN 'lost' WHEN i * 10 > w.rows * 9 OR i % 50000 = 15 THEN 'new'
        ELSE (ARRAY['contacted', 'contacted', 'qualified', 'won'])[1 + bench_pick(i, 7, 4)] END AS status,
    CASE WHEN i % 50000 = 17 AND i * 2 < w.rows THEN 'queue' WHEN i % 10 = 7 THEN 'meta' WHEN i % 10 > 3 THEN 'import' ELSE 'api' END AS channel
FROM (VALUES (:'workspace'::uuid, :'mark', :rows::bigint), (:'small'::uuid, :'small_mark', 1000)) AS w (id, mark, rows)
CROSS JOIN LATERAL generate_series(1, w.rows) AS i;
ALTER TABLE bench ADD COLUMN words tsvector;
UPDATE bench SET words = array_to_tsvector(array_remove(ARRAY[mark || lower(first), mark || lower(last), mark || phone, mark || '<' || reverse(phone),
    mark || email, mark || split_part(split_part(email, '@', 2), '.', 1), CASE WHEN email <> '' THEN mark || 'com' END], NULL));

-- Indexes are made when the rows are there, which is faster.
CREATE TABLE bench_indexes AS
SELECT indexrelid::regclass::text AS name, pg_get_indexdef(indexrelid) AS definition FROM pg_index
WHERE NOT indisprimary AND indrelid IN ('leads'::regclass, 'assigned_leads'::regclass, 'customers'::regclass, 'history'::regclass,
    'opportunities'::regclass, 'audit_log'::regclass, 'notifications'::regclass, 'integration_events'::regclass,
    'pending_leads'::regclass, 'imports'::regclass);
DO $$ BEGIN EXECUTE (SELECT string_agg('DROP INDEX ' || name, ';') FROM bench_indexes); END $$;

INSERT INTO leads (workspace_id, lead_id, name, phone, phone_e164, email, email_key, words, fields, source_id, channel, origin,
    external_id, decisions, created_at, updated_at, integration_id, attribution, test, deleted_at)
SELECT w, id, first || ' ' || last, phone, '+' || phone, email, email, words, '{"interest": "condo"}', source, channel, channel,
    CASE WHEN i % 2 = 0 THEN 'e' || i END, 1, at, at,
    CASE WHEN channel = 'meta' THEN bench_id('0007', 1 + bench_pick(i, 8, 5)) END,
    CASE WHEN channel = 'meta' THEN jsonb_build_object('campaign_id', 'c' || bench_pick(i, 9, 200), 'adset_id', 's' || i % 1000,
        'ad_id', 'a' || i % 5000, 'form_id', 'f' || bench_pick(i, 10, 20)) END,
    i % 50000 = 19, CASE WHEN i % 100 = 21 THEN at END
FROM bench ORDER BY id;
-- One in twenty was edited and has words of its own, the others share those of their leads.
INSERT INTO assigned_leads (workspace_id, assigned_lead_id, member_id, source_lead_id, group_id, name, phone, phone_e164, email,
    words, fields, source_id, status, assigned_at, updated_at)
SELECT w, id, member, id, "group", first || ' ' || last, phone, '+' || phone, email, CASE WHEN i % 20 = 6 THEN words END, '{"interest": "condo"}', source, status, at, at
FROM bench ORDER BY id;
INSERT INTO customers (workspace_id, customer_id, lead_id, member_id, name, phone, phone_e164, email, words, fields, source_id,
    created_at, updated_at)
SELECT w, id, id, CASE WHEN i % 10 > 0 THEN member END, first || ' ' || last, phone, '+' || phone, email, words, '{}', source, at, at
FROM bench WHERE i % 5 = 4 OR i % 50000 IN (7, 11) OR i % 100 IN (33, 44) ORDER BY id;
INSERT INTO history (workspace_id, history_id, pending_id, lead_id, member_id, group_id, ring_version, turn, outcome, reason, trigger,
    due_at, accepted_at, at:copied_column)
SELECT w, id, id, id, member, "group", 1, i, CASE WHEN reason IS NULL THEN 'succeeded' ELSE 'failed' END, reason,
    CASE WHEN i % 50000 = 25 THEN 'distribute_now' WHEN i % 5 = 0 THEN 'scheduled' ELSE 'immediate' END, at, at, at:copied
FROM (SELECT *, CASE WHEN i % 50000 = 23 AND i * 2 < 1000000 THEN 'group_deleted' WHEN i % 100 = 24 THEN 'internal_error' WHEN i % 25 = 1 THEN 'already_assigned' END AS reason
    FROM bench) AS b ORDER BY id;
INSERT INTO opportunities (workspace_id, opportunity_id, customer_id, member_id, title, stage, source_id, created_at, updated_at)
SELECT w, id, id, CASE WHEN i % 10 > 0 THEN member END, 'A sale', CASE status WHEN 'lost' THEN 'rare' WHEN 'won' THEN 'closed' ELSE 'open' END, source, at, at
FROM bench ORDER BY id;
INSERT INTO audit_log (workspace_id, entry_id, api_key_id, operation, ids, fields, at)
SELECT w, id, bench_id('0008', 1 + bench_pick(i, 11, 5)), CASE WHEN i % 50000 = 27 THEN 'delete-group' ELSE 'patch-lead' END, ARRAY[id], '{}', at
FROM bench ORDER BY id;
INSERT INTO notifications (workspace_id, notification_id, member_id, kind, channel, assigned_lead_ids, state, send_at, created_at)
SELECT w, id, member, 'leads', 'email', ARRAY[id], CASE WHEN i % 50000 = 29 THEN 'owed' WHEN i % 50 = 1 THEN 'failed' ELSE 'sent' END, at, at
FROM bench ORDER BY id;
INSERT INTO integration_events (workspace_id, integration_id, event_id, received_at, headers, query, body, outcome, lead_ids)
SELECT w, bench_id('0007', CASE WHEN i % 50000 = 31 THEN 2 ELSE 1 END), id, at, '{}', '', '{}',
    CASE WHEN i % 50000 = 33 THEN 'test' WHEN i % 50000 = 35 THEN 'refused' WHEN i % 4 = 0 THEN 'duplicate' ELSE 'lead' END, ARRAY[id]
FROM bench ORDER BY id;
INSERT INTO pending_leads (workspace_id, pending_id, lead_id, group_id, member_id, assignment_id, trigger, pace, due_at, accepted_at)
SELECT w, id, id, "group", member, bench_id('0009', CASE WHEN i % 50000 = 37 THEN 3 WHEN i * 2 > 1000000 THEN 2 ELSE 1 END), 'scheduled', 'slow', at + interval '10 years', at
FROM bench ORDER BY id;
INSERT INTO imports (workspace_id, import_id, api_key_id, status, created_at, updated_at)
SELECT w, id, bench_id('0008', CASE WHEN i % 50000 = 39 THEN 2 ELSE 1 END), 'completed', at, at FROM bench ORDER BY id;

DO $$ DECLARE one text; BEGIN
    FOR one IN SELECT definition FROM bench_indexes LOOP EXECUTE one; END LOOP;
END $$;
DROP TABLE bench_indexes;
DROP TABLE bench;
