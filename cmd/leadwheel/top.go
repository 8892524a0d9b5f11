package main

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/leadwheel/leadwheel/internal/client"
	"github.com/leadwheel/leadwheel/internal/top"
)

// topCmd is `leadwheel top`.
type topCmd struct {
	OpsURL   []string      `name:"ops-url" env:"LEADWHEEL_OPS_URL" default:"http://127.0.0.1:9090" placeholder:"URL,…" help:"Operators' address of each process. Default ${default}."`
	Interval time.Duration `default:"2s" help:"How often to look. Default ${default}."`
	Groups   int           `default:"10" help:"How many distribution groups to show, newest first. Default ${default}."`
	Once     bool          `help:"Look for one interval, print, and end."`
	client.Flags
	jsonFlag
}

// Help gives examples.
func (topCmd) Help() string {
	return `Shows leads as they come in and go out, what waits, the queues, and how the distribution groups turn; Ctrl-C ends it.
Counts are those of the processes named, since they started. Groups are those of the API key's workspace, and left out
without a key.

Examples:

  leadwheel top

  leadwheel top --ops-url http://api:9090,http://worker-1:9090,http://worker-2:9090

  leadwheel top --once --json | jq .pending_due`
}

// Validate implements kong's check of a command's flags.
func (c *topCmd) Validate() error {
	if c.Interval < 10*time.Millisecond {
		return fmt.Errorf("--interval %s: it is 10ms or more", c.Interval)
	}
	if c.JSON && !c.Once {
		return errors.New("--json is for --once")
	}
	return nil
}

// Run looks until ctx ends.
func (c *topCmd) Run(ctx context.Context, s streams) error {
	w := top.Watch{Ops: c.OpsURL, Groups: c.Groups}
	if c.APIKey != "" {
		api, err := call(c.Flags)
		if err != nil {
			return err
		}
		w.API = api
	}
	view, err := w.Look(ctx)
	if err != nil {
		return err
	}
	if c.Once {
		return c.once(ctx, &w, s)
	}
	terminal := newScreen(s.out)
	terminal.open()
	defer terminal.close()
	for {
		var text strings.Builder
		if err == nil {
			err = printView(&text, view)
		}
		if err != nil { // it may pass
			terminal.say(printable(err.Error()))
		} else {
			terminal.draw(text.String())
		}
		select {
		case <-ctx.Done():
			return nil
		case <-time.After(c.Interval):
		}
		view, err = w.Look(ctx)
	}
}

// once prints what happened over one interval.
func (c *topCmd) once(ctx context.Context, w *top.Watch, s streams) error {
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-time.After(c.Interval):
	}
	view, err := w.Look(ctx)
	if err != nil {
		return err
	}
	if c.JSON {
		return printJSON(s.out, view)
	}
	return printView(s.out, view)
}
