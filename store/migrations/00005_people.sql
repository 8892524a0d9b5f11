-- +goose Up

-- What admins and operators did, for whoever asks later. It holds ids and the names of fields, never their values.
CREATE TABLE audit_log (
    workspace_id uuid NOT NULL,
    entry_id     uuid NOT NULL,
    api_key_id   uuid, -- null for an operator's command
    operation    text NOT NULL,
    ids          uuid[] NOT NULL,
    count        integer, -- how many it acted on, where it acts on many
    fields       text[] NOT NULL,
    at           timestamptz NOT NULL,
    PRIMARY KEY (workspace_id, entry_id)
);
CREATE INDEX audit_log_key ON audit_log (workspace_id, api_key_id, entry_id);
CREATE INDEX audit_log_operation ON audit_log (workspace_id, operation, entry_id);
CREATE INDEX audit_log_ids ON audit_log USING gin (ids);
CREATE INDEX audit_log_at ON audit_log USING brin (at);

-- +goose StatementBegin
CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% is append-only', TG_TABLE_NAME USING ERRCODE = 'insufficient_privilege';
END
$$;
-- +goose StatementEnd
CREATE TRIGGER audit_log_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON audit_log
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

-- What a key is for, in the words of whoever made it.
ALTER TABLE api_keys ADD COLUMN name text;

-- Digests of the people who were erased while the file was being read: their rows are left out of what is yet to come.
ALTER TABLE imports ADD COLUMN erased bytea[];

-- History is listed by time as well. It is only ever appended to, so this index is tiny and costs next to nothing.
CREATE INDEX history_at ON history USING brin (at);

-- When the person behind the record was erased at their request. What is left of it tells of no person.
ALTER TABLE leads ADD COLUMN erased_at timestamptz;
ALTER TABLE assigned_leads ADD COLUMN erased_at timestamptz;
ALTER TABLE customers ADD COLUMN erased_at timestamptz;
