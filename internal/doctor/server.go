package doctor

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
)

func examineServer(ctx context.Context, base string) []Check {
	const name = "server"
	if base == "" {
		return skipped("LEADWHEEL_URL is not set", name)
	}
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	down, err := ready(ctx, strings.TrimRight(base, "/")+"/readyz")
	switch {
	case err != nil:
		return []Check{{name, Broken, err.Error(), "check that `leadwheel serve` or `leadwheel up` runs there, and that LEADWHEEL_URL is its public address"}}
	case len(down) > 0:
		return []Check{{name, Broken, "it runs, but cannot reach " + strings.Join(down, " and "), "see the checks above from the machine that it runs on"}}
	}
	return []Check{{name, OK, "it is ready", ""}}
}

// ready returns the dependencies that a running server cannot reach.
func ready(ctx context.Context, url string) (down []string, err error) {
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return nil, fmt.Errorf("LEADWHEEL_URL cannot be read: %w", err)
	}
	response, err := http.DefaultClient.Do(r)
	if err != nil {
		return nil, fmt.Errorf("the server does not answer: %w", err)
	}
	defer func() { _ = response.Body.Close() }() // it was only read
	var health struct {
		Status string            `json:"status"`
		Checks map[string]string `json:"checks"`
	}
	if json.NewDecoder(io.LimitReader(response.Body, 1<<20)).Decode(&health) != nil || health.Status == "" {
		return nil, fmt.Errorf("%s answered %s, which is not an answer of Leadwheel's", url, response.Status)
	}
	for name, state := range health.Checks {
		if state != "ok" {
			down = append(down, name)
		}
	}
	slices.Sort(down)
	return down, nil
}
