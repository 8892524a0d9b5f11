-- +goose Up

-- By what a group keeps its mix even: each value of it is a lane, with turns of its own. null is by nothing.
ALTER TABLE groups ADD COLUMN IF NOT EXISTS balance_by text;

-- The lanes of a ring are ranges of its turns: of lane k they are those from k times 2^40 on, less what is left over when 2^40 is divided
-- by the ring's size. first_turn, owed_turns and so on are those of lane 0, which all leads take where lanes_since is null; else it is the
-- version from which on the present lanes are counted, and lane 0 is of the values that came when there were enough lanes.
ALTER TABLE rings
    ADD COLUMN IF NOT EXISTS balance_by  text,
    ADD COLUMN IF NOT EXISTS lanes_since integer;

CREATE TABLE IF NOT EXISTS lanes (
    workspace_id uuid NOT NULL,
    group_id     uuid NOT NULL,
    since        integer NOT NULL,
    lane         integer NOT NULL,
    value        text NOT NULL, -- empty for leads that have none
    opened_at    timestamptz NOT NULL,
    PRIMARY KEY (workspace_id, group_id, since, lane)
);
CREATE UNIQUE INDEX IF NOT EXISTS lanes_value_key ON lanes (workspace_id, group_id, since, value);

-- What rings has of lane 0, of the others. opened says that the lane began with this version.
CREATE TABLE IF NOT EXISTS lane_rings (
    workspace_id uuid NOT NULL,
    group_id     uuid NOT NULL,
    version      integer NOT NULL,
    lane         integer NOT NULL,
    opened       boolean NOT NULL,
    first_turn   bigint NOT NULL,
    owed_turns   bigint[] NOT NULL,
    owed_to      jsonb,
    put_back     uuid[] NOT NULL,
    settled_turn bigint NOT NULL,
    returns      integer NOT NULL DEFAULT 0, -- how often turns of the lane were given back
    PRIMARY KEY (workspace_id, group_id, version, lane),
    FOREIGN KEY (workspace_id, group_id, version) REFERENCES rings
) WITH (fillfactor = 70);

-- The lanes of all rings. Their turns end before end_turn.
CREATE OR REPLACE VIEW ring_lanes AS
SELECT workspace_id, group_id, version, 0 AS lane, false AS opened, slots, first_turn, owed_turns, owed_to, put_back, settled_turn, returns, returns AS lane_returns,
    lanes_since, (1::bigint << 40) - (1::bigint << 40) % jsonb_array_length(slots) AS end_turn
FROM rings
UNION ALL
SELECT l.workspace_id, l.group_id, l.version, l.lane, l.opened, r.slots, l.first_turn, l.owed_turns, l.owed_to, l.put_back, l.settled_turn,
    r.returns, l.returns, r.lanes_since, (l.lane + 1) * ((1::bigint << 40) - (1::bigint << 40) % jsonb_array_length(r.slots))
FROM lane_rings l JOIN rings r USING (workspace_id, group_id, version);
