-- +goose Up

-- Who is signed in to the console. A browser holds a token that stands for an API key, of which only a hash is here: it
-- ends by itself, by signing out, or with the key.
CREATE TABLE sessions (
    workspace_id uuid NOT NULL REFERENCES workspaces,
    session_id   uuid NOT NULL,
    token_hash   bytea NOT NULL,
    api_key_id   uuid NOT NULL,
    address      text NOT NULL, -- from which somebody signed in
    browser      text NOT NULL, -- as it names itself
    created_at   timestamptz NOT NULL,
    seen_at      timestamptz NOT NULL, -- to the minute
    expires_at   timestamptz NOT NULL,
    PRIMARY KEY (workspace_id, session_id),
    FOREIGN KEY (workspace_id, api_key_id) REFERENCES api_keys
);
CREATE UNIQUE INDEX sessions_token_key ON sessions (workspace_id, token_hash);
CREATE INDEX sessions_api_key ON sessions (workspace_id, api_key_id);
CREATE INDEX sessions_expiry ON sessions (expires_at);
