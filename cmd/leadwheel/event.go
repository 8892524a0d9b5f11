package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/leadwheel/leadwheel/internal/client"
)

// eventCmd is `leadwheel event`.
type eventCmd struct {
	List   eventListCmd   `cmd:"" help:"List what was delivered to an integration, and what became of it."`
	Show   eventShowCmd   `cmd:"" help:"Show a delivery as it came in."`
	Replay eventReplayCmd `cmd:"" help:"Read deliveries again, by the settings that their integration has now."`
}

// eventItem is what the tables show of a delivery.
type eventItem struct {
	ID      uuid.UUID   `json:"id"`
	At      time.Time   `json:"at"`
	Outcome string      `json:"outcome"`
	Detail  *string     `json:"detail"`
	LeadIDs []uuid.UUID `json:"lead_ids"`
	Made    int         `json:"made"`
	NotMade int         `json:"not_made"`
	Reasons []struct {
		Reason string `json:"reason"`
		Count  int    `json:"count"`
	} `json:"reasons"`
	ContentType *string `json:"content_type"`
	Query       *string `json:"query"`
	Body        string  `json:"body"`
}

const eventHeads = "AT ID OUTCOME MADE NOT_MADE DETAIL"

func (e eventItem) row() []string {
	return []string{timeCell(&e.At), e.ID.String(), e.Outcome, strconv.Itoa(e.Made), strconv.Itoa(e.NotMade), textCell(e.Detail)}
}

// leads are the ids of its leads.
func (e eventItem) leads() string {
	all := make([]string, len(e.LeadIDs))
	for i, id := range e.LeadIDs {
		all[i] = id.String()
	}
	return strings.Join(all, ", ")
}

// eventFilter are the flags that choose among an integration's deliveries.
type eventFilter struct {
	Outcome    string `enum:",${event_outcomes}" default:"" placeholder:"OUTCOME" help:"Only with this outcome: ${event_outcomes}."`
	Incomplete bool   `help:"Only with entries of which no lead could be made."`
}

func (f eventFilter) query() url.Values {
	query := make(url.Values)
	if f.Outcome != "" {
		query.Set("outcome", f.Outcome)
	}
	if f.Incomplete {
		query.Set("incomplete", "true")
	}
	return query
}

// eventsOf is where the API has the deliveries to an integration.
func eventsOf(ctx context.Context, api *client.Client, integration string) (path string, err error) {
	id, err := integrationNoun.one(ctx, api, integration)
	return integrationNoun.path + "/" + id.String() + "/events", err
}

type eventListCmd struct {
	Integration string `arg:"" help:"The integration's id or exact name."`
	eventFilter
	listFlags `set:"most=50"`
}

// Help gives examples.
func (eventListCmd) Help() string {
	return `Newest first. MADE counts leads that were not there before, NOT_MADE the entries of which no lead could be made.

Examples:

  leadwheel event list "Google form" --outcome refused

  leadwheel event list "Google form" --incomplete --json`
}

// Run prints the deliveries.
func (c *eventListCmd) Run(ctx context.Context, s streams) error {
	api, err := call(c.Flags)
	if err != nil {
		return err
	}
	path, err := eventsOf(ctx, api, c.Integration)
	if err != nil {
		return err
	}
	return printFirst(ctx, api, c.listFlags, path, c.query(), s, func(all []json.RawMessage) error {
		rows := make([][]string, len(all))
		for i, item := range all {
			var e eventItem
			if err := json.Unmarshal(item, &e); err != nil {
				return fmt.Errorf("reading a delivery: %w", err)
			}
			rows[i] = e.row()
		}
		return printTable(s.out, eventHeads, rows)
	})
}

type eventShowCmd struct {
	Integration string    `arg:"" help:"The integration's id or exact name."`
	ID          uuid.UUID `arg:"" help:"The delivery's id, as in event list."`
	apiFlags
}

// Help gives an example.
func (eventShowCmd) Help() string {
	return `What came in is shown as text; keys in it are blotted out.

Example:

  leadwheel event show "Google form" 0198c5d2-9a41-7c1e-8f0a-1d2e3f405162`
}

