package main

import (
	"context"
	"fmt"
	"net/http"
	"strings"
)

// readyCmd is `leadwheel ready`.
type readyCmd struct{ operatorsFlag }

// Help gives an example.
func (readyCmd) Help() string {
	return `Ends with 0 where the process serves and reaches what it needs, else with 1: for the health checks of containers that have
no other programs in them.

Example:

  leadwheel ready --ops-url http://127.0.0.1:9090`
}

// Run asks.
func (c *readyCmd) Run(ctx context.Context, s streams) error {
	status, answer, err := c.ask(ctx, http.MethodGet, "/readyz", "", nil)
	if err != nil {
		return fmt.Errorf("asking whether it is ready: %w", err)
	}
	fmt.Fprintln(s.out, strings.TrimSpace(string(answer)))
	if status != http.StatusOK {
		return fmt.Errorf("it is not ready: %d %s", status, http.StatusText(status))
	}
	return nil
}
