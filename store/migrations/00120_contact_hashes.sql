-- +goose NO TRANSACTION
-- +goose Up

-- Earlier leads of the same phone or e-mail are found by a hash of it and of the workspace, which takes half of the room. What was
-- left half made by a break is made anew.

DROP INDEX CONCURRENTLY IF EXISTS leads_by_phone;
CREATE INDEX CONCURRENTLY leads_by_phone ON leads (hashtextextended(phone_e164, hashtextextended(workspace_id::text, 0)), created_at)
    WHERE phone_e164 IS NOT NULL;
DROP INDEX CONCURRENTLY IF EXISTS leads_phone;

DROP INDEX CONCURRENTLY IF EXISTS leads_by_email;
CREATE INDEX CONCURRENTLY leads_by_email ON leads (hashtextextended(email_key, hashtextextended(workspace_id::text, 0)), created_at)
    WHERE email_key IS NOT NULL;
DROP INDEX CONCURRENTLY IF EXISTS leads_email;
