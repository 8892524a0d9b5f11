package bench

import (
	"bytes"
	"context"
	"fmt"
	"time"
)

// asked is how often each page is asked for in a round.
const asked = 20

// pages are what is read, by the name of the figure.
var pages = []struct{ name, path string }{
	{"leads, first page", "/v1/leads?limit=50"},
	{"copies, first page", "/v1/assigned-leads?limit=50"},
	{"history, first page", "/v1/history?limit=50"},
	{"search for a number", "/v1/leads?limit=50&q=%2B60120000042"},
	{"search for a word that few have", "/v1/leads?limit=50&q=lead42"},
	{"search for a word that all have", "/v1/leads?limit=50&q=lead"},
	{"search of copies for a word that all have", "/v1/assigned-leads?limit=50&q=lead"},
}

// lists reads first pages, searches and a file of all leads, of as many as are there by then.
func lists(ctx context.Context, i *installation, t *tally) error {
	if t.round() == 0 && i.cfg.Scale == 0 { // lists of nothing are no lists
		if err := i.stop(); err != nil {
			return err
		}
		if err := i.fill(ctx, i.cfg.Leads); err != nil {
			return err
		}
	}
	if err := i.serve(ctx); err != nil {
		return err
	}
	if err := i.settleDown(ctx); err != nil {
		return err
	}
	for _, page := range pages {
		times := make([]time.Duration, asked)
		for n := range times {
			began := time.Now()
			if err := i.client.Get(ctx, page.path, nil); err != nil {
				return fmt.Errorf("%s: %w", page.name, err)
			}
			times[n] = time.Since(began)
		}
		p50, _, _ := spread(times)
		t.add(page.name, "ms", p50)
	}
	var lines counted
	began := time.Now()
	if err := i.client.Download(ctx, "/v1/leads", "text/csv", &lines); err != nil {
		return fmt.Errorf("a file of all leads: %w", err)
	}
	t.add("a file of all leads", "leads/s", rate(int(lines)-1, time.Since(began)))
	return nil
}

// counted counts lines, and keeps none.
type counted int

// Write implements io.Writer.
func (c *counted) Write(text []byte) (int, error) {
	*c += counted(bytes.Count(text, []byte("\n")))
	return len(text), nil
}
