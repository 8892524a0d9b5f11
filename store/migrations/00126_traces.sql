-- +goose Up

-- Where what waits belongs in a trace, as W3C's traceparent: whoever takes it in hand goes on there. It is that of the transaction that
-- writes the row, which says it once, so that no statement has to; null where there is none. A row that is there already has none.
ALTER TABLE batches ADD COLUMN IF NOT EXISTS traceparent text DEFAULT nullif(current_setting('leadwheel.traceparent', true), '');
ALTER TABLE notifications ADD COLUMN IF NOT EXISTS traceparent text DEFAULT nullif(current_setting('leadwheel.traceparent', true), '');
ALTER TABLE webhook_deliveries ADD COLUMN IF NOT EXISTS traceparent text DEFAULT nullif(current_setting('leadwheel.traceparent', true), '');
