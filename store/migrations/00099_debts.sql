-- +goose Up

-- Turns that a group keeps for receivers who could not take them. They are spent in the ledger, with no lead until they are made good.
CREATE TABLE IF NOT EXISTS debts (
    workspace_id uuid NOT NULL,
    group_id     uuid NOT NULL,
    version      integer NOT NULL,
    turn         bigint NOT NULL,
    member_ids   uuid[] NOT NULL, -- the turn's slot
    created_at   timestamptz NOT NULL,
    PRIMARY KEY (workspace_id, group_id, version, turn),
    FOREIGN KEY (workspace_id, group_id) REFERENCES groups
);
-- Whether the group's last lead made a debt good: the next one then does not.
ALTER TABLE groups ADD COLUMN IF NOT EXISTS debt_paid boolean NOT NULL DEFAULT false;
