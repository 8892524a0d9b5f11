-- +goose Up

-- What is planned, waits or is offered stays for days, and the batch that it goes out in is made by whoever finds it due: so it says itself
-- where it belongs in a trace, as migration 126 has it for others.
ALTER TABLE pending_leads ADD COLUMN IF NOT EXISTS traceparent text DEFAULT nullif(current_setting('leadwheel.traceparent', true), '');
