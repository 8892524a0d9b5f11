package doctor

import (
	"context"
	"fmt"
	"time"

	"github.com/leadwheel/leadwheel/store"
)

// examineReplica looks whether the replica follows the database, and how closely. Where there is none it says nothing.
func examineReplica(ctx context.Context, o Options) []Check {
	const name = "database replica"
	if o.ReplicaURL == "" {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	s, err := store.Open(ctx, store.Options{DatabaseURL: o.DatabaseURL, ReplicaURL: o.ReplicaURL, MaxConns: 1})
	if err != nil {
		return skipped("there is no database to compare it with", name)
	}
	defer func() { _ = s.Close() }() // nothing is left on it
	began := time.Now()
	if err := s.FollowReplica(ctx); err != nil {
		return []Check{{name, Warning, err.Error(),
			"lists, exports and simulations are read from the database meanwhile; see that LEADWHEEL_REPLICA_URL is a standby of it that runs, and can be reached"}}
	}
	return []Check{{name, OK, fmt.Sprintf("it had all that the database had within %s", time.Since(began).Round(time.Millisecond)), ""}}
}
