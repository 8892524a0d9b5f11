package store

import (
	"cmp"
	"context"
	"database/sql"
	"embed"
	"errors"
	"fmt"
	"io/fs"

	"github.com/jmoiron/sqlx"
	"github.com/pressly/goose/v3"
	"github.com/pressly/goose/v3/lock"
)

//go:embed migrations/*.sql
var migrations embed.FS

// ErrOldSchema means that the database needs `leadwheel migrate up` before this program can serve it.
var ErrOldSchema = errors.New("the database schema is older than this program's; run `leadwheel migrate up` with this version of leadwheel first")

// ErrNewSchema means that the database was brought to the schema of a newer program, with which this one does not work any more.
var ErrNewSchema = errors.New("the database schema is of a newer version of leadwheel, with which this one does not work any more; run that version, or restore a backup")

// A Migration is one step of the schema and whether the database has it.
type Migration struct {
	Version int64  `json:"version"`
	Name    string `json:"name"`
	Applied bool   `json:"applied"`
}

// programs are the steps that a program does and no file: what they are listed as, and what they do. It goes part by part, beside
// the program that runs, and may be broken off and begun again.
var programs = map[int64]struct {
	name string
	do   func(context.Context, *sqlx.DB) error
}{
	readAgainVersion:    {readAgainName, readAgain},
	fillContactsVersion: {fillContactsName, fillContacts},
}

func programMigrations(url string) (all []*goose.Migration) {
	for version, p := range programs {
		all = append(all, goose.NewGoMigration(version, &goose.GoFunc{RunDB: func(ctx context.Context, _ *sql.DB) error {
			return onDatabase(url, func(db *sqlx.DB) error { return p.do(ctx, db) })
		}}, nil))
	}
	return all
}

// onDatabase does something on a connection that passes arrays as they are, which the migrations' own does not.
func onDatabase(url string, do func(*sqlx.DB) error) error {
	db, err := openDB(url, 1)
	if err != nil {
		return err
	}
	return errors.Join(do(db), db.Close())
}

// Migrate brings the database at url, and what earlier versions stored in it, to this program's schema. Programs that
// migrate at once wait for one another. What runs meanwhile is held up for a moment at the most: see upGently. It returns ErrPooled for
// the address of a pooler.
func Migrate(ctx context.Context, url string) error {
	if a, err := readAddress(url); err != nil || a.pooled {
		return cmp.Or(err, ErrPooled)
	}
	if err := upGently(ctx, url); err != nil {
		return fmt.Errorf("migrating the database: %w", err)
	}
	// Also those that an earlier version made since, while it went on beside this one.
	return onDatabase(url, func(db *sqlx.DB) error { return fillSourceKeys(ctx, db) })
}

// Migrations lists the schema's steps, oldest first.
func Migrations(ctx context.Context, url string) ([]Migration, error) {
	var all []Migration
	err := withMigrations(url, func(p *goose.Provider, _ *sql.DB) error {
		statuses, err := p.Status(ctx)
		if err != nil {
			return fmt.Errorf("reading the state of the schema: %w", err)
		}
		for _, s := range statuses {
			all = append(all, Migration{s.Source.Version, cmp.Or(s.Source.Path, programs[s.Source.Version].name), s.State == goose.StateApplied})
		}
		return nil
	})
	return all, err
}

// CheckSchema returns ErrOldSchema where the database at url lacks steps of this program's schema, and ErrNewSchema where it has so many
// more that this program does not work with it: each migration that takes something away says in schema_floor from which version on
// programs do without.
func CheckSchema(ctx context.Context, url string) error {
	return withMigrations(url, func(p *goose.Provider, db *sql.DB) error {
		current, target, err := p.GetVersions(ctx)
		switch {
		case err != nil:
			return fmt.Errorf("reading the version of the schema: %w", err)
		case current < target:
			return fmt.Errorf("%w (it is at version %d, this program needs %d)", ErrOldSchema, current, target)
		case current == target:
			return nil
		}
		var oldest int64
		if err := db.QueryRowContext(ctx, `SELECT version FROM schema_floor`).Scan(&oldest); err != nil {
			return fmt.Errorf("reading which programs the schema is for: %w", err)
		}
		if target < oldest {
			return fmt.Errorf("%w (it is at version %d and for programs from %d on, this one is of %d)", ErrNewSchema, current, oldest, target)
		}
		return nil
	})
}

func withMigrations(url string, do func(*goose.Provider, *sql.DB) error, parameters ...string) (err error) {
	a, err := readAddress(url)
	if err != nil {
		return err
	}
	for i := 0; i < len(parameters); i += 2 { // a name, and its value
		a.Runtime[parameters[i]] = parameters[i+1]
	}
	a.BinaryParameters = a.pooled // a query is one round trip then, which no other connection can come between
	at, err := newServers(a)
	if err != nil {
		return err
	}
	db := sql.OpenDB(bare{&lines{servers: at}})
	defer func() { err = errors.Join(err, db.Close()) }()
	files, err := fs.Sub(migrations, "migrations")
	if err != nil {
		return err
	}
	locker, err := lock.NewPostgresSessionLocker()
	if err != nil {
		return err
	}
	p, err := goose.NewProvider(goose.DialectPostgres, db, files, goose.WithSessionLocker(locker), goose.WithGoMigrations(programMigrations(url)...))
	if err != nil {
		return fmt.Errorf("preparing the migrations: %w", err)
	}
	return do(p, db)
}
