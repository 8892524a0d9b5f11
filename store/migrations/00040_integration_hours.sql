-- +goose Up

-- How much each integration delivered in each hour, so that somebody is told when one that usually delivers does not any
-- more. Counted from integration_events, which are too many and go too soon.
CREATE TABLE integration_hours (
    workspace_id   uuid NOT NULL,
    integration_id uuid NOT NULL,
    hour           timestamptz NOT NULL, -- in which it begins
    deliveries     integer NOT NULL,
    last_at        timestamptz NOT NULL, -- the last of them
    PRIMARY KEY (workspace_id, integration_id, hour)
);
CREATE INDEX integration_hours_age ON integration_hours (hour);