// Run prints the delivery.
func (c *eventShowCmd) Run(ctx context.Context, s streams) error {
	api, err := call(c.Flags)
	if err != nil {
		return err
	}
	path, err := eventsOf(ctx, api, c.Integration)
	if err != nil {
		return err
	}
	var answer json.RawMessage
	if err := api.Get(ctx, path+"/"+c.ID.String(), &answer); err != nil {
		return fmt.Errorf("reading the delivery %s: %w", c.ID, err)
	}
	if c.JSON {
		return printJSON(s.out, answer)
	}
	var e eventItem
	if err := json.Unmarshal(answer, &e); err != nil {
		return fmt.Errorf("reading the delivery %s: %w", c.ID, err)
	}
	rows := [][]string{
		{"id", e.ID.String()}, {"at", timeCell(&e.At)}, {"outcome", e.Outcome}, {"detail", textCell(e.Detail)}, {"leads", e.leads()},
		{"made", strconv.Itoa(e.Made)}, {"not made", strconv.Itoa(e.NotMade)},
	}
	for _, r := range e.Reasons {
		rows = append(rows, []string{"why not", fmt.Sprintf("%s (%d)", r.Reason, r.Count)})
	}
	rows = append(rows, []string{"content type", textCell(e.ContentType)}, []string{"query", textCell(e.Query)}, []string{"body", e.Body})
	return printTable(s.out, "FIELD IS", rows)
}

// maxReplayed is how many deliveries a command replays that names none.
const maxReplayed = 10_000

type eventReplayCmd struct {
	Integration string      `arg:"" help:"The integration's id or exact name."`
	ID          []uuid.UUID `arg:"" optional:"" help:"The deliveries' ids, as in event list. Without any, --outcome or --incomplete says which."`
	eventFilter
	apiFlags
}

// Help gives examples.
func (eventReplayCmd) Help() string {
	return fmt.Sprintf(`Oldest first. No delivery makes a second lead of what it has made one of already, so it may be replayed at any time. Up to %d that are
not named are replayed at once.

Examples:

  leadwheel event replay "Google form" 0198c5d2-9a41-7c1e-8f0a-1d2e3f405162

  leadwheel event replay "Google form" --outcome refused`, maxReplayed)
}

// Validate implements kong's check of a command's flags.
func (c *eventReplayCmd) Validate() error {
	switch chosen := c.Outcome != "" || c.Incomplete; {
	case len(c.ID) == 0 && !chosen:
		return errors.New("say which deliveries are replayed: by their ids, --outcome or --incomplete")
	case len(c.ID) > 0 && chosen:
		return errors.New("--outcome and --incomplete are for replaying without ids")
	}
	return nil
}

// Run replays the deliveries, one by one. What cannot be replayed ends it; those before it are printed all the same.
func (c *eventReplayCmd) Run(ctx context.Context, s streams) error {
	api, err := call(c.Flags)
	if err != nil {
		return err
	}
	path, err := eventsOf(ctx, api, c.Integration)
	if err != nil {
		return err
	}
	ids := c.ID
	if len(ids) == 0 {
		if ids, err = c.chosen(ctx, api, path, s); err != nil {
			return err
		}
	}
	replayed := []json.RawMessage{}
	rows := [][]string{}
	for _, id := range ids {
		var answer json.RawMessage
		var e eventItem
		if err = api.Call(ctx, http.MethodPost, path+"/"+id.String()+"/replay", nil, &answer); err == nil {
			err = json.Unmarshal(answer, &e)
		}
		if err != nil {
			err = fmt.Errorf("replaying the delivery %s: %w", id, err)
			break
		}
		replayed, rows = append(replayed, answer), append(rows, e.row())
	}
	if c.JSON {
		return errors.Join(err, printJSON(s.out, list[json.RawMessage]{replayed}))
	}
	return errors.Join(err, printTable(s.out, eventHeads, rows))
}

// chosen are the ids of the deliveries that the flags choose, oldest first.
func (c *eventReplayCmd) chosen(ctx context.Context, api *client.Client, path string, s streams) ([]uuid.UUID, error) {
	all, next, err := client.First[eventItem](ctx, api, path, c.query(), maxReplayed)
	if err != nil {
		return nil, fmt.Errorf("reading the list at %s: %w", path, err)
	}
	if next != "" {
		fmt.Fprintf(s.err, "There are more than %d; run the command again for the older ones.\n", maxReplayed)
	}
	ids := make([]uuid.UUID, len(all))
	for i, e := range all {
		ids[i] = e.ID
	}
	slices.Reverse(ids)
	return ids, nil
}
