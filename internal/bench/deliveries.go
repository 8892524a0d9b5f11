package bench

import (
	"context"
	"fmt"
	"net/http"
)

// hookKey is what the deliveries hold for a key.
const hookKey = "bench-key"

// deliveries makes an integration, and returns what delivers a lead to it.
func (i *installation) deliveries(ctx context.Context) (func(ctx context.Context, n int) error, error) {
	var made struct {
		URL string `json:"url"`
	}
	if err := i.client.Call(ctx, http.MethodPost, "/v1/integrations", map[string]any{
		"kind": "google", "name": "bench", "secret": hookKey, "group_id": i.group,
	}, &made); err != nil {
		return nil, fmt.Errorf("making an integration: %w", err)
	}
	return func(ctx context.Context, n int) error { return i.deliver(ctx, made.URL, n) }, nil
}

// deliver sends a lead as Google does.
func (i *installation) deliver(ctx context.Context, path string, n int) error {
	column := func(id, value string) map[string]string {
		return map[string]string{"column_id": id, "string_value": value}
	}
	return i.client.Call(ctx, http.MethodPost, path, map[string]any{
		"lead_id": fmt.Sprint("bench-", n), "google_key": hookKey, "is_test": false, "api_version": "1.0",
		"form_id": 40000000001, "campaign_id": 10000000001, "gcl_id": "Cj0-bench",
		"user_column_data": []any{column("FULL_NAME", fmt.Sprint("Single ", n)), column("PHONE_NUMBER", fmt.Sprintf("+6014%07d", n))},
	}, nil)
}
