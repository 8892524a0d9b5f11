-- +goose Up

-- first_key_id is the key at which a chain of rotations began, null for a key that took no other's place: external ids, idempotency
-- keys and imports are those of the chain. integration_id is the one integration whose external ids a key may share.
ALTER TABLE api_keys
    ADD COLUMN first_key_id uuid,
    ADD COLUMN integration_id uuid,
    ADD FOREIGN KEY (workspace_id, integration_id) REFERENCES integrations;

-- Which key took whose place stands in the audit log, if anywhere. One that has brought leads since keeps its own external ids: they
-- are known by it, and by nothing else.
WITH RECURSIVE rotated AS (
    SELECT DISTINCT ON (k.workspace_id, k.api_key_id) k.workspace_id, k.api_key_id, a.ids[1] AS before
    FROM audit_log a
    JOIN api_keys k ON k.workspace_id = a.workspace_id AND k.api_key_id = a.ids[2]
    WHERE a.operation IN ('rotate-api-key', 'apikey rotate') AND cardinality(a.ids) = 2
        AND NOT EXISTS (SELECT FROM leads l WHERE l.workspace_id = k.workspace_id AND l.origin = 'key:' || k.api_key_id
            AND l.external_id IS NOT NULL)
), chain AS (
    SELECT workspace_id, api_key_id, before AS first FROM rotated
    UNION
    SELECT c.workspace_id, c.api_key_id, r.before FROM chain c
    JOIN rotated r ON r.workspace_id = c.workspace_id AND r.api_key_id = c.first
)
UPDATE api_keys k SET first_key_id = c.first FROM chain c
WHERE k.workspace_id = c.workspace_id AND k.api_key_id = c.api_key_id
    AND NOT EXISTS (SELECT FROM rotated r WHERE r.workspace_id = c.workspace_id AND r.api_key_id = c.first);
