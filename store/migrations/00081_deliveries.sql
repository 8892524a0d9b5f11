-- +goose NO TRANSACTION
-- +goose Up

-- Of how many entries leads were made that were not there, and of which none could be made and why. null is what earlier
-- versions kept.
ALTER TABLE integration_events ADD COLUMN IF NOT EXISTS made integer, ADD COLUMN IF NOT EXISTS not_made jsonb;

-- Leads as their platform gave them, for deliveries that only tell of leads. They are read again where the delivery is.
CREATE TABLE IF NOT EXISTS fetched_answers (
    workspace_id   uuid NOT NULL,
    integration_id uuid NOT NULL,
    event_id       uuid NOT NULL,
    place          integer NOT NULL, -- in the delivery
    external_id    text NOT NULL,
    answer         bytea NOT NULL,
    lead_id        uuid,             -- null where none could be made
    created_at     timestamptz NOT NULL,
    PRIMARY KEY (workspace_id, integration_id, event_id, place)
);
CREATE INDEX IF NOT EXISTS fetched_answers_open ON fetched_answers (workspace_id, integration_id, external_id) WHERE lead_id IS NULL;

-- By what a sender says is the same delivery when it comes again, for as long as that holds.
CREATE TABLE IF NOT EXISTS delivery_keys (
    workspace_id   uuid NOT NULL,
    integration_id uuid NOT NULL,
    key_hash       bytea NOT NULL,
    request_hash   bytea NOT NULL, -- tells whether it was the same
    event_id       uuid NOT NULL,  -- the first delivery
    expires_at     timestamptz NOT NULL,
    PRIMARY KEY (workspace_id, integration_id, key_hash)
);
CREATE INDEX IF NOT EXISTS delivery_keys_age ON delivery_keys (expires_at);

-- When a person filled a form in is nothing that the person answered, and members are to see no time from before they had
-- the lead: platforms' times go from the fields of leads to what brought them in, and out of copies and customers. A part
-- at a time, each committed by itself, so that nobody waits; begun again it goes through what is left.
-- +goose StatementBegin
DO $$
DECLARE
    after  record;
    upto   record;
    moment CONSTANT text := '^\d{4}-\d\d-\d\d[T ]\d\d:\d\d(:\d\d(\.\d+)?)?( ?(Z|UTC|[+-]\d\d:?\d\d))?$';
BEGIN
    SELECT '00000000-0000-0000-0000-000000000000'::uuid AS w, '00000000-0000-0000-0000-000000000000'::uuid AS l INTO after;
    LOOP
        SELECT p.w, p.l INTO upto FROM (
            SELECT workspace_id AS w, lead_id AS l FROM leads WHERE (workspace_id, lead_id) > (after.w, after.l)
            ORDER BY workspace_id, lead_id LIMIT 1000
        ) p ORDER BY p.w DESC, p.l DESC LIMIT 1;
        EXIT WHEN NOT FOUND;

        UPDATE customers c SET fields = c.fields - k.name
        FROM leads l JOIN (VALUES ('google', 'lead_submit_time'), ('meta', 'created_time'), ('linkedin', 'submitted_at'),
            ('typeform', 'submitted_at'), ('snapchat', 'create_time')) AS k (channel, name) USING (channel)
            JOIN assigned_leads a ON a.workspace_id = l.workspace_id AND a.source_lead_id = l.lead_id
        WHERE (l.workspace_id, l.lead_id) > (after.w, after.l) AND (l.workspace_id, l.lead_id) <= (upto.w, upto.l)
            AND c.workspace_id = a.workspace_id AND c.assigned_lead_id = a.assigned_lead_id AND c.fields ->> k.name ~ moment;

        UPDATE assigned_leads a SET fields = a.fields - k.name
        FROM leads l JOIN (VALUES ('google', 'lead_submit_time'), ('meta', 'created_time'), ('linkedin', 'submitted_at'),
            ('typeform', 'submitted_at'), ('snapchat', 'create_time')) AS k (channel, name) USING (channel)
        WHERE (l.workspace_id, l.lead_id) > (after.w, after.l) AND (l.workspace_id, l.lead_id) <= (upto.w, upto.l)
            AND a.workspace_id = l.workspace_id AND a.source_lead_id = l.lead_id AND a.fields ->> k.name ~ moment;

        UPDATE leads l SET fields = l.fields - k.name,
            attribution = jsonb_build_object('submitted_at', l.fields ->> k.name) || coalesce(l.attribution, '{}')
        FROM (VALUES ('google', 'lead_submit_time'), ('meta', 'created_time'), ('linkedin', 'submitted_at'),
            ('typeform', 'submitted_at'), ('snapchat', 'create_time')) AS k (channel, name)
        WHERE (l.workspace_id, l.lead_id) > (after.w, after.l) AND (l.workspace_id, l.lead_id) <= (upto.w, upto.l)
            AND l.channel = k.channel AND l.fields ->> k.name ~ moment;

        COMMIT;
        after := upto;
    END LOOP;
END
$$;
-- +goose StatementEnd
