-- +goose Up

-- What a person's device keeps to sign them in. The credential is the public half, with what the device says of itself; the count goes
-- up with each use where the device counts, so that a copy of it is noticed.
CREATE TABLE passkeys (
    workspace_id  uuid NOT NULL,
    passkey_id    uuid NOT NULL,
    person_id     uuid NOT NULL,
    name          text NOT NULL,
    credential_id bytea NOT NULL,
    credential    jsonb NOT NULL,
    uses          bigint NOT NULL,
    created_at    timestamptz NOT NULL,
    last_used_at  timestamptz,
    copied_at     timestamptz, -- when it looked as if there were two of it; it signs nobody in since
    PRIMARY KEY (workspace_id, passkey_id),
    FOREIGN KEY (workspace_id, person_id) REFERENCES people
);
CREATE UNIQUE INDEX passkeys_credential_key ON passkeys (workspace_id, credential_id);
CREATE INDEX passkeys_person ON passkeys (workspace_id, person_id);

-- Who a person is to a provider of OpenID Connect, from when they first came from there.
CREATE TABLE person_identities (
    workspace_id uuid NOT NULL,
    person_id    uuid NOT NULL,
    issuer       text NOT NULL,
    subject      text NOT NULL,
    created_at   timestamptz NOT NULL,
    PRIMARY KEY (workspace_id, person_id, issuer),
    FOREIGN KEY (workspace_id, person_id) REFERENCES people
);
CREATE UNIQUE INDEX person_identities_subject_key ON person_identities (workspace_id, issuer, subject);
-- Whoever comes from there does not say to which workspace.
CREATE INDEX person_identities_subject ON person_identities (issuer, subject);

-- What was asked of a browser, until it answers: once, and soon. The browser holds the token, of which a hash is here. Before anybody
-- is signed in it is no workspace's, and workspace_id is zero.
CREATE TABLE sign_in_flows (
    workspace_id uuid NOT NULL,
    token_hash   bytea NOT NULL,
    kind         text NOT NULL,
    person_id    uuid, -- who is signed in, where that is needed
    state        jsonb NOT NULL,
    expires_at   timestamptz NOT NULL,
    PRIMARY KEY (workspace_id, token_hash)
);
CREATE INDEX sign_in_flows_expiry ON sign_in_flows (expires_at);
