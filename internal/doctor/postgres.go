package doctor

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/leadwheel/leadwheel/store"
)

const (
	oldestPostgres = 14
	// spareConnections is what one process uses, with some to spare.
	spareConnections = 20
	// Timestamps are ours and retries go by them, so clocks that differ make leads look early or late.
	smallSkew = 2 * time.Second
	largeSkew = time.Minute
)

// behindPostgres are the checks that need a connection.
var behindPostgres = []string{"database version", "database schema", "database writes", "database clock", "database connections"}

func examinePostgres(ctx context.Context, url string) []Check {
	if url == "" {
		return append([]Check{{"database address", Warning, "DATABASE_URL is not set",
			"leadwheel up starts a private Postgres without it; everything else needs it, as in postgres://user:password@host:5432/name"}},
			skipped("there is no address", append([]string{"database connection"}, behindPostgres...)...)...)
	}
	if err := store.CheckAddress(url); err != nil {
		return append([]Check{{"database address", Broken, "DATABASE_URL cannot be read as an address",
			"write it as postgres://user:password@host:5432/name, with special characters of the password %-encoded"}},
			skipped("the address cannot be read", append([]string{"database connection"}, behindPostgres...)...)...)
	}
	checks := []Check{{"database address", OK, "DATABASE_URL can be read", ""}}
	checks = append(checks, examineStandings(ctx, url)...)
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	server, err := store.InspectServer(ctx, url)
	if err != nil {
		return append(append(checks, Check{"database connection", Broken, err.Error(),
			"check that Postgres runs, that its address, user and password are right, and that it may be reached from here"}),
			skipped("there is no connection", behindPostgres...)...)
	}
	return append(checks, Check{"database connection", OK, "Postgres answers", ""},
		version(server), schema(ctx, url), writes(server), clock(server), connections(server))
}

// examineStandings asks each of several servers. One that does not answer takes its own time, and none of what is looked at after it.
func examineStandings(ctx context.Context, url string) []Check {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	all, err := store.InspectServers(ctx, url)
	if err != nil || len(all) == 0 {
		return nil
	}
	return []Check{standings(all)}
}

// standings says which of several servers is the primary.
func standings(all []store.Standing) Check {
	c := Check{Name: "database servers", State: OK}
	primaries := 0
	found := make([]string, len(all))
	for i, s := range all {
		switch {
		case s.Err != nil:
			found[i] = fmt.Sprintf("%s does not answer (%v)", s.Name, s.Err)
			c.State, c.Advice = Warning, "have it follow the primary again, or take it out of DATABASE_URL: nobody takes over from a primary without a standby"
		case s.Primary:
			found[i] = fmt.Sprintf("%s is the primary (timeline %d)", s.Name, s.Timeline)
			primaries++
		default:
			found[i] = s.Name + " is a standby"
		}
	}
	c.Found = strings.Join(found, ", ")
	switch primaries {
	case 0:
		c.State, c.Advice = Broken, "start the primary, or promote the standby that has the most of its log"
	case 1:
	default:
		c.State = Broken
		c.Advice = "at once stop the one that was the primary before, which has the lower timeline: whoever has not met the other writes to it, and that is lost"
	}
	return c
}

func version(s store.Server) Check {
	c := Check{"database version", OK, fmt.Sprintf("Postgres %d", s.Version), ""}
	if s.Version < oldestPostgres {
		c.State, c.Advice = Broken, fmt.Sprintf("upgrade it to Postgres %d or newer", oldestPostgres)
	}
	return c
}

func schema(ctx context.Context, url string) Check {
	const name = "database schema"
	switch err := store.CheckSchema(ctx, url); {
	case errors.Is(err, store.ErrOldSchema):
		return Check{name, Broken, err.Error(), "run `leadwheel migrate up` with the version of leadwheel that is to serve"}
	case errors.Is(err, store.ErrNewSchema):
		return Check{name, Broken, err.Error(), "run the newer version of leadwheel"}
	case err != nil:
		return Check{name, Broken, err.Error(), "check that the user may create tables in this database, or owns those that are there"}
	}
	return Check{name, OK, "this program works with it", ""}
}

func writes(s store.Server) Check {
	const name = "database writes"
	switch {
	case s.ReadOnly:
		return Check{name, Broken, "the server takes no writes", "point DATABASE_URL to the primary server, not to a replica"}
	case !s.Durable:
		return Check{name, Warning, "fsync or synchronous_commit is off, so a crash of the server may lose leads that were acknowledged",
			"turn both on"}
	}
	return Check{name, OK, "what is committed is on disk", ""}
}

func clock(s store.Server) Check {
	skew := s.Skew.Abs().Round(time.Millisecond)
	c := Check{"database clock", OK, fmt.Sprintf("it differs from ours by %s", skew), ""}
	if skew > smallSkew {
		c.State, c.Advice = Warning, "synchronise the clocks of both machines (NTP)"
	}
	if skew > largeSkew {
		c.State = Broken
	}
	return c
}

func connections(s store.Server) Check {
	c := Check{"database connections", OK, fmt.Sprintf("%d of %d are in use", s.Connections, s.MaxConnections), ""}
	if s.MaxConnections-s.Connections < spareConnections {
		c.State = Warning
		c.Advice = "raise max_connections, or lower LEADWHEEL_MAX_CONNS: each process opens as many as that says, 16 by default"
	}
	return c
}
