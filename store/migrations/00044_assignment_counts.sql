-- +goose NO TRANSACTION
-- +goose Up

-- What became of an assignment is counted in this index alone, also of one that made a million decisions.
CREATE INDEX CONCURRENTLY IF NOT EXISTS history_assignment ON history (workspace_id, assignment_id, outcome) WHERE assignment_id IS NOT NULL;
-- Few of very many entries are of something that was cancelled, and fewer of one request.
CREATE INDEX CONCURRENTLY IF NOT EXISTS history_cancelled ON history (workspace_id, history_id) WHERE outcome = 'cancelled';
CREATE INDEX CONCURRENTLY IF NOT EXISTS history_act ON history (workspace_id, act_id, history_id) WHERE act_id IS NOT NULL;
