package main

import (
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/url"
	"strings"

	"github.com/google/uuid"

	"github.com/leadwheel/leadwheel/internal/standalone"
	"github.com/leadwheel/leadwheel/internal/web/api"
)

// announcement is what `leadwheel up` says once it serves.
type announcement struct {
	URL        string `json:"url"`
	OpenAPIURL string `json:"openapi_url"`
	ConsoleURL string `json:"console_url"`
	// SignInURL opens the console signed in, once.
	SignInURL   string     `json:"sign_in_url"`
	QueuesURL   string     `json:"queues_url"`
	APIKey      string     `json:"api_key"`
	KeyFile     string     `json:"key_file"`
	WorkspaceID uuid.UUID  `json:"workspace_id"`
	Workspace   string     `json:"workspace"`
	GroupID     *uuid.UUID `json:"group_id"`
	Group       string     `json:"group"`
	// Push and Show are curl lines that push a lead to the group, and show who got it.
	Push string `json:"push"`
	Show string `json:"show"`
	// Settings are the variables with which other commands find the private servers.
	Settings []string `json:"settings"`
	Notes    []string `json:"notes"`
}

func (c *upCmd) announce(all *standalone.Standalone, s streams) error {
	a, err := announcementOf(all)
	if err != nil {
		return err
	}
	if c.JSON {
		return printJSON(s.out, a)
	}
	a.print(s.out)
	return nil
}

func announcementOf(all *standalone.Standalone) (announcement, error) {
	base, err := local(all.URL())
	if err != nil {
		return announcement{}, err
	}
	ops, err := local(all.OpsURL())
	if err != nil {
		return announcement{}, err
	}
	a := announcement{
		URL: base, OpenAPIURL: base + "/v1/openapi.json", ConsoleURL: base + "/console/", SignInURL: base + api.SignInPath + all.SignInLink, QueuesURL: ops + "/queues", APIKey: all.AdminKey, KeyFile: all.KeyFile,
		WorkspaceID: all.Workspace.ID, Workspace: all.Workspace.Name, Notes: append([]string{}, all.Notes...),
		Settings: append([]string{}, all.Settings...),
	}
	lead := map[string]any{"name": "Siti Rahman", "phone": "+60 12-345 6789"}
	if all.Group != nil {
		a.GroupID, a.Group = &all.Group.ID, all.Group.Name
		lead["distribute"] = map[string]any{"group_id": all.Group.ID}
	} else {
		a.Notes = append(a.Notes, "This workspace has no distribution group, so the lead below is stored and not distributed.")
	}
	body, err := json.Marshal(lead)
	if err != nil {
		return a, fmt.Errorf("writing an example: %w", err)
	}
	// Neither ids and keys nor the address of a listener have characters that the shell would take for its own.
	key := "-H 'Authorization: Bearer " + a.APIKey + "'"
	a.Push = fmt.Sprintf("curl -sS '%s/v1/leads' %s -H 'Content-Type: application/json' -d '%s'", base, key, body)
	a.Show = fmt.Sprintf("curl -sS '%s/v1/assigned-leads?limit=10' %s", base, key)
	return a, nil
}

// print writes the announcement. Nothing is said about a failed write: Leadwheel serves on, heard or not.
func (a announcement) print(w io.Writer) {
	fmt.Fprintf(w, "\nLeadwheel is up.\n\n")
	for _, line := range [][2]string{
		{"API", a.URL + "   (described in " + a.OpenAPIURL + ")"},
		{"Console", a.SignInURL},
		{"", "(this link signs you in, once, within 15 minutes; after that " + a.ConsoleURL + " with the admin key)"},
		{"Queues", a.QueuesURL},
		{"Workspace", printable(a.Workspace)},
		{"Admin key", a.APIKey + "   (kept in " + a.KeyFile + ")"},
	} {
		fmt.Fprintf(w, "  %-10s %s\n", line[0], line[1])
	}
	for _, note := range a.Notes {
		fmt.Fprintf(w, "\n%s\n", note)
	}
	fmt.Fprintf(w, "\nPush a lead:\n\n%s\n\nSee who got it:\n\n%s\n", a.Push, a.Show)
	if len(a.Settings) > 0 {
		fmt.Fprintf(w, "\nFor leadwheel audit, doctor and other commands that need the servers:\n\nexport %s\n", strings.Join(a.Settings, " "))
	}
	fmt.Fprint(w, "\nCtrl-C stops it.\n")
}

// local is a listener's address as this machine reaches it: one that listens everywhere listens here too.
func local(address string) (string, error) {
	u, err := url.Parse(address)
	if err != nil {
		return "", fmt.Errorf("reading the listener's address: %w", err)
	}
	if ip := net.ParseIP(u.Hostname()); ip != nil && ip.IsUnspecified() {
		u.Host = net.JoinHostPort("127.0.0.1", u.Port())
	}
	return u.String(), nil
}
