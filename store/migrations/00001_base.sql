-- +goose Up

-- Every table starts with workspace_id, and workspace_id leads every primary key and unique constraint, so that the
-- database can be sharded by it without change. Ids are UUIDv7 made by the program.

CREATE TABLE workspaces (
    workspace_id           uuid PRIMARY KEY,
    name                   text NOT NULL,
    timezone               text NOT NULL,
    region                 text NOT NULL,
    leads_distribution     boolean NOT NULL DEFAULT true,
    scheduled_distribution boolean NOT NULL DEFAULT true,
    distribution_from      integer NOT NULL DEFAULT 540, -- minutes after midnight, by the member's clock
    distribution_to        integer NOT NULL DEFAULT 1260,
    created_at             timestamptz NOT NULL,
    updated_at             timestamptz NOT NULL
);

CREATE TABLE members (
    workspace_id     uuid NOT NULL REFERENCES workspaces,
    member_id        uuid NOT NULL,
    name             text NOT NULL,
    email            text,
    telegram_chat_id text,
    timezone         text,
    active           boolean NOT NULL DEFAULT true,
    created_at       timestamptz NOT NULL,
    updated_at       timestamptz NOT NULL,
    removed_at       timestamptz,
    PRIMARY KEY (workspace_id, member_id)
);

CREATE TABLE sources (
    workspace_id  uuid NOT NULL REFERENCES workspaces,
    source_id     uuid NOT NULL,
    name          text NOT NULL,
    enabled       boolean NOT NULL DEFAULT true,
    for_leads     boolean NOT NULL DEFAULT true,
    for_customers boolean NOT NULL DEFAULT true,
    created_at    timestamptz NOT NULL,
    updated_at    timestamptz NOT NULL,
    PRIMARY KEY (workspace_id, source_id)
);
CREATE UNIQUE INDEX sources_name_key ON sources (workspace_id, lower(name));

CREATE TABLE groups (
    workspace_id uuid NOT NULL REFERENCES workspaces,
    group_id     uuid NOT NULL,
    name         text NOT NULL,
    method       text NOT NULL,
    version      integer NOT NULL,
    listed       jsonb NOT NULL, -- the receivers as the operator listed them, with weights
    created_at   timestamptz NOT NULL,
    updated_at   timestamptz NOT NULL,
    deleted_at   timestamptz,
    PRIMARY KEY (workspace_id, group_id)
);

-- A ring is what one version of a group's receivers becomes: its slots in turn order. Rings are never changed, so that
-- turn n of version v can always be traced to its receiver: slot n mod ring size.
CREATE TABLE rings (
    workspace_id uuid NOT NULL,
    group_id     uuid NOT NULL,
    version      integer NOT NULL,
    slots        jsonb NOT NULL,
    first_turn   bigint NOT NULL,
    owed_turns   bigint[] NOT NULL, -- turns below first_turn carried over from the version before
    settled_turn bigint NOT NULL,   -- every turn from first_turn up to here, exclusive, is in the ledger
    created_at   timestamptz NOT NULL,
    PRIMARY KEY (workspace_id, group_id, version),
    FOREIGN KEY (workspace_id, group_id) REFERENCES groups
);

-- The turn ledger. lead_id is null where the turn was passed over (nobody in its slot was active) or closed (a later
-- version of the ring carries it).
CREATE TABLE turns (
    workspace_id uuid NOT NULL,
    group_id     uuid NOT NULL,
    version      integer NOT NULL,
    turn         bigint NOT NULL,
    lead_id      uuid,
    PRIMARY KEY (workspace_id, group_id, version, turn)
);

CREATE TABLE leads (
    workspace_id uuid NOT NULL,
    lead_id      uuid NOT NULL,
    name         text,
    email        text,
    phone        text,
    fields       jsonb NOT NULL,
    source_id    uuid,
    channel      text NOT NULL,
    origin       text NOT NULL, -- whose external ids these are: an integration, an api key or a channel
    external_id  text,
    decisions    integer NOT NULL, -- pending leads written together with the lead
    created_at   timestamptz NOT NULL,
    updated_at   timestamptz NOT NULL,
    deleted_at   timestamptz,
    PRIMARY KEY (workspace_id, lead_id)
);
CREATE UNIQUE INDEX leads_external_id_key ON leads (workspace_id, origin, external_id) WHERE external_id IS NOT NULL;

CREATE TABLE assignments (
    workspace_id  uuid NOT NULL,
    assignment_id uuid NOT NULL,
    group_id      uuid,
    member_ids    uuid[] NOT NULL,
    pace          text,
    at            timestamptz,
    seed          bigint, -- what the plan drew its times from
    count         integer NOT NULL,
    created_at    timestamptz NOT NULL,
    PRIMARY KEY (workspace_id, assignment_id)
);

