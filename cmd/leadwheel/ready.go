package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"
)

// readyTimeout is what a process has to say whether it is ready.
const readyTimeout = 5 * time.Second

// maxHealth bounds what is read of its answer, in bytes.
const maxHealth = 4 << 10

// readyCmd is `leadwheel ready`.
type readyCmd struct {
	OpsURL string `name:"ops-url" env:"LEADWHEEL_OPS_URL" default:"http://127.0.0.1:9090" placeholder:"URL" help:"Operators' address of the process. Default ${default}."`
}

// Help gives an example.
func (readyCmd) Help() string {
	return `Ends with 0 where the process serves and reaches what it needs, else with 1: for the health checks of containers that have
no other programs in them.

Example:

  leadwheel ready --ops-url http://127.0.0.1:9090`
}

// Run asks.
func (c *readyCmd) Run(ctx context.Context, s streams) (err error) {
	ctx, cancel := context.WithTimeout(ctx, readyTimeout)
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, strings.TrimRight(c.OpsURL, "/")+"/readyz", nil)
	if err != nil {
		return usageError{err}
	}
	response, err := http.DefaultClient.Do(r)
	if err != nil {
		return fmt.Errorf("asking whether it is ready: %w", err)
	}
	defer func() { err = errors.Join(err, response.Body.Close()) }()
	body, err := io.ReadAll(io.LimitReader(response.Body, maxHealth))
	if err != nil {
		return fmt.Errorf("reading whether it is ready: %w", err)
	}
	fmt.Fprintln(s.out, strings.TrimSpace(string(body)))
	if response.StatusCode != http.StatusOK {
		return fmt.Errorf("it is not ready: %s", response.Status)
	}
	return nil
}
