package store

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/lib/pq"
)

// A Server is what a Postgres server says of itself.
type Server struct {
	// Version is the major version, as in 15.
	Version int `db:"version"`
	// MaxConnections is how many connections it takes, Connections how many there are.
	MaxConnections int `db:"max_connections"`
	Connections    int `db:"connections"`
	// ReadOnly servers take no writes: they are replicas, or set so.
	ReadOnly bool `db:"read_only"`
	// Durable servers have committed work on disk before they say so.
	Durable bool      `db:"durable"`
	Clock   time.Time `db:"clock"`
	// Skew is how far the server's clock is ahead of ours, as well as the round trip lets one tell.
	Skew time.Duration `db:"-"`
}

// InspectServer asks the server at url about itself. The database needs no schema for it.
func InspectServer(ctx context.Context, url string) (s Server, err error) {
	db, err := openDB(url, 1)
	if err != nil {
		return s, err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	if err := db.PingContext(ctx); err != nil { // so that connecting does not count as a slow answer below
		return s, connecting(err)
	}
	asked := time.Now()
	err = db.GetContext(ctx, &s, `
		SELECT current_setting('server_version_num')::integer / 10000 AS version,
			current_setting('max_connections')::integer AS max_connections,
			(SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'client backend') AS connections,
			current_setting('transaction_read_only')::boolean AS read_only,
			current_setting('fsync')::boolean AND current_setting('synchronous_commit') <> 'off' AS durable,
			clock_timestamp() AS clock`)
	answered := time.Now()
	if err != nil {
		return s, fmt.Errorf("asking Postgres about itself: %w", err)
	}
	s.Skew = s.Clock.Sub(asked.Add(answered.Sub(asked) / 2))
	return s, nil
}

// A Standing is what one of an address' servers is.
type Standing struct {
	// Name is its "host:port".
	Name string
	// Primary servers take writes, and Timeline is how often one was promoted so far; others follow one.
	Primary  bool
	Timeline int64
	// Err is why it does not tell.
	Err error
}

// InspectServers asks each server of an address what it is. It returns none where the address does not name several, of which one is to be
// the primary.
func InspectServers(ctx context.Context, url string) ([]Standing, error) {
	a, err := readAddress(url)
	if err != nil || !a.primary || a.pooled || len(a.Multi) == 0 {
		return nil, err
	}
	a.TargetSessionAttrs = pq.TargetSessionAttrsAny
	at, err := newServers(a)
	if err != nil {
		return nil, err
	}
	l := &lines{servers: at}
	all := make([]Standing, len(at.names))
	var asking sync.WaitGroup
	for i, name := range at.names {
		asking.Go(func() {
			all[i] = Standing{Name: name}
			c, opened, err := l.connect(ctx, at.connectors[i], nil)
			if err != nil {
				all[i].Err = err
				return
			}
			all[i].Err = errors.Join(opened.know(ctx, c), quietly(c.Close()))
			all[i].Timeline = opened.server.timeline
			all[i].Primary = opened.server.timeline > 0
		})
	}
	asking.Wait()
	return all, nil
}
