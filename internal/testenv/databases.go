package testenv

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"sync"

	"github.com/lib/pq"

	"github.com/leadwheel/leadwheel/store"
)

const templateName = "leadwheel_template"

// databases hands out clones of a migrated database.
type databases struct {
	url   *url.URL
	admin *sql.DB
	// strategy has Postgres copy the template's files. What it does by itself from version 15 on, to write it all to the
	// log, takes four times as long.
	strategy string

	// mu lets one clone be made at a time: Postgres refuses to copy a template that is being copied.
	mu   sync.Mutex
	made int
}

// newDatabases makes and migrates the template on the server at serverURL.
func newDatabases(ctx context.Context, serverURL string) (*databases, error) {
	u, err := url.Parse(serverURL)
	if err != nil {
		return nil, fmt.Errorf("reading the address of the tests' Postgres: %w", err)
	}
	connector, err := pq.NewConnector(serverURL)
	if err != nil {
		return nil, fmt.Errorf("reading the address of the tests' Postgres: %w", err)
	}
	d := &databases{url: u, admin: sql.OpenDB(connector)}
	var version int
	if err := d.admin.QueryRowContext(ctx, "SELECT current_setting('server_version_num')::int").Scan(&version); err != nil {
		return nil, errors.Join(fmt.Errorf("asking the tests' Postgres for its version: %w", err), d.close())
	}
	if version >= 15_00_00 {
		d.strategy = " STRATEGY file_copy"
	}
	if _, err := d.admin.ExecContext(ctx, "CREATE DATABASE "+templateName); err != nil {
		return nil, errors.Join(fmt.Errorf("making the template database: %w", err), d.close())
	}
	if err := store.Migrate(ctx, d.address(templateName)); err != nil {
		return nil, errors.Join(fmt.Errorf("migrating the template database: %w", err), d.close())
	}
	return d, nil
}

// clone makes a migrated, empty database and returns its name.
func (d *databases) clone(ctx context.Context) (string, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.made++
	name := fmt.Sprintf("test_%d", d.made)
	if _, err := d.admin.ExecContext(ctx, "CREATE DATABASE "+name+" TEMPLATE "+templateName+d.strategy); err != nil {
		return "", fmt.Errorf("cloning the template database: %w", err)
	}
	return name, nil
}

// drop removes a clone, whoever is still connected to it.
func (d *databases) drop(ctx context.Context, name string) error {
	if _, err := d.admin.ExecContext(ctx, "DROP DATABASE "+name+" WITH (FORCE)"); err != nil {
		return fmt.Errorf("dropping the test's database: %w", err)
	}
	return nil
}

func (d *databases) address(name string) string {
	u := *d.url
	u.Path = "/" + name
	return u.String()
}

func (d *databases) close() error { return d.admin.Close() }
