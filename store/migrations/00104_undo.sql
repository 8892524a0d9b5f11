-- +goose NO TRANSACTION
-- +goose Up

-- Within how many minutes a run can be undone; 0 is never.
ALTER TABLE workspaces ADD COLUMN IF NOT EXISTS undo_minutes integer NOT NULL DEFAULT 60;

-- How often turns of a ring were given back: they are in the ledger no more, and a cursor from before does not know of them.
ALTER TABLE rings ADD COLUMN IF NOT EXISTS returns integer NOT NULL DEFAULT 0;

-- For which decision a turn was passed over, so that it is given back with what the decision came to.
ALTER TABLE turns ADD COLUMN IF NOT EXISTS passed_for uuid;
CREATE INDEX CONCURRENTLY IF NOT EXISTS turns_passed_for ON turns (workspace_id, passed_for) WHERE passed_for IS NOT NULL;

-- A copy that was undone is of no lead any more, and so nobody's who is looked for by the lead: it may be given again, to its member
-- too. undone_lead_id is the lead that it was of.
ALTER TABLE assigned_leads ADD COLUMN IF NOT EXISTS undone_lead_id uuid;
ALTER TABLE assigned_leads ALTER COLUMN source_lead_id DROP NOT NULL;
CREATE INDEX CONCURRENTLY IF NOT EXISTS assigned_leads_undone ON assigned_leads (workspace_id, undone_lead_id) WHERE undone_lead_id IS NOT NULL;

-- The import that a lead came in with.
ALTER TABLE leads ADD COLUMN IF NOT EXISTS import_id uuid;
CREATE INDEX CONCURRENTLY IF NOT EXISTS leads_import ON leads (workspace_id, import_id, lead_id) WHERE import_id IS NOT NULL;

-- What is being, or was, undone: an assignment, or an import. It is done in parts, each a transaction that says here how far it is.
CREATE TABLE IF NOT EXISTS undos (
    workspace_id uuid NOT NULL,
    run_id       uuid NOT NULL, -- the assignment's or the import's
    kind         text NOT NULL,
    state        text NOT NULL,
    after_lead   uuid,          -- of an import the lead behind which the next part begins
    deleted      integer NOT NULL DEFAULT 0,
    withdrawn    integer NOT NULL DEFAULT 0,
    kept         integer NOT NULL DEFAULT 0,
    leads_deleted integer NOT NULL DEFAULT 0,
    leads_kept   integer NOT NULL DEFAULT 0,
    act_id       uuid,
    created_at   timestamptz NOT NULL,
    updated_at   timestamptz NOT NULL,
    done_at      timestamptz,
    PRIMARY KEY (workspace_id, run_id)
);
CREATE INDEX IF NOT EXISTS undos_open ON undos (updated_at) WHERE done_at IS NULL;

-- The leads of an assignment that are still to be taken back, a row for those of one part.
CREATE TABLE IF NOT EXISTS undo_leads (
    workspace_id uuid NOT NULL,
    run_id       uuid NOT NULL,
    part         integer NOT NULL,
    lead_ids     uuid[] NOT NULL,
    PRIMARY KEY (workspace_id, run_id, part)
);

-- The copies that stay, and why.
CREATE TABLE IF NOT EXISTS undo_kept (
    workspace_id     uuid NOT NULL,
    run_id           uuid NOT NULL,
    assigned_lead_id uuid NOT NULL,
    why              text NOT NULL,
    PRIMARY KEY (workspace_id, run_id, assigned_lead_id)
);

-- Turns of earlier versions of rings that are given back: how many of each slot. They go to the version that there is in the end.
CREATE TABLE IF NOT EXISTS undo_turns (
    workspace_id uuid NOT NULL,
    run_id       uuid NOT NULL,
    group_id     uuid NOT NULL,
    version      integer NOT NULL,
    place        integer NOT NULL,
    turns        integer NOT NULL,
    PRIMARY KEY (workspace_id, run_id, group_id, version, place)
);
