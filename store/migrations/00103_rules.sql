-- +goose NO TRANSACTION
-- +goose Up

-- The rules of a workspace, which say to which group a lead goes, as a list in order. Each time that they are saved is a row, since
-- leads tell by which version they were decided. groups are those that they send leads to.
CREATE TABLE IF NOT EXISTS rules (
    workspace_id uuid NOT NULL REFERENCES workspaces,
    version      integer NOT NULL,
    rules        jsonb NOT NULL,
    groups       uuid[] NOT NULL,
    saved_at     timestamptz NOT NULL,
    PRIMARY KEY (workspace_id, version)
);

-- By which version a lead was decided when it came in, the name of the rule that took it, and those that could not be worked out.
ALTER TABLE leads
    ADD COLUMN IF NOT EXISTS rules_version integer,
    ADD COLUMN IF NOT EXISTS rule          text,
    ADD COLUMN IF NOT EXISTS rules_broken  jsonb;

-- Whether the leads go by the rules.
ALTER TABLE integrations ADD COLUMN IF NOT EXISTS route boolean NOT NULL DEFAULT false;
ALTER TABLE imports ADD COLUMN IF NOT EXISTS route boolean NOT NULL DEFAULT false;

-- A lead that no rule takes is a decision for nobody, which fails.
ALTER TABLE pending_leads DROP CONSTRAINT IF EXISTS pending_leads_check;
ALTER TABLE pending_leads ADD CONSTRAINT pending_leads_check
    CHECK (group_id IS NOT NULL OR member_id IS NOT NULL OR refused IS NOT NULL) NOT VALID;
ALTER TABLE pending_leads VALIDATE CONSTRAINT pending_leads_check;
