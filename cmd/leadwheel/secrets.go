package main

import (
	"context"
	"errors"
	"fmt"
	"strconv"

	"github.com/leadwheel/leadwheel/internal/secret"
	"github.com/leadwheel/leadwheel/store"
)

// secretsCmd is `leadwheel secrets`.
type secretsCmd struct {
	Reseal secretsResealCmd `cmd:"" help:"Seal anew what an older key sealed, so that this key can be taken away."`
}

type secretsResealCmd struct {
	databaseFlags
	SecretKey string `env:"LEADWHEEL_SECRET_KEY" placeholder:"BASE64,…" help:"The keys, as the servers have them. The first seals; all open."`
	jsonFlag
}

// Help gives an example.
func (secretsResealCmd) Help() string {
	return `Put a new key before the old one in LEADWHEEL_SECRET_KEY of every process, start these again, and run this. It may be
run at any time and again, while everything is up. Once it ends with 0, and says of no secret that it is still of an
older key, the old key can be taken away.

Example:

  LEADWHEEL_SECRET_KEY="$NEW_KEY,$OLD_KEY" leadwheel secrets reseal`
}

// Run seals anew, and fails where something is left that no key opens.
func (c *secretsResealCmd) Run(ctx context.Context, s streams) (err error) {
	box, err := secret.NewBox(c.SecretKey)
	if err != nil {
		return usageError{err}
	}
	if box.Empty() {
		return usageError{secret.ErrNoKey}
	}
	st, err := c.open(ctx)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, st.Close()) }()
	counts, err := st.Reseal(ctx, box)
	if err != nil {
		return fmt.Errorf("resealing secrets, which can be done again: %w", err)
	}
	if err := c.print(counts, s); err != nil {
		return err
	}
	left := 0
	for _, n := range counts {
		left += n.Closed + n.Older
	}
	if left > 0 {
		return fmt.Errorf("%d secrets are not sealed with the first key: run this again with every key that is in use, "+
			"or set anew what none of them opens", left)
	}
	return nil
}

func (c *secretsResealCmd) print(counts []store.Sealed, s streams) error {
	if c.JSON {
		return printJSON(s.out, list[store.Sealed]{counts})
	}
	rows := make([][]string, len(counts))
	for i, n := range counts {
		rows[i] = []string{n.Table, strconv.Itoa(n.Rows), strconv.Itoa(n.Resealed), strconv.Itoa(n.Older), strconv.Itoa(n.Closed)}
	}
	return printTable(s.out, "OF SECRETS RESEALED OLDER CLOSED", rows)
}
