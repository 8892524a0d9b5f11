package api_test

import (
	"context"
	"io"
	"net/http"
	"strings"
	"testing"
)

// TestReaderOfCSVWhoGoesAwayIsNoFailure ends a request in the midst of a long list.
func TestReaderOfCSVWhoGoesAwayIsNoFailure(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.DB.MustExec(`
		INSERT INTO leads (workspace_id, lead_id, name, fields, channel, origin, decisions, created_at, updated_at)
		SELECT $1, gen_random_uuid(), repeat('x', 200), '{}', 'api', 'api', 0, now(), now() FROM generate_series(1, 30000)`, s.workspace)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, s.url+"/v1/leads", nil)
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer "+s.admin)
	r.Header.Set("Accept", "text/csv")
	response, err := s.client.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	if _, err := io.ReadFull(response.Body, make([]byte, 1000)); err != nil {
		t.Fatal(err)
	}
	cancel()
	s.close() // waits for the request
	if strings.Contains(s.logs.String(), `"level":"ERROR"`) {
		t.Errorf("the log says: %s", s.logs)
	}
}
