-- +goose Up

-- What other systems call members, groups and sources, and what they keep with them.
ALTER TABLE members ADD COLUMN external_id text, ADD COLUMN metadata jsonb NOT NULL DEFAULT '{}';
ALTER TABLE groups ADD COLUMN external_id text, ADD COLUMN metadata jsonb NOT NULL DEFAULT '{}';
ALTER TABLE sources ADD COLUMN external_id text, ADD COLUMN metadata jsonb NOT NULL DEFAULT '{}';

-- Who is gone gives their id back, since nothing could be read at it.
CREATE UNIQUE INDEX members_external_id_key ON members (workspace_id, external_id) WHERE external_id IS NOT NULL AND removed_at IS NULL;
CREATE UNIQUE INDEX groups_external_id_key ON groups (workspace_id, external_id) WHERE external_id IS NOT NULL AND deleted_at IS NULL;
CREATE UNIQUE INDEX sources_external_id_key ON sources (workspace_id, external_id)
    WHERE external_id IS NOT NULL AND merged_into IS NULL AND deleted_at IS NULL;
