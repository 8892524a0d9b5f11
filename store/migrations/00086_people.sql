-- +goose Up

-- The people who sign in to the console. An agent is one of the members, and sees what is theirs.
CREATE TABLE people (
    workspace_id  uuid NOT NULL REFERENCES workspaces,
    person_id     uuid NOT NULL,
    name          text NOT NULL,
    email         text NOT NULL,
    email_key     text NOT NULL, -- in the one spelling by which addresses are compared
    role          text NOT NULL,
    member_id     uuid,
    password_hash text, -- argon2id
    seen_at       timestamptz,
    created_at    timestamptz NOT NULL,
    updated_at    timestamptz NOT NULL,
    removed_at    timestamptz,
    PRIMARY KEY (workspace_id, person_id),
    FOREIGN KEY (workspace_id, member_id) REFERENCES members,
    CONSTRAINT people_role_check CHECK (role IN ('admin', 'manager', 'agent')),
    CONSTRAINT people_agent_check CHECK (role <> 'agent' OR member_id IS NOT NULL OR removed_at IS NOT NULL)
);
CREATE UNIQUE INDEX people_email_key ON people (workspace_id, email_key) WHERE removed_at IS NULL;
-- Whoever signs in says who they are, and not in which workspace.
CREATE INDEX people_email ON people (email_key) WHERE removed_at IS NULL;
CREATE INDEX people_member ON people (workspace_id, member_id) WHERE member_id IS NOT NULL;

-- A link signs one person in once; of what is in it only a hash is kept.
CREATE TABLE sign_in_links (
    workspace_id uuid NOT NULL,
    token_hash   bytea NOT NULL,
    person_id    uuid NOT NULL,
    created_at   timestamptz NOT NULL,
    expires_at   timestamptz NOT NULL,
    PRIMARY KEY (workspace_id, token_hash),
    FOREIGN KEY (workspace_id, person_id) REFERENCES people
);
CREATE INDEX sign_in_links_person ON sign_in_links (workspace_id, person_id);
CREATE INDEX sign_in_links_expiry ON sign_in_links (expires_at);

-- A session is a person's, or stands for a key.
ALTER TABLE sessions
    ALTER COLUMN api_key_id DROP NOT NULL,
    ADD COLUMN person_id uuid,
    ADD FOREIGN KEY (workspace_id, person_id) REFERENCES people,
    ADD CONSTRAINT sessions_whose_check CHECK (num_nonnulls(api_key_id, person_id) = 1);
CREATE INDEX sessions_person ON sessions (workspace_id, person_id) WHERE person_id IS NOT NULL;

ALTER TABLE audit_log ADD COLUMN person_id uuid;
CREATE INDEX audit_log_person ON audit_log (workspace_id, person_id, entry_id) WHERE person_id IS NOT NULL;
-- Where a person changed a status, api_key_id has their id too: whoever reads it without knowing of people needs one.
ALTER TABLE status_changes ADD COLUMN person_id uuid;
