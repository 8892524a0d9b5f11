package app_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"testing"
	"time"

	"github.com/leadwheel/leadwheel/internal/app"
	"github.com/leadwheel/leadwheel/internal/testenv"
	"github.com/leadwheel/leadwheel/store"
	"github.com/leadwheel/leadwheel/tasks"
)

const (
	// takeover is within what time leads go out again once a standby was promoted. It was 2 to 9 s; on a busy machine it is longer.
	takeover = 40 * time.Second
	// longestRequest is what a request may take: its deadline is 30 s.
	longestRequest = 45 * time.Second
)

// pgPair is a Postgres whose commits wait for a standby, which may take over.
type pgPair struct {
	old, next *testenv.Backend
	// url is the address of whichever serves.
	url string
	// fail has the old one fail, back has it come back and believe that it still serves.
	fail, back func()
	// lead leads the address to the next one, where it does not by itself.
	lead func()
}

// TestPostgresFailsOver has leads come in by the API, by pushes and in bulk while Postgres dies, freezes or is only said to have, and its
// synchronous standby is promoted: by an address that names both, and by a name that leads to the one and then the other. All that was
// acknowledged is there and goes out once, in turn; leads go on within seconds; and nothing is written to the old server any more, which
// comes back as it was.
func TestPostgresFailsOver(t *testing.T) {
	t.Parallel()
	bulk, soak := 2000, os.Getenv("LEADWHEEL_SOAK") != ""
	if soak {
		bulk = 20_000
	}
	for _, c := range []struct {
		name  string
		fault string
		named bool
		short bool
	}{
		{"both in the address, killed", "killed", false, false},
		{"both in the address, frozen", "frozen", false, true},
		{"both in the address, the old one goes on", "goes on", false, false},
		{"one name, killed", "killed", true, false},
		{"one name, frozen", "frozen", true, false},
		{"one name, the old one goes on", "goes on", true, false},
	} {
		if !c.short && !soak {
			continue
		}
		t.Run(c.name, func(t *testing.T) {
			d := testenv.NewDedicated(t, testenv.WithStandby())
			p := newPgPair(t, d, c.fault, c.named)
			s := p.scene(t, d)
			ids := s.storeLeads(bulk)
			s.start(app.Roles()...)
			s.startProcess("worker,scheduler")
			in := s.persist()
			s.assign(ids)
			s.untilCopies(bulk/4, time.Minute)
			p.fail()
			p.next.Promote()
			promoted := time.Now()
			p.lead()
			s.DB = p.next.Reach()
			s.untilLeadsGoOut(promoted)
			if took := time.Since(promoted); took > takeover {
				t.Errorf("leads went out %s after the standby was promoted", took)
			}
			p.back()
			met := time.Now()
			s.untilCopies(bulk, 2*time.Minute)
			s.untilLeadsGoOut(met)
			all := bulk + in.stop()
			s.untilCopies(all, time.Minute)
			s.untilIdle(time.Minute)
			s.onceAndInTurn(all)
			t.Logf("%d leads, %d of them while it failed over; the longest request took %s", all, all-bulk, in.longest.Round(10*time.Millisecond))
			if in.longest > longestRequest {
				t.Errorf("a request took %s", in.longest)
			}
			var there int
			s.must(p.old.Reach().Get(&there, `SELECT (SELECT count(*) FROM leads WHERE created_at > $1) + (SELECT count(*) FROM assigned_leads WHERE assigned_at > $1)`, met))
			if there > 0 {
				t.Errorf("%d leads and copies were written to the old server after it was back", there)
			}
		})
	}
}

