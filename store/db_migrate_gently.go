package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"path"
	"strings"
	"time"

	"github.com/lib/pq"
	"github.com/lib/pq/pqerror"
	"github.com/pressly/goose/v3"
)

const (
	// queued is how long a migration waits for a lock on a table. Whoever comes after it waits behind it, though they only read.
	queued = 500 * time.Millisecond
	// lockPatience is for how long a lock is asked for again and again, with pauses in which the others go on.
	lockPatience = 10 * time.Minute
)

// upGently applies the migrations that are missing. One that needs a table for itself, if only for a moment, waits behind whoever uses it,
// as an export of an hour, and everybody else would wait behind the migration: so it gives up after queued and tries again. Those that
// run outside of a transaction take no such locks, and wait for as long as it takes.
func upGently(ctx context.Context, url string) error {
	steps, err := stretches(url)
	if err != nil {
		return err
	}
	for _, s := range steps {
		var parameters []string
		if s.locks {
			parameters = []string{"lock_timeout", fmt.Sprint(queued.Milliseconds())}
		}
		if err := withMigrations(url, func(p *goose.Provider, _ *sql.DB) error { return upTo(ctx, p, s.to) }, parameters...); err != nil {
			return err
		}
	}
	return nil
}

// upTo applies the migrations up to a version, and tries again where a table is in use.
func upTo(ctx context.Context, p *goose.Provider, version int64) error {
	for began := time.Now(); ; {
		_, err := p.UpTo(ctx, version)
		var refused *pq.Error
		if !errors.As(err, &refused) || refused.Code != pqerror.LockNotAvailable {
			return err
		}
		if time.Since(began) > lockPatience {
			return fmt.Errorf("%w; somebody has used a table for %s, see pg_stat_activity: run this again when they are done", err, lockPatience)
		}
		select {
		case <-ctx.Done():
			return errors.Join(err, ctx.Err())
		case <-time.After(queued + rand.N(queued)):
		}
	}
}

// A stretch of the migrations: those up to a version, after the stretch before, which all lock tables or all do not.
type stretch struct {
	to    int64
	locks bool
}

// stretches cuts the migrations into stretches, in their order.
func stretches(url string) (all []stretch, err error) {
	err = withMigrations(url, func(p *goose.Provider, _ *sql.DB) error {
		for _, source := range p.ListSources() {
			locks := true
			if source.Type == goose.TypeSQL {
				text, err := fs.ReadFile(migrations, path.Join("migrations", path.Base(source.Path)))
				if err != nil {
					return fmt.Errorf("reading migration %d: %w", source.Version, err)
				}
				locks = !strings.Contains(string(text), "-- +goose NO TRANSACTION")
			}
			if len(all) == 0 || all[len(all)-1].locks != locks {
				all = append(all, stretch{locks: locks})
			}
			all[len(all)-1].to = source.Version
		}
		return nil
	})
	return all, err
}
