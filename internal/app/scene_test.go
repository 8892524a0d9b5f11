package app_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/netip"
	"os"
	"os/exec"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"

	"github.com/leadwheel/leadwheel/internal/app"
	"github.com/leadwheel/leadwheel/internal/ingest"
	"github.com/leadwheel/leadwheel/internal/lead"
	"github.com/leadwheel/leadwheel/internal/testenv"
	"github.com/leadwheel/leadwheel/store"
)

// A scene is a workspace with a group of members, and Leadwheel running on it.
type scene struct {
	*testenv.Env
	t         *testing.T
	app       *app.App
	workspace uuid.UUID
	members   []uuid.UUID
	group     uuid.UUID
	key       string
	metaURL   string
	messages  app.Messages
}

// newScene makes a workspace with a ring of n members. Nothing runs yet.
func newScene(t *testing.T, env *testenv.Env, n int) *scene {
	t.Helper()
	s := &scene{Env: env, t: t}
	ctx := t.Context()
	w, err := s.Store.CreateWorkspace(ctx, store.WorkspaceSpec{Name: "acme", Timezone: "UTC", Region: "MY"})
	s.must(err)
	s.workspace = w.ID
	spec := store.GroupSpec{Name: "sales", Method: lead.RoundRobin}
	for i := range n {
		m, err := s.Store.CreateMember(ctx, w.ID, store.Member{Name: fmt.Sprint("member ", i)})
		s.must(err)
		s.members = append(s.members, m.ID)
		spec.Listed = append(spec.Listed, lead.Listed{Weight: 1, Members: lead.Slot{{MemberID: m.ID}}})
	}
	s.must(s.Store.WithTx(ctx, func(tx *store.Tx) error {
		g, err := tx.CreateGroup(ctx, w.ID, spec)
		s.group = g.ID
		return err
	}))
	_, s.key, err = s.Store.CreateAPIKey(ctx, w.ID, store.APIKey{Role: lead.RoleAdmin})
	s.must(err)
	return s
}

func (s *scene) must(err error) {
	s.t.Helper()
	if err != nil {
		s.t.Fatal(err)
	}
}

// start runs roles in this process until the test ends.
func (s *scene) start(roles ...app.Role) *app.App {
	s.t.Helper()
	return s.startWith(func(*app.Config) {}, roles...)
}

// startWith runs roles with a changed configuration.
func (s *scene) startWith(change func(*app.Config), roles ...app.Role) *app.App {
	s.t.Helper()
	config := s.config(roles...)
	change(&config)
	a, err := app.Start(s.t.Context(), config)
	s.must(err)
	s.t.Cleanup(func() {
		if err := a.Stop(context.Background()); err != nil {
			s.t.Error(err)
		}
	})
	s.app = a
	return a
}

func (s *scene) config(roles ...app.Role) app.Config {
	return app.Config{
		DatabaseURL: s.DatabaseURL, RedisURL: s.RedisURL, Listen: "127.0.0.1:0", OpsListen: "127.0.0.1:0", Roles: roles,
		SecretKeys: secretKey, Platforms: ingest.Platforms{MetaURL: s.metaURL},
		Messages: s.messages, WebhookAllow: loopback, Log: slog.New(slog.DiscardHandler),
	}
}

// loopback is where tests receive webhooks.
var loopback = []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}

// startProcess runs roles in a process of their own, which the test may kill.
func (s *scene) startProcess(names string, environment ...string) *exec.Cmd {
	s.t.Helper()
	path, err := ownProgram()
	s.must(err)
	cmd := exec.Command(path, "-test.run=^$") //nolint:noctx // killed below
	settings, err := json.Marshal(s.messages)
	s.must(err)
	cmd.Env = append(os.Environ(), roles+"="+names, metaURL+"="+s.metaURL, messages+"="+string(settings), "DATABASE_URL="+s.DatabaseURL, "REDIS_URL="+s.RedisURL)
	cmd.Env = append(cmd.Env, environment...)
	cmd.Stderr = os.Stderr
	s.must(cmd.Start())
	s.t.Cleanup(func() { kill(cmd) })
	return cmd
}

// kill ends a process as a crash would. It may be called again.
func kill(cmd *exec.Cmd) {
	if cmd.ProcessState == nil {
		_ = cmd.Process.Kill()
		_ = cmd.Wait() // its error is the kill
	}
}

