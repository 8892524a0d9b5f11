//go:build unix

package localservices

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"time"

	"github.com/lib/pq"
)

// databaseURL names one database of the server. Clients read the socket's folder from the host parameter, and its name
// from the port.
func (p *postgres) databaseURL(database string) string {
	u := url.URL{
		Scheme:   "postgres",
		User:     url.User(databaseName),
		Path:     "/" + database,
		RawQuery: url.Values{"host": {p.socket}, "port": {p.port()}, "sslmode": {"disable"}}.Encode(),
	}
	return u.String()
}

// ready waits until the server answers and has our database.
func (p *postgres) ready(ctx context.Context, proc *process) error {
	connector, err := pq.NewConnector(p.databaseURL("postgres"))
	if err != nil {
		return fmt.Errorf("addressing the new server: %w", err)
	}
	db := sql.OpenDB(connector)
	err = proc.untilReady(ctx, db.PingContext)
	if err == nil {
		err = createDatabase(ctx, db)
	}
	return errors.Join(err, db.Close())
}

func createDatabase(ctx context.Context, db *sql.DB) error {
	ctx, cancel := context.WithTimeout(ctx, 30*time.Second)
	defer cancel()
	var exists bool
	const query = `SELECT EXISTS (SELECT FROM pg_database WHERE datname = $1)`
	if err := db.QueryRowContext(ctx, query, databaseName).Scan(&exists); err != nil {
		return fmt.Errorf("looking for the database %s: %w", databaseName, err)
	}
	if exists {
		return nil
	}
	if _, err := db.ExecContext(ctx, "CREATE DATABASE "+pq.QuoteIdentifier(databaseName)); err != nil {
		return fmt.Errorf("creating the database %s: %w", databaseName, err)
	}
	return nil
}