-- Batches are the outbox: 1..500 pending leads each, written in the same transaction as they are and deleted by the
-- transaction that acts on them. Small and busy, so vacuumed early.
CREATE TABLE batches (
    workspace_id uuid NOT NULL,
    batch_id     uuid NOT NULL,
    queue        text NOT NULL,
    size         integer NOT NULL,
    feed_at      timestamptz NOT NULL,
    fed_at       timestamptz, -- last handed to the queue; null while the feeder holds it back
    generation   integer NOT NULL DEFAULT 0,
    attempts     integer NOT NULL DEFAULT 0,
    error        text,
    PRIMARY KEY (workspace_id, batch_id)
) WITH (autovacuum_vacuum_scale_factor = 0.0, autovacuum_vacuum_threshold = 1000);

-- A pending lead is in a batch from the moment it is due, or soon will be; until then batch_id is null, and the scheduler
-- arms it within the horizon. One that was planned for a group has its member, and the turn that chose them, which is in
-- the ledger already.
CREATE TABLE pending_leads (
    workspace_id  uuid NOT NULL,
    pending_id    uuid NOT NULL,
    batch_id      uuid,
    lead_id       uuid NOT NULL,
    group_id      uuid,
    member_id     uuid,
    ring_version  integer,
    turn          bigint,
    skipped       jsonb, -- members who were passed over when the turn was dealt
    moved_from    uuid,  -- the member for whom it was planned, where an operator chose another
    replanned_from timestamptz, -- when it was to go out first, where an outage outlasted that day
    assignment_id uuid,
    retry_of      uuid,
    refused       text, -- a reason known when it was decided; it ends as failed history like any other
    trigger       text NOT NULL,
    pace          text,
    due_at        timestamptz NOT NULL,
    accepted_at   timestamptz NOT NULL,
    PRIMARY KEY (workspace_id, pending_id),
    CHECK (group_id IS NOT NULL OR member_id IS NOT NULL)
) WITH (autovacuum_vacuum_scale_factor = 0.02);
CREATE INDEX pending_leads_batch ON pending_leads (workspace_id, batch_id) WHERE batch_id IS NOT NULL;
CREATE INDEX pending_leads_arm ON pending_leads (workspace_id, due_at, pending_id) WHERE batch_id IS NULL;
-- Those that go out at once stay for moments, by the hundred thousand: they are found by their batch, and kept out of the
-- indexes of what is planned.
CREATE INDEX pending_leads_due ON pending_leads (workspace_id, due_at, pending_id) WHERE trigger <> 'immediate';
CREATE INDEX pending_leads_member ON pending_leads (workspace_id, member_id, due_at, pending_id) WHERE member_id IS NOT NULL AND trigger <> 'immediate';
CREATE INDEX pending_leads_group ON pending_leads (workspace_id, group_id, due_at, pending_id) WHERE group_id IS NOT NULL AND trigger <> 'immediate';

-- Pending leads that an operator deleted. What was decided about them is nowhere else: the turns that they spent stay
-- spent, and whoever counts leads must find them.
CREATE TABLE deleted_pending (
    workspace_id  uuid NOT NULL,
    pending_id    uuid NOT NULL,
    lead_id       uuid NOT NULL,
    group_id      uuid,
    member_id     uuid,
    ring_version  integer,
    turn          bigint,
    assignment_id uuid,
    retry_of      uuid,
    due_at        timestamptz NOT NULL,
    deleted_at    timestamptz NOT NULL,
    PRIMARY KEY (workspace_id, pending_id)
);

CREATE TABLE assigned_leads (
    workspace_id     uuid NOT NULL,
    assigned_lead_id uuid NOT NULL,
    member_id        uuid NOT NULL,
    source_lead_id   uuid NOT NULL,
    group_id         uuid,
    name             text,
    email            text,
    phone            text,
    fields           jsonb NOT NULL,
    source_id        uuid,
    status           text NOT NULL DEFAULT 'new',
    notes            text NOT NULL DEFAULT '',
    assigned_at      timestamptz NOT NULL,
    updated_at       timestamptz NOT NULL,
    PRIMARY KEY (workspace_id, assigned_lead_id)
);
CREATE UNIQUE INDEX assigned_leads_once_key ON assigned_leads (workspace_id, source_lead_id, member_id);
CREATE INDEX assigned_leads_member ON assigned_leads (workspace_id, member_id, assigned_lead_id);

