-- +goose NO TRANSACTION
-- An index on a table that may be large is built beside the program that runs, which no transaction can do. Should it be
-- interrupted it can be run again.

-- +goose Up

-- What went out at a pace says at which, and for which of the member's days it counts, by their zone and the hours of that
-- moment: both may change later.
ALTER TABLE history
    ADD COLUMN IF NOT EXISTS pace text,
    ADD COLUMN IF NOT EXISTS paced_day date;

-- History of what was planned, found among any amount of what went out at once.
CREATE INDEX CONCURRENTLY IF NOT EXISTS history_planned ON history (workspace_id, trigger, history_id) WHERE trigger <> 'immediate';

-- Members whose planned leads are to be planned anew, since their zone or the workspace's hours were changed.
CREATE TABLE IF NOT EXISTS replans (
    workspace_id uuid NOT NULL,
    member_id    uuid NOT NULL,
    PRIMARY KEY (workspace_id, member_id)
);

-- Whoever plans very many leads asks which of them were deleted: usually few.
CREATE INDEX CONCURRENTLY IF NOT EXISTS leads_deleted ON leads (workspace_id, lead_id) WHERE deleted_at IS NOT NULL;
