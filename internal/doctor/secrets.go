package doctor

import (
	"context"
	"errors"
	"fmt"

	"github.com/leadwheel/leadwheel/internal/secret"
	"github.com/leadwheel/leadwheel/store"
)

const secretsCheck = "sealed secrets"

// examineSecrets opens what is sealed with the keys that are set. postgres are the checks of the database, without which
// there is nothing to look at.
func examineSecrets(ctx context.Context, o Options, postgres []Check) (c Check) {
	for _, p := range postgres {
		if p.Name == "database schema" && p.State != OK || p.Name == "database connection" && p.State != OK {
			return skipped("the database cannot be read", secretsCheck)[0]
		}
	}
	c = Check{Name: secretsCheck}
	box, err := secret.NewBox(o.SecretKeys)
	if err != nil {
		c.State, c.Found, c.Advice = Broken, err.Error(), "make a key with `head -c 32 /dev/urandom | base64`"
		return c
	}
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	counts, err := countSealed(ctx, o.DatabaseURL, box)
	if err != nil {
		c.State, c.Found, c.Advice = Warning, err.Error(), "run it again; the other checks say what is wrong with the database"
		return c
	}
	return secrets(counts, box.Empty())
}

func countSealed(ctx context.Context, url string, box *secret.Box) (counts []store.Sealed, err error) {
	st, err := store.Open(ctx, store.Options{DatabaseURL: url, MaxConns: 1})
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, st.Close()) }()
	return st.LookAtSealed(ctx, box)
}

// secrets says what the counts mean.
func secrets(counts []store.Sealed, noKey bool) Check {
	var rows, older, closed int
	for _, n := range counts {
		rows, older, closed = rows+n.Rows, older+n.Older, closed+n.Closed
	}
	switch {
	case noKey:
		return Check{secretsCheck, Warning, fmt.Sprintf("LEADWHEEL_SECRET_KEY is not set, and %d secrets are sealed", rows),
			"set it as the servers have it; up keeps one in its data folder, and serve without one takes no secrets of integrations and webhooks"}
	case closed > 0:
		return Check{secretsCheck, Broken, fmt.Sprintf("none of the keys opens %d of %d secrets", closed, rows),
			"add the key that they were sealed with to LEADWHEEL_SECRET_KEY, or set these integrations' secrets anew"}
	case older > 0:
		return Check{secretsCheck, Warning, fmt.Sprintf("%d of %d secrets are sealed with an older key", older, rows),
			"run `leadwheel secrets reseal`; after that the older key can be taken away"}
	}
	return Check{secretsCheck, OK, fmt.Sprintf("the first key opens all %d", rows), ""}
}
