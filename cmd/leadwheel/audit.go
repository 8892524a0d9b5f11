package main

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/leadwheel/leadwheel/store"
	"github.com/leadwheel/leadwheel/tasks"
)

// auditCmd is `leadwheel audit`.
type auditCmd struct {
	databaseFlags
	alwaysJSON
	Repair   bool   `help:"Mend what can be mended without a loss. Without --yes it only says what it would do."`
	Yes      bool   `short:"y" help:"With --repair: do it."`
	RedisURL string `name:"redis-url" env:"REDIS_URL" placeholder:"ADDRESS" help:"Redis, to look for turns that its cursors have lost; without it that check is left out."`
}

// Help gives an example.
func (auditCmd) Help() string {
	return `Checks the promises on the live database, over all workspaces: nothing lost, nothing doubled, every turn used
once and by the right receiver. Prints a JSON report, and exits with 1 if a promise is broken. It reads whole tables,
and holds nobody up. The console shows what the last audit found to admins who have the installation to themselves.

With --repair the report lists what would be mended, and how many rows that changes; with --yes it is mended, and the
report is of afterwards. It counts anew, takes ways in away, empties what was erased, and has the scheduler look again;
what is gone, or was given to somebody, it leaves to people.

Examples:

  leadwheel audit | jq '.checks[] | select(.ok | not)'

  leadwheel audit --repair --yes | jq .repairs`
}

// Validate refuses a consent to nothing.
func (c *auditCmd) Validate() error {
	if c.Yes && !c.Repair {
		return errors.New("--yes goes with --repair")
	}
	return nil
}

// Run prints the report.
func (c *auditCmd) Run(ctx context.Context, s streams) (err error) {
	if err := store.CheckSchema(ctx, c.DatabaseURL); err != nil {
		return err
	}
	options := store.Options{DatabaseURL: c.DatabaseURL, MaxConns: 2}
	if c.RedisURL != "" {
		if options.Redis, err = tasks.OpenRedis(c.RedisURL); err != nil {
			return usageError{err}
		}
		defer func() { err = errors.Join(err, options.Redis.Close()) }()
	}
	st, err := store.Open(ctx, options)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, st.Close()) }()
	report, repairs, err := c.look(ctx, st)
	if err != nil {
		return err
	}
	if err := st.KeepAudit(ctx, report); err != nil {
		return err
	}
	if err := printJSON(s.out, struct {
		store.AuditReport
		Repairs []store.Repair `json:"repairs,omitempty"`
	}{report, repairs}); err != nil {
		return err
	}
	return broken(report)
}

// broken says which promises are, or returns nil.
func broken(report store.AuditReport) error {
	var named []string
	for _, check := range report.Checks {
		if !check.OK {
			named = append(named, fmt.Sprintf("%s (%d found; %s)", check.Name, check.Found, check.Remedy))
		}
	}
	if len(named) > 0 {
		return fmt.Errorf("the audit found %d promises broken, see the report: %s", len(named), strings.Join(named, ", "))
	}
	return nil
}

// look makes the audit, and mends what it is asked to mend.
func (c *auditCmd) look(ctx context.Context, st *store.Store) (report store.AuditReport, repairs []store.Repair, err error) {
	if report, err = st.Audit(ctx); err != nil || !c.Repair {
		return report, nil, err
	}
	if repairs, err = st.Repair(ctx, report, !c.Yes); err != nil || !c.Yes {
		return report, repairs, err
	}
	report, err = st.Audit(ctx)
	return report, repairs, err
}
