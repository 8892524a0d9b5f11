package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"time"

	"github.com/google/uuid"

	"github.com/leadwheel/leadwheel/internal/client"
)

// sessionCmd is `leadwheel session`.
type sessionCmd struct {
	List sessionListCmd `cmd:"" help:"List who is signed in to the console."`
	End  sessionEndCmd  `cmd:"" help:"Sign somebody out of the console, or everybody."`
}

type sessionListCmd struct {
	client.Flags
	jsonFlag
}

// Help gives an example.
func (sessionListCmd) Help() string {
	return `Example:

  leadwheel session list`
}

type sessionItem struct {
	ID        uuid.UUID  `json:"id"`
	PersonID  *uuid.UUID `json:"person_id"`
	APIKeyID  *uuid.UUID `json:"api_key_id"`
	Current   bool       `json:"current"`
	Address   *string    `json:"address"`
	Browser   *string    `json:"browser"`
	CreatedAt time.Time  `json:"created_at"`
	SeenAt    time.Time  `json:"seen_at"`
	ExpiresAt time.Time  `json:"expires_at"`
}

// Run prints the sessions.
func (c *sessionListCmd) Run(ctx context.Context, s streams) error {
	api, err := call(c.Flags)
	if err != nil {
		return err
	}
	items, rows := []sessionItem{}, [][]string{}
	for one, err := range client.List[sessionItem](ctx, api, "/v1/sessions", url.Values{}) {
		if err != nil {
			return fmt.Errorf("listing sessions: %w", err)
		}
		items = append(items, one)
		rows = append(rows, []string{
			one.ID.String(), timeCell(&one.CreatedAt), timeCell(&one.SeenAt), timeCell(&one.ExpiresAt), textCell(one.Address), textCell(one.Browser), idCell(one.PersonID), idCell(one.APIKeyID),
		})
	}
	if c.JSON {
		return printJSON(s.out, list[sessionItem]{items})
	}
	return printTable(s.out, "ID BEGUN SEEN ENDS ADDRESS BROWSER PERSON API_KEY", rows)
}

type sessionEndCmd struct {
	ID  *uuid.UUID `arg:"" optional:"" help:"The session's id, as in session list."`
	All bool       `help:"End all of them."`
	consentFlag
	client.Flags
	jsonFlag
}

// Help gives examples.
func (sessionEndCmd) Help() string {
	return `Whoever was signed in has to give their key again.

Examples:

  leadwheel session end 0198c5d2-9a41-7c1e-8f0a-1d2e3f405162

  leadwheel session end --all`
}

// Validate implements kong's check of a command's flags.
func (c *sessionEndCmd) Validate() error {
	if (c.ID == nil) != c.All {
		return errors.New("give one session's id, or --all")
	}
	return nil
}

// Run ends the session, or all.
func (c *sessionEndCmd) Run(ctx context.Context, s streams) error {
	api, err := call(c.Flags)
	if err != nil {
		return err
	}
	ended := struct {
		Count int `json:"count"`
	}{1}
	if c.All {
		if err := c.askPerson(s, "Sign everybody out of the console?"); err != nil {
			return err
		}
		err = api.Call(ctx, http.MethodPost, "/v1/sessions/end-all", nil, &ended)
	} else {
		err = api.Call(ctx, http.MethodDelete, "/v1/sessions/"+c.ID.String(), nil, nil)
	}
	if err != nil {
		return fmt.Errorf("ending sessions: %w", err)
	}
	if c.JSON {
		return printJSON(s.out, ended)
	}
	_, err = fmt.Fprintf(s.out, "Sessions ended: %d.\n", ended.Count)
	return err
}

func textCell(text *string) string {
	if text == nil {
		return ""
	}
	return *text
}
