package main

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/leadwheel/leadwheel/internal/testenv"
)

// TestServingOnUntilItIsKnown tells a process to end while somebody goes on asking over the connection that they have, as balancers do
// until they have looked whether it is ready. They are answered, and told to take another connection; then it ends.
func TestServingOnUntilItIsKnown(t *testing.T) {
	t.Parallel()
	const drain = 2 * time.Second
	env := testenv.New(t)
	_, key := env.NewWorkspace(t, "acme")
	address := "127.0.0.1:" + freePort(t)
	p := startShipped(t, []string{
		"DATABASE_URL=" + env.DatabaseURL, "REDIS_URL=" + env.RedisURL, "LEADWHEEL_LISTEN=" + address, "LEADWHEEL_OPS_LISTEN=127.0.0.1:0",
		"LEADWHEEL_DRAIN=" + drain.String(),
	}, "serve", "--roles=api")
	var client http.Client
	defer client.CloseIdleConnections()
	ask := func(method, path, body string) (status int, last bool, said string) {
		t.Helper()
		r, err := http.NewRequestWithContext(t.Context(), method, "http://"+address+path, strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Authorization", "Bearer "+key)
		r.Header.Set("Content-Type", "application/json")
		response, err := client.Do(r)
		if err != nil {
			return 0, false, err.Error()
		}
		defer response.Body.Close()
		var health struct{ Checks map[string]string }
		_ = json.NewDecoder(response.Body).Decode(&health) // only one of the answers has them
		return response.StatusCode, response.Close, health.Checks["process"]
	}
	testenv.Eventually(t, patience, func() error {
		if status, _, said := ask(http.MethodGet, "/readyz", ""); status != http.StatusOK || said != "ok" {
			return fmt.Errorf("it is not ready: %s", said)
		}
		return nil
	})
	began := time.Now()
	p.signal(syscall.SIGTERM)
	testenv.Eventually(t, drain/2, func() error {
		if status, _, said := ask(http.MethodGet, "/readyz", ""); status != http.StatusServiceUnavailable || said != "down" {
			return fmt.Errorf("it is still ready: %s", said)
		}
		return nil
	})
	taken := 0
	for ; time.Since(began) < drain-200*time.Millisecond; taken++ {
		status, last, said := ask(http.MethodPost, "/v1/leads", `{"name":"late"}`)
		if status == 0 {
			t.Fatalf("%s after it was told to end, a lead was refused: %s", time.Since(began), said)
		}
		if status != http.StatusCreated || !last {
			t.Errorf("a lead was answered with %d, and the connection goes on: %t", status, !last)
		}
	}
	if code := p.wait(patience); code != exitOK {
		t.Errorf("it ended with %d:\n%s", code, &p.stderr)
	}
	if took := time.Since(began); taken == 0 || took < drain {
		t.Errorf("it took %d leads, and ended after %s", taken, took)
	}
}
