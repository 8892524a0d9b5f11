-- +goose NO TRANSACTION
-- +goose Up

-- When a member means to come back to a copy, and when they are reminded of that: null once they were, and where that time was past
-- when it was set.
ALTER TABLE assigned_leads
    ADD COLUMN IF NOT EXISTS follow_up_at timestamptz,
    ADD COLUMN IF NOT EXISTS remind_at timestamptz;
CREATE INDEX CONCURRENTLY IF NOT EXISTS assigned_leads_remind ON assigned_leads (remind_at) WHERE remind_at IS NOT NULL;

-- The link in a message signs its member in to the one copy that the message tells of, for a day; of what is in it only a hash is kept.
ALTER TABLE workspaces ADD COLUMN IF NOT EXISTS message_links boolean NOT NULL DEFAULT true;
CREATE TABLE IF NOT EXISTS message_links (
    workspace_id     uuid NOT NULL REFERENCES workspaces,
    token_hash       bytea NOT NULL,
    member_id        uuid NOT NULL,
    assigned_lead_id uuid NOT NULL,
    created_at       timestamptz NOT NULL,
    expires_at       timestamptz NOT NULL,
    PRIMARY KEY (workspace_id, token_hash),
    FOREIGN KEY (workspace_id, member_id) REFERENCES members
);
CREATE INDEX IF NOT EXISTS message_links_member ON message_links (workspace_id, member_id);
CREATE INDEX IF NOT EXISTS message_links_expiry ON message_links (expires_at);

-- A session is a person's, stands for a key, or was begun by such a link, with which it ends.
ALTER TABLE sessions
    ADD COLUMN IF NOT EXISTS link_hash bytea,
    DROP CONSTRAINT IF EXISTS sessions_whose_check,
    DROP CONSTRAINT IF EXISTS sessions_link_fkey,
    ADD CONSTRAINT sessions_whose_check CHECK (num_nonnulls(api_key_id, person_id, link_hash) = 1),
    ADD CONSTRAINT sessions_link_fkey FOREIGN KEY (workspace_id, link_hash) REFERENCES message_links ON DELETE CASCADE;
CREATE INDEX IF NOT EXISTS sessions_link ON sessions (workspace_id, link_hash) WHERE link_hash IS NOT NULL;