// post sends a JSON request and returns its status.
func (s *scene) post(path string, body, answer any) (int, error) {
	data, err := json.Marshal(body)
	if err != nil {
		return 0, err
	}
	r, err := http.NewRequestWithContext(s.t.Context(), http.MethodPost, s.app.URL()+path, bytes.NewReader(data))
	if err != nil {
		return 0, err
	}
	r.Header.Set("Authorization", "Bearer "+s.key)
	r.Header.Set("Content-Type", "application/json")
	response, err := http.DefaultClient.Do(r)
	if err != nil {
		return 0, err
	}
	defer response.Body.Close()
	if answer == nil {
		return response.StatusCode, nil
	}
	return response.StatusCode, json.NewDecoder(response.Body).Decode(answer)
}

// storeLeads stores n leads that nobody gets.
func (s *scene) storeLeads(n int) []uuid.UUID {
	s.t.Helper()
	leads := make([]store.NewLead, n)
	for i := range leads {
		leads[i] = store.NewLead{Name: fmt.Sprint("lead ", i), Channel: "api", Origin: "api"}
	}
	var ids []uuid.UUID
	// A part a transaction: Postgres ends one whose client, on a busy machine, computes for 10 s between statements.
	for part := range slices.Chunk(leads, 2000) {
		s.must(s.Store.WithTx(s.t.Context(), func(tx *store.Tx) error {
			added, err := tx.AddLeads(s.t.Context(), s.workspace, lead.QueueBulk, part)
			for _, a := range added {
				ids = append(ids, a.ID)
			}
			return err
		}))
	}
	return ids
}

func (s *scene) assign(ids []uuid.UUID) {
	s.t.Helper()
	s.must(s.Store.WithTx(s.t.Context(), func(tx *store.Tx) error {
		_, err := tx.Assign(s.t.Context(), s.workspace, ids, store.Distribution{GroupID: s.group})
		return err
	}))
}

// copies counts the copies there are.
func (s *scene) copies() int {
	s.t.Helper()
	var n int
	s.must(s.DB.Get(&n, `SELECT count(*) FROM assigned_leads`))
	return n
}

// untilCopies waits until there are n copies at least.
func (s *scene) untilCopies(n int, within time.Duration) {
	s.t.Helper()
	testenv.Eventually(s.t, within, func() error {
		if got := s.copies(); got < n {
			return fmt.Errorf("%d of %d copies are there", got, n)
		}
		return nil
	})
}

// untilIdle waits until nothing is pending.
func (s *scene) untilIdle(within time.Duration) {
	s.t.Helper()
	testenv.Eventually(s.t, within, func() error {
		var n int
		if err := s.DB.Get(&n, `SELECT count(*) FROM pending`); err != nil {
			return err
		}
		if n > 0 {
			return fmt.Errorf("%d leads are pending", n)
		}
		return nil
	})
}

// even fails the test unless every member has share copies, and the audit finds every promise kept.
func (s *scene) even(share int) {
	s.t.Helper()
	var rows []struct {
		Member uuid.UUID `db:"member_id"`
		Count  int       `db:"count"`
	}
	s.must(s.DB.Select(&rows, `SELECT member_id, count(*) FROM assigned_leads GROUP BY 1`))
	got, want := map[uuid.UUID]int{}, map[uuid.UUID]int{}
	for _, r := range rows {
		got[r.Member] = r.Count
	}
	for _, m := range s.members {
		want[m] = share
	}
	if diff := cmp.Diff(want, got); diff != "" {
		s.t.Errorf("copies by member (-want +got):\n%s", diff)
	}
	s.audit()
}

func (s *scene) audit() {
	s.t.Helper()
	// A cursor that is being rebuilt, or a draw whose owner died, is put right within the reconciler's time.
	testenv.Eventually(s.t, time.Minute, func() error {
		report, err := s.Store.Audit(s.t.Context())
		if err != nil {
			return err
		}
		for _, c := range report.Checks {
			if !c.OK {
				err = errors.Join(err, fmt.Errorf("the audit found %d × %s: %v", c.Found, c.Name, c.Examples))
			}
		}
		return err
	})
}
