package app_test

import (
	"context"
	"fmt"
	"os"
	"testing"
	"time"

	"github.com/leadwheel/leadwheel/internal/app"
	"github.com/leadwheel/leadwheel/internal/testenv"
)

// TestPointInTimeRestore restores a database to a point, by a base backup and the log, when Leadwheel has gone on for long: with the Redis that
// has handed out many turns more, with an old one, and with none. Work goes on in each, every turn in place.
func TestPointInTimeRestore(t *testing.T) {
	t.Parallel()
	if os.Getenv("LEADWHEEL_SOAK") == "" {
		t.Skip("it is for `make soak` and `make test-postgres`")
	}
	archive := testenv.NewArchive(t)
	d := testenv.NewDedicated(t, testenv.WithPostgresSettings(archive.Settings()))
	s := newScene(t, &d.Env, 4)
	a, err := app.Start(t.Context(), s.config(app.Roles()...))
	s.must(err)
	give := func(n int) {
		t.Helper()
		before := s.copies()
		s.assign(s.storeLeads(n))
		s.untilCopies(before+n, time.Minute)
	}
	give(100)
	old := s.remember()
	backup := d.PostgresServer.BaseBackup()
	give(101)
	s.DB.MustExec(`SELECT pg_create_restore_point('here')`)
	var at string
	s.must(s.DB.Get(&at, `SELECT clock_timestamp()::text`))
	const further = 10_000
	give(further)
	s.must(a.Stop(context.Background()))
	var part string
	s.must(s.DB.Get(&part, `SELECT pg_walfile_name(pg_switch_wal())`))
	testenv.Eventually(t, time.Minute, func() error {
		var archived bool
		err := s.DB.Get(&archived, `SELECT coalesce(last_archived_wal >= $1, false) FROM pg_stat_archiver`, part)
		if err == nil && !archived {
			err = fmt.Errorf("part %s of the log is not archived", part)
		}
		return err
	})
	ahead := s.remember()

	for _, c := range []struct {
		redis, target, value string
		before               func()
	}{
		{"far ahead", "recovery_target_name", "here", func() { s.recall(ahead) }},
		{"old", "recovery_target_time", at, func() { s.recall(old) }},
		{"empty", "recovery_target_name", "here", func() { s.recall(nil) }},
	} {
		began := time.Now()
		restored := *s
		restored.Env = archive.Restore(backup, c.target, c.value, s.RedisURL, s.Redis)
		if n := restored.copies(); n != 201 {
			t.Fatalf("the database has %d copies, and had 201 at the point it was restored to", n)
		}
		took := time.Since(began)
		c.before()
		a, err := app.Start(t.Context(), restored.config(app.Roles()...))
		s.must(err)
		restored.assign(restored.storeLeads(1 + 3*4))
		restored.untilIdle(time.Minute)
		var shares []int
		s.must(restored.DB.Select(&shares, `SELECT count(*) FROM assigned_leads GROUP BY member_id ORDER BY 1`))
		if fmt.Sprint(shares) != "[53 53 54 54]" {
			t.Errorf("with a Redis that is %s, members have %v leads of 214", c.redis, shares)
		}
		restored.audit()
		s.must(a.Stop(context.Background()))
		t.Logf("restored with a Redis that is %s, by %s, in %s", c.redis, c.target, took.Round(100*time.Millisecond))
	}
}

// remember is what Redis has, by key.
func (s *scene) remember() map[string]string {
	s.t.Helper()
	all := make(map[string]string)
	keys, err := s.Redis.Keys(s.t.Context(), "*").Result()
	s.must(err)
	for _, key := range keys {
		if dump, err := s.Redis.Dump(s.t.Context(), key).Result(); err == nil { // it may have gone meanwhile
			all[key] = dump
		}
	}
	return all
}

// recall has Redis have that again, and nothing else.
func (s *scene) recall(all map[string]string) {
	s.t.Helper()
	s.must(s.Redis.FlushAll(s.t.Context()).Err())
	for key, dump := range all {
		s.must(s.Redis.Restore(s.t.Context(), key, 0, dump).Err())
	}
}
