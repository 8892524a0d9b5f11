-- +goose Up

-- How many leads each transaction stored, with the exclusive or of uuid_hash_extended(lead_id, 0) of their ids: leads are never deleted
-- from the table, so that the audit sees by these when one is gone with all that pointed to it. The scheduler adds the tallies up.
CREATE TABLE IF NOT EXISTS lead_tallies (
    workspace_id uuid NOT NULL,
    leads        bigint NOT NULL,
    ids          bigint NOT NULL
);

CREATE TABLE IF NOT EXISTS lead_tally_sums (
    workspace_id uuid NOT NULL PRIMARY KEY,
    leads        bigint NOT NULL,
    ids          bigint NOT NULL
);

INSERT INTO lead_tally_sums (workspace_id, leads, ids)
SELECT workspace_id, count(*), bit_xor(uuid_hash_extended(lead_id, 0)) FROM leads GROUP BY workspace_id
ON CONFLICT DO NOTHING;
