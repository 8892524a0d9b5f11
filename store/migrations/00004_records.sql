-- +goose Up

-- Contacts beside their raw text: the phone in E.164, the address of e-mail as it is compared, and the words by which
-- people look for them, each marked with its workspace (see words.go).
ALTER TABLE leads
    ADD COLUMN phone_e164   text,
    ADD COLUMN email_key    text,
    ADD COLUMN words        tsvector,
    ADD COLUMN duplicate_of uuid; -- the earlier lead with the same phone or e-mail
CREATE INDEX leads_phone ON leads (workspace_id, phone_e164, created_at) WHERE phone_e164 IS NOT NULL;
CREATE INDEX leads_email ON leads (workspace_id, email_key, created_at) WHERE email_key IS NOT NULL;
CREATE INDEX leads_words ON leads USING gin (words);
CREATE INDEX leads_source ON leads (workspace_id, source_id, lead_id) WHERE source_id IS NOT NULL;
CREATE INDEX leads_external_id ON leads (workspace_id, external_id) WHERE external_id IS NOT NULL;
CREATE INDEX leads_created ON leads (workspace_id, created_at);

ALTER TABLE assigned_leads
    ADD COLUMN phone_e164 text,
    ADD COLUMN words      tsvector;
CREATE INDEX assigned_leads_words ON assigned_leads USING gin (words);
CREATE INDEX assigned_leads_source ON assigned_leads (workspace_id, source_id, assigned_lead_id) WHERE source_id IS NOT NULL;
CREATE INDEX assigned_leads_group ON assigned_leads (workspace_id, group_id, assigned_lead_id) WHERE group_id IS NOT NULL;
-- Nearly all copies begin with this status, and most stay with it.
CREATE INDEX assigned_leads_status ON assigned_leads (workspace_id, status, assigned_lead_id) WHERE status <> 'new';
CREATE INDEX assigned_leads_assigned ON assigned_leads (workspace_id, assigned_at);

ALTER TABLE workspaces
    ADD COLUMN statuses          text[] NOT NULL DEFAULT '{new,contacted,qualified,won,lost}', -- copies begin with the first
    ADD COLUMN won_status        text NOT NULL DEFAULT 'won', -- the one that counts as won
    ADD COLUMN duplicates_policy text NOT NULL DEFAULT 'allow',
    ADD COLUMN duplicates_days   integer NOT NULL DEFAULT 30;

-- Where the lead goes to the member who has an earlier one: that lead.
ALTER TABLE pending_leads ADD COLUMN same_as uuid;

-- A source that was merged into another, or deleted, stays for the records and the files that name it.
ALTER TABLE sources
    ADD COLUMN merged_into uuid,
    ADD COLUMN deleted_at  timestamptz;
DROP INDEX sources_name_key;
CREATE UNIQUE INDEX sources_name_key ON sources (workspace_id, lower(name)) WHERE merged_into IS NULL AND deleted_at IS NULL;
CREATE INDEX sources_merged ON sources (workspace_id, merged_into) WHERE merged_into IS NOT NULL;

CREATE TABLE status_changes (
    workspace_id     uuid NOT NULL,
    assigned_lead_id uuid NOT NULL,
    change_id        uuid NOT NULL,
    from_status      text NOT NULL,
    to_status        text NOT NULL,
    api_key_id       uuid NOT NULL, -- who
    member_id        uuid,          -- whose key it was, if it was a member's
    at               timestamptz NOT NULL,
    PRIMARY KEY (workspace_id, assigned_lead_id, change_id)
);

-- A customer comes from a member's copy or from a source lead; each of these converts once.
CREATE TABLE customers (
    workspace_id     uuid NOT NULL,
    customer_id      uuid NOT NULL,
    lead_id          uuid,
    assigned_lead_id uuid,
    member_id        uuid, -- who converted it, if that was a member
    name             text,
    email            text,
    phone            text,
    phone_e164       text,
    words            tsvector,
    fields           jsonb NOT NULL,
    source_id        uuid,
    notes            text NOT NULL DEFAULT '',
    created_at       timestamptz NOT NULL,
    updated_at       timestamptz NOT NULL,
    PRIMARY KEY (workspace_id, customer_id),
    CONSTRAINT customers_origin_check CHECK (num_nonnulls(lead_id, assigned_lead_id) = 1)
);
CREATE UNIQUE INDEX customers_lead_key ON customers (workspace_id, lead_id) WHERE lead_id IS NOT NULL;
CREATE UNIQUE INDEX customers_assigned_lead_key ON customers (workspace_id, assigned_lead_id) WHERE assigned_lead_id IS NOT NULL;
CREATE INDEX customers_member ON customers (workspace_id, member_id, customer_id) WHERE member_id IS NOT NULL;
CREATE INDEX customers_source ON customers (workspace_id, source_id, customer_id) WHERE source_id IS NOT NULL;
CREATE INDEX customers_words ON customers USING gin (words);
CREATE INDEX customers_created ON customers (workspace_id, created_at);

-- An opportunity is on a lead, a copy or a customer; once its lead or copy is converted it is on that customer too.
CREATE TABLE opportunities (
    workspace_id     uuid NOT NULL,
    opportunity_id   uuid NOT NULL,
    lead_id          uuid,
    assigned_lead_id uuid,
    customer_id      uuid,
    member_id        uuid, -- who sees it: whose copy or customer it is on
    title            text NOT NULL,
    stage            text NOT NULL,
    amount           numeric(19, 4),
    currency         text,
    source_id        uuid,
    created_at       timestamptz NOT NULL,
    updated_at       timestamptz NOT NULL,
    PRIMARY KEY (workspace_id, opportunity_id),
    CONSTRAINT opportunities_origin_check CHECK (num_nonnulls(lead_id, assigned_lead_id, customer_id) > 0)
);
CREATE INDEX opportunities_lead ON opportunities (workspace_id, lead_id, opportunity_id) WHERE lead_id IS NOT NULL;
CREATE INDEX opportunities_assigned_lead ON opportunities (workspace_id, assigned_lead_id, opportunity_id) WHERE assigned_lead_id IS NOT NULL;
CREATE INDEX opportunities_customer ON opportunities (workspace_id, customer_id, opportunity_id) WHERE customer_id IS NOT NULL;
CREATE INDEX opportunities_member ON opportunities (workspace_id, member_id, opportunity_id) WHERE member_id IS NOT NULL;
CREATE INDEX opportunities_source ON opportunities (workspace_id, source_id, opportunity_id) WHERE source_id IS NOT NULL;