func newPgPair(t *testing.T, d *testenv.Dedicated, fault string, named bool) *pgPair {
	t.Helper()
	p := &pgPair{old: d.PostgresServer, next: d.NewStandby(t), lead: func() {}}
	p.old.WaitFor(t)
	p.url = p.old.URLAt(p.old.Addr + "," + p.next.Addr)
	if named {
		relay := testenv.NewRelay(t, p.old.Addr)
		p.url = p.old.URLAt(relay.Addr) + "&target_session_attrs=read-write"
		p.lead = func() { relay.Lead(p.next.Addr) }
	}
	switch fault {
	case "killed":
		p.fail, p.back = p.old.Kill, p.old.Start
	case "frozen":
		p.fail, p.back = p.old.FreezeWhole, p.old.Thaw
	default:
		p.fail, p.back = func() {}, func() {}
	}
	comeBack := p.back
	p.back = func() { // and it waits for no standby any more, so that whoever asks it is served
		comeBack()
		p.old.WaitForNobody(t)
	}
	return p
}

// scene is one of four members on the pair.
func (p *pgPair) scene(t *testing.T, d *testenv.Dedicated) *scene {
	t.Helper()
	if err := d.Store.Close(); err != nil {
		t.Fatal(err)
	}
	d.DatabaseURL = p.url
	st, err := store.Open(t.Context(), store.Options{DatabaseURL: p.url, Redis: d.Redis})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = st.Close() }) // one of its servers may be gone
	d.Store = st
	return newScene(t, &d.Env, 4)
}

// persistent are arrivals of which each is sent until it is acknowledged.
type persistent struct {
	arrivals
	longest time.Duration // that a request of the API took
}

// persist is bringIn by senders who come again, as they are told to.
func (s *scene) persist() *persistent {
	s.t.Helper()
	rdb, err := tasks.OpenRedis(s.RedisURL)
	s.must(err)
	ctx, cancel := context.WithCancel(context.Background())
	a := &persistent{arrivals: arrivals{cancel: cancel}}
	s.t.Cleanup(func() { a.stop(); _ = rdb.Close() })
	a.bringing.Go(func() {
		for n := 0; ctx.Err() == nil; n++ {
			for s.insist(fmt.Sprint("lead-", n), &a.longest) && !s.t.Failed() { //nolint:contextcheck // each is finished
				pause(context.WithoutCancel(ctx))
			}
			a.taken.Add(1)
			pause(ctx)
		}
	})
	pushes := tasks.NewClient(rdb)
	a.bringing.Go(func() {
		for n := 0; ctx.Err() == nil; n++ {
			p := tasks.Push{WorkspaceID: s.workspace, GroupID: s.group, Leads: []tasks.Lead{{ExternalID: fmt.Sprint(n), Name: "pushed"}}}
			if err := pushes.PushLeads(context.WithoutCancel(ctx), p); err != nil {
				s.t.Error(err)
				return
			}
			a.taken.Add(1)
			pause(ctx)
		}
	})
	return a
}

// insist sends a lead once, and reports whether it is to be sent again.
func (s *scene) insist(key string, longest *time.Duration) (again bool) {
	body, err := json.Marshal(map[string]any{"name": "by API", "distribute": map[string]any{"group_id": s.group}})
	if err != nil {
		s.t.Error(err)
		return false
	}
	ctx, cancel := context.WithTimeout(context.Background(), 2*longestRequest)
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, s.app.URL()+"/v1/leads", bytes.NewReader(body))
	if err != nil {
		s.t.Error(err)
		return false
	}
	r.Header = http.Header{"Authorization": {"Bearer " + s.key}, "Content-Type": {"application/json"}, "Idempotency-Key": {key}}
	began := time.Now()
	response, err := http.DefaultClient.Do(r)
	*longest = max(*longest, time.Since(began))
	if err != nil {
		s.t.Errorf("a lead was not answered: %v", err)
		return false
	}
	_ = response.Body.Close() // it is not read
	switch response.StatusCode {
	case http.StatusCreated:
		return false
	case http.StatusServiceUnavailable, http.StatusConflict, http.StatusTooManyRequests: // the first try goes on
		return true
	}
	s.t.Errorf("a lead was answered with %d", response.StatusCode)
	return false
}
