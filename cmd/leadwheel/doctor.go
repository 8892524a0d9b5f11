package main

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/leadwheel/leadwheel/internal/doctor"
)

// doctorCmd is `leadwheel doctor`.
type doctorCmd struct {
	DatabaseURL string `name:"database-url" env:"DATABASE_URL" placeholder:"ADDRESS" help:"Postgres."`
	RedisURL    string `name:"redis-url" env:"REDIS_URL" placeholder:"ADDRESS" help:"Redis."`
	SecretKey   string `env:"LEADWHEEL_SECRET_KEY" placeholder:"BASE64,…" help:"The keys that seal secrets, to see that they open them."`
	URL         string `name:"url" env:"LEADWHEEL_URL" placeholder:"URL" help:"Public address of a running server, to look at it too."`
	DataDir     string `env:"LEADWHEEL_DATA_DIR" default:".leadwheel" placeholder:"DIR" help:"Where leadwheel up keeps its data. Default ${default}."`
	replicaFlag
	messageFlags
	signInFlags
	jsonFlag
}

// Help gives an example.
func (doctorCmd) Help() string {
	return `Ends with 1 where something is broken; warnings are only said. The mail server is signed in to and the Telegram bot is asked
for its name where they are set; no message is sent.

Example:

  DATABASE_URL=postgres://leadwheel@db/leadwheel REDIS_URL=redis://queue:6379/0 leadwheel doctor`
}

// Run prints each check with what to do.
func (c *doctorCmd) Run(ctx context.Context, s streams) error {
	checks := doctor.Examine(ctx, doctor.Options{
		DatabaseURL: c.DatabaseURL, ReplicaURL: c.ReplicaURL, RedisURL: c.RedisURL, SecretKeys: c.SecretKey, URL: c.URL, DataDir: c.DataDir, Messages: c.examined(), OpenID: c.openID(),
	})
	if err := c.print(checks, s); err != nil {
		return err
	}
	broken := slices.DeleteFunc(checks, func(check doctor.Check) bool { return check.State != doctor.Broken })
	if len(broken) == 0 {
		return nil
	}
	names := make([]string, len(broken))
	for i, check := range broken {
		names[i] = check.Name
	}
	return fmt.Errorf("broken: %s", strings.Join(names, ", "))
}

func (c *doctorCmd) print(checks []doctor.Check, s streams) error {
	if c.JSON {
		broken := func(check doctor.Check) bool { return check.State == doctor.Broken }
		return printJSON(s.out, struct {
			OK     bool           `json:"ok"`
			Checks []doctor.Check `json:"checks"`
		}{!slices.ContainsFunc(checks, broken), checks})
	}
	for _, check := range checks {
		fmt.Fprintf(s.out, "%-8s %-21s %s\n", check.State, check.Name, printable(check.Found))
		if check.Advice != "" {
			fmt.Fprintf(s.out, "%30s → %s\n", "", check.Advice)
		}
	}
	return nil
}
