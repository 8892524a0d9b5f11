-- +goose Up

-- skipped says that a message was given up on because its member was inactive: they are told after all when they are back.
-- owed_at is since when a message is owed anew, null where it is since created_at.
ALTER TABLE notifications
    ADD COLUMN skipped boolean NOT NULL DEFAULT false,
    ADD COLUMN owed_at timestamptz;
UPDATE notifications SET skipped = true
    WHERE state = 'failed' AND kind = 'leads' AND error = 'the member was deactivated or removed before they were told';
CREATE INDEX notifications_skipped ON notifications (workspace_id, member_id) WHERE skipped;

-- Links in e-mails by which members get no more of them: a token that says nothing, good for a while. Those in e-mails that
-- were sent already, which had ids in them, are good for as long.
CREATE TABLE unsubscribe_links (
    workspace_id uuid NOT NULL,
    token_hash   bytea NOT NULL,
    member_id    uuid NOT NULL,
    created_at   timestamptz NOT NULL,
    expires_at   timestamptz NOT NULL,
    PRIMARY KEY (workspace_id, token_hash)
);
CREATE INDEX unsubscribe_links_hash ON unsubscribe_links (token_hash);
CREATE INDEX unsubscribe_links_age ON unsubscribe_links (expires_at);
INSERT INTO unsubscribe_links (workspace_id, token_hash, member_id, created_at, expires_at)
    SELECT workspace_id, sha256(convert_to(translate(
            encode(uuid_send(workspace_id) || uuid_send(member_id) || uuid_send(mail_token), 'base64'), '+/', '-_'), 'UTF8')),
        member_id, now(), now() + interval '90 days'
    FROM members WHERE email IS NOT NULL AND removed_at IS NULL;
