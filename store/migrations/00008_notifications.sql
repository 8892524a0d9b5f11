-- +goose Up

-- How members want to be told of their leads. notify_by null is the default: Telegram where linked, else e-mail. email_off
-- says why nothing is sent to the e-mail address although there is one: unsubscribed, or undeliverable. mail_token proves
-- that whoever unsubscribes got a message.
ALTER TABLE members
    ADD COLUMN notify_by  text[],
    ADD COLUMN quiet_from integer, -- minutes after midnight, by the member's clock
    ADD COLUMN quiet_to   integer,
    ADD COLUMN email_off  text,
    ADD COLUMN mail_token uuid NOT NULL DEFAULT gen_random_uuid();

-- Messages owed to members, written in the transaction that gives the copies they tell of. Messages to the same member that
-- wait at the same time become one, so a row is a message. What is sent stays as the record of it.
CREATE TABLE notifications (
    workspace_id      uuid NOT NULL,
    notification_id   uuid NOT NULL,
    member_id         uuid NOT NULL,
    kind              text NOT NULL, -- leads, or test
    channel           text NOT NULL,
    assigned_lead_ids uuid[] NOT NULL,
    state             text NOT NULL DEFAULT 'owed',
    send_at           timestamptz NOT NULL, -- when it is looked at next, while it is owed
    leased_until      timestamptz,          -- a worker has it in hand until then
    attempts          integer NOT NULL DEFAULT 0,
    error             text, -- what the provider said last
    fallback_from     text, -- the channel that it was to go by first
    created_at        timestamptz NOT NULL,
    sent_at           timestamptz,
    PRIMARY KEY (workspace_id, notification_id)
) WITH (autovacuum_vacuum_scale_factor = 0.02);
CREATE INDEX notifications_due ON notifications (send_at) WHERE state = 'owed';
CREATE INDEX notifications_owed ON notifications (workspace_id, member_id, channel) WHERE state = 'owed';
CREATE INDEX notifications_member ON notifications (workspace_id, member_id, notification_id);
CREATE INDEX notifications_open ON notifications (workspace_id, state, notification_id) WHERE state <> 'sent';

-- Links by which members connect their Telegram chat, each good once.
CREATE TABLE telegram_links (
    workspace_id uuid NOT NULL,
    token_hash   bytea NOT NULL,
    member_id    uuid NOT NULL,
    created_at   timestamptz NOT NULL,
    expires_at   timestamptz NOT NULL,
    used_by      text, -- the chat
    PRIMARY KEY (workspace_id, token_hash)
);
CREATE INDEX telegram_links_age ON telegram_links (expires_at);

-- What messages about a lead say, in workspaces that wrote their own.
CREATE TABLE message_templates (
    workspace_id uuid NOT NULL,
    template     text NOT NULL,
    updated_at   timestamptz NOT NULL,
    PRIMARY KEY (workspace_id)
);
