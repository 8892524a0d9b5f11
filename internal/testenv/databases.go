package testenv

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"sync"

	"github.com/lib/pq"
)

// templateName is the database that the servers' files come with, migrated. To copy it, nobody may be connected to it.
const templateName = "leadwheel"

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

// newDatabases hands out clones on the server at serverURL, which has the template.
func newDatabases(ctx context.Context, serverURL string) (*databases, error) {
	u, err := url.Parse(serverURL)
	if err != nil {
		return nil, fmt.Errorf("reading the address of the tests' Postgres: %w", err)
	}
	d := &databases{url: u}
	connector, err := pq.NewConnector(d.address("postgres"))
	if err != nil {
		return nil, fmt.Errorf("reading the address of the tests' Postgres: %w", err)
	}
	d.admin = sql.OpenDB(connector)
	var version int
	if err := d.admin.QueryRowContext(ctx, "SELECT current_setting('server_version_num')::int").Scan(&version); err != nil {
		return nil, errors.Join(fmt.Errorf("asking the tests' Postgres for its version: %w", err), d.close())
	}
	if version >= 15_00_00 {
		d.strategy = " STRATEGY file_copy"
	}
	return d, d.warm(ctx)
}

// warm connects to the template once, which makes the file that each first connection to a clone would make otherwise.
func (d *databases) warm(ctx context.Context) error {
	db, err := sql.Open("postgres", d.address(templateName))
	if err != nil {
		return fmt.Errorf("reading the address of the tests' database: %w", err)
	}
	if err := errors.Join(db.PingContext(ctx), db.Close()); err != nil {
		return fmt.Errorf("connecting to the tests' database: %w", err)
	}
	return nil
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
