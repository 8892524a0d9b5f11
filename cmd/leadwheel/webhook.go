package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/leadwheel/leadwheel/internal/client"
)

// webhookCmd is `leadwheel webhook`.
type webhookCmd struct {
	List webhookListCmd `cmd:"" help:"List the webhooks."`
	Test webhookTestCmd `cmd:"" help:"Try whether a webhook takes what it is told."`
}

var webhookNoun = noun{"webhook", "/v1/webhooks"}

type webhookListCmd struct {
	listFlags `set:"most=500"`
}

// Help gives an example.
func (webhookListCmd) Help() string {
	return `Newest first.

Example:

  leadwheel webhook list`
}

// Run prints the webhooks.
func (c *webhookListCmd) Run(ctx context.Context, s streams) error {
	api, err := call(c.Flags)
	if err != nil {
		return err
	}
	return webhookNoun.list(ctx, s, api, c.listFlags, nil, "ID URL ENABLED FAILING_SINCE EVENTS", func(item json.RawMessage) ([]string, error) {
		var w struct {
			ID           uuid.UUID  `json:"id"`
			URL          string     `json:"url"`
			Enabled      bool       `json:"enabled"`
			FailingSince *time.Time `json:"failing_since"`
			Events       []string   `json:"events"`
		}
		err := json.Unmarshal(item, &w)
		return []string{w.ID.String(), w.URL, yesNo(w.Enabled), timeCell(w.FailingSince), strings.Join(w.Events, " ")}, err
	})
}

// webhookPatience is for how long a test is waited for, and webhookAsked how often it is asked for meanwhile.
const (
	webhookPatience = 30 * time.Second
	webhookAsked    = 300 * time.Millisecond
)

type webhookTestCmd struct {
	Webhook uuid.UUID     `arg:"" help:"Its id, as the list has it."`
	Wait    time.Duration `default:"${webhook_patience}" help:"For how long to wait for its answer; 0 not to. Default ${default}."`
	apiFlags
}

// Help gives an example.
func (webhookTestCmd) Help() string {
	return `It is sent webhook.test, with a lead that is made up, and the command says what it answered. Exit code 1: it did not take it.

Example:

  leadwheel webhook test 01935f3a-8c1e-7b52-9d04-2f6f0d1c7a18`
}

// delivery is what came of telling a webhook something.
type delivery struct {
	ID       uuid.UUID `json:"id"`
	State    string    `json:"state"`
	Attempts int       `json:"attempts"`
	Status   *int      `json:"status"`
	Error    *string   `json:"error"`
}

// tried reports whether it is known what came of it.
func (d delivery) tried() bool { return d.State != "owed" || d.Error != nil }

// Run sends the test, and waits for what comes of it.
func (c *webhookTestCmd) Run(ctx context.Context, s streams) error {
	api, err := call(c.Flags)
	if err != nil {
		return err
	}
	at := webhookNoun.path + "/" + c.Webhook.String()
	var d delivery
	var answer json.RawMessage
	if err := api.Call(ctx, http.MethodPost, at+"/test", nil, &answer); err != nil {
		return fmt.Errorf("testing webhook %s: %w", c.Webhook, err)
	}
	if err := json.Unmarshal(answer, &d); err != nil {
		return fmt.Errorf("reading the test: %w", err)
	}
	if answer, err = c.waitFor(ctx, api, at+"/deliveries/"+d.ID.String(), answer, &d); err != nil {
		return err
	}
	if c.JSON {
		err = printJSON(s.out, answer)
	} else {
		_, err = fmt.Fprintln(s.out, d.said())
	}
	if err == nil && d.State != "sent" && c.Wait > 0 {
		err = errors.New("the webhook did not take the test")
	}
	return err
}

// waitFor reads a delivery until it was tried, or the time is over.
func (c *webhookTestCmd) waitFor(ctx context.Context, api *client.Client, at string, answer json.RawMessage, d *delivery) (json.RawMessage, error) {
	over := time.After(c.Wait)
	for !d.tried() {
		select {
		case <-over:
			return answer, nil
		case <-ctx.Done():
			return nil, ctx.Err()
		case <-time.After(webhookAsked):
		}
		if err := api.Get(ctx, at, &answer); err != nil {
			return nil, fmt.Errorf("reading what came of the test: %w", err)
		}
		if err := json.Unmarshal(answer, d); err != nil {
			return nil, fmt.Errorf("reading what came of the test: %w", err)
		}
	}
	return answer, nil
}

// said is what came of it in words.
func (d delivery) said() string {
	status := "no answer"
	if d.Status != nil {
		status = strconv.Itoa(*d.Status)
	}
	switch {
	case d.State == "sent":
		return "It took the test: " + status + "."
	case d.Error != nil:
		return "It did not take the test: " + status + ", " + printable(*d.Error) + "."
	}
	return "The test was not sent yet; it is delivery " + d.ID.String() + "."
}
