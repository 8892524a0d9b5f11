-- +goose Up

-- An import may be of the leads of an integration: then they share its external ids.
ALTER TABLE imports ADD COLUMN integration_id uuid;