CREATE TABLE history (
    workspace_id  uuid NOT NULL,
    history_id    uuid NOT NULL,
    pending_id    uuid NOT NULL,
    assignment_id uuid,
    retry_of      uuid,
    lead_id       uuid NOT NULL,
    member_id     uuid,
    group_id      uuid,
    ring_version  integer,
    turn          bigint,
    outcome       text NOT NULL,
    reason        text,
    moved_from    uuid, -- the member for whom it was planned, where an operator chose another
    replanned_from timestamptz, -- when it was to go out first, where an outage outlasted that day
    trigger       text NOT NULL,
    skipped       jsonb,
    detail        text, -- what the database said, for internal_error
    due_at        timestamptz NOT NULL,
    accepted_at   timestamptz NOT NULL,
    at            timestamptz NOT NULL,
    PRIMARY KEY (workspace_id, history_id)
);
CREATE INDEX history_lead ON history (workspace_id, lead_id);
CREATE INDEX history_member ON history (workspace_id, member_id, history_id);
CREATE INDEX history_group ON history (workspace_id, group_id, history_id);
-- What went out to a member on schedule counts against their pace for that day.
CREATE INDEX history_scheduled ON history (workspace_id, member_id, at) WHERE trigger = 'scheduled';
CREATE INDEX history_failed ON history (workspace_id, history_id) WHERE outcome = 'failed';

CREATE TABLE history_retries (
    workspace_id uuid NOT NULL,
    history_id   uuid NOT NULL,
    created_at   timestamptz NOT NULL,
    PRIMARY KEY (workspace_id, history_id)
);

CREATE TABLE imports (
    workspace_id uuid NOT NULL,
    import_id    uuid NOT NULL,
    api_key_id   uuid NOT NULL, -- who sent it: an integration reads its own imports only
    group_id     uuid,
    source_id    uuid,
    pace         text,
    status       text NOT NULL,
    rows         bigint NOT NULL DEFAULT 0,
    imported     bigint NOT NULL DEFAULT 0,
    duplicates   bigint NOT NULL DEFAULT 0,
    rejected     bigint NOT NULL DEFAULT 0,
    warnings     jsonb NOT NULL DEFAULT '[]',
    error        text,
    created_at   timestamptz NOT NULL,
    updated_at   timestamptz NOT NULL, -- moves with every committed chunk; an old one means its server died
    finished_at  timestamptz,
    PRIMARY KEY (workspace_id, import_id)
);

CREATE TABLE import_rejects (
    workspace_id uuid NOT NULL,
    import_id    uuid NOT NULL,
    line         bigint NOT NULL,
    reason       text NOT NULL,
    record       text NOT NULL,
    PRIMARY KEY (workspace_id, import_id, line)
);

CREATE TABLE api_keys (
    workspace_id uuid NOT NULL REFERENCES workspaces,
    api_key_id   uuid NOT NULL,
    key_hash     bytea NOT NULL,
    role         text NOT NULL,
    member_id    uuid,
    group_id     uuid,
    source_id    uuid,
    created_at   timestamptz NOT NULL,
    expires_at   timestamptz,
    revoked_at   timestamptz,
    last_used_at timestamptz,
    PRIMARY KEY (workspace_id, api_key_id),
    FOREIGN KEY (workspace_id, member_id) REFERENCES members,
    FOREIGN KEY (workspace_id, group_id) REFERENCES groups,
    FOREIGN KEY (workspace_id, source_id) REFERENCES sources
);
CREATE UNIQUE INDEX api_keys_hash_key ON api_keys (workspace_id, key_hash);

CREATE TABLE idempotency_keys (
    workspace_id uuid NOT NULL,
    key          text NOT NULL,
    request_hash bytea NOT NULL,
    status       integer NOT NULL,
    answer       json NOT NULL, -- json, not jsonb: a repeated request gets the very same bytes
    created_at   timestamptz NOT NULL,
    PRIMARY KEY (workspace_id, key)
);
CREATE INDEX idempotency_keys_age ON idempotency_keys (created_at);

-- Tasks the queue gave up on, copied here before the queue forgets them.
CREATE TABLE dead_tasks (
    workspace_id uuid NOT NULL, -- the nil UUID where the payload could not be read
    dead_task_id uuid NOT NULL,
    queue        text NOT NULL,
    task_id      text NOT NULL,
    type         text NOT NULL,
    payload      bytea NOT NULL,
    error        text NOT NULL,
    failed_at    timestamptz NOT NULL,
    PRIMARY KEY (workspace_id, dead_task_id)
);
CREATE UNIQUE INDEX dead_tasks_task_key ON dead_tasks (workspace_id, queue, task_id);
