package store_test

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"
	"github.com/lib/pq"

	"github.com/leadwheel/leadwheel/internal/lead"
	"github.com/leadwheel/leadwheel/internal/testenv"
	"github.com/leadwheel/leadwheel/store"
)

// A world is a workspace with members A to F, on a database of its own.
type world struct {
	*testenv.Env
	t         testing.TB
	workspace uuid.UUID
	members   map[byte]uuid.UUID
	letters   map[uuid.UUID]byte
}

func newWorld(t testing.TB, opts ...testenv.Option) *world {
	t.Helper()
	return newWorldOn(t, testenv.New(t, opts...))
}

// newWorldOn is a world on a database that is there.
func newWorldOn(t testing.TB, env *testenv.Env) *world {
	t.Helper()
	w := &world{Env: env, t: t, members: map[byte]uuid.UUID{}, letters: map[uuid.UUID]byte{}}
	w.ExpectHandedOn(t)
	ws, err := w.Store.CreateWorkspace(t.Context(), store.WorkspaceSpec{Name: "acme", Timezone: "Asia/Kuala_Lumpur", Region: "MY"})
	if err != nil {
		t.Fatal(err)
	}
	w.workspace = ws.ID
	for _, letter := range []byte("ABCDEF") {
		m, err := w.Store.CreateMember(t.Context(), ws.ID, store.Member{Name: string(letter)})
		if err != nil {
			t.Fatal(err)
		}
		w.members[letter], w.letters[m.ID] = m.ID, letter
	}
	return w
}

func (w *world) tx(do func(ctx context.Context, t *store.Tx) error) error {
	return w.Store.WithTx(w.t.Context(), func(t *store.Tx) error { return do(w.t.Context(), t) })
}

func (w *world) must(do func(ctx context.Context, t *store.Tx) error) {
	w.t.Helper()
	if err := w.tx(do); err != nil {
		w.t.Fatal(err)
	}
}

// spec reads a ring from text: "A B*3 CD" lists A, B with weight 3, and a receivers group of C and D.
func (w *world) spec(text string) store.GroupSpec {
	spec := store.GroupSpec{Name: "sales", Method: lead.RoundRobin}
	for _, part := range strings.Fields(text) {
		letters, weight, weighted := strings.Cut(part, "*")
		l := lead.Listed{Weight: 1}
		if weighted {
			var err error
			if l.Weight, err = strconv.Atoi(weight); err != nil {
				w.t.Fatal(err)
			}
		}
		for _, letter := range []byte(letters) {
			l.Members = append(l.Members, lead.Receiver{MemberID: w.members[letter], Notify: true})
		}
		if len(letters) > 1 {
			spec.Method = lead.RoundRobinMultiple
		}
		spec.Listed = append(spec.Listed, l)
	}
	return spec
}

func (w *world) group(ring string) uuid.UUID {
	w.t.Helper()
	var g store.Group
	w.must(func(ctx context.Context, t *store.Tx) (err error) {
		g, err = t.CreateGroup(ctx, w.workspace, w.spec(ring))
		return err
	})
	return g.ID
}

func (w *world) edit(group uuid.UUID, ring string) {
	w.t.Helper()
	w.must(func(ctx context.Context, t *store.Tx) error {
		_, err := t.UpdateGroup(ctx, w.workspace, group, w.spec(ring))
		return err
	})
}

func (w *world) setActive(letter byte, active bool) {
	w.t.Helper()
	w.must(func(ctx context.Context, t *store.Tx) error {
		_, err := t.EditMember(ctx, w.workspace, w.members[letter], func(m *store.Member) error {
			m.Active = active
			return nil
		})
		return err
	})
}

// add stores n leads for a distribution.
func (w *world) add(n int, d store.Distribution) (ids []uuid.UUID, batches []lead.Hint) {
	w.t.Helper()
	leads := make([]store.NewLead, n)
	for i := range leads {
		leads[i] = store.NewLead{Name: fmt.Sprint("lead ", i), Channel: "api", Origin: "api", Distribute: d}
	}
	w.must(func(ctx context.Context, t *store.Tx) error {
		added, err := t.AddLeads(ctx, w.workspace, lead.QueueFresh, leads)
		ids = nil // a transaction may run again
		for _, a := range added {
			ids = append(ids, a.ID)
		}
		batches = t.Batches()
		return err
	})
	return ids, batches
}

func (w *world) assign(ids []uuid.UUID, d store.Distribution) (batches []lead.Hint) {
	w.t.Helper()
	w.must(func(ctx context.Context, t *store.Tx) (err error) {
		_, err = t.Assign(ctx, w.workspace, ids, d)
		batches = t.Batches()
		return err
	})
	return batches
}

// run distributes batches, and what they are split into.
func (w *world) run(batches ...lead.Hint) {
	w.t.Helper()
	for ; len(batches) > 0; batches = batches[1:] {
		result, err := w.Store.Distribute(w.t.Context(), w.workspace, batches[0].ID)
		if early := (*store.EarlyError)(nil); errors.As(err, &early) {
			continue // what was planned for now is handed over some seconds before
		}
		if err != nil {
			w.t.Fatal(err)
		}
		if result.Parts > 0 {
			batches = append(batches, w.TakeHints()...)
		}
	}
}

// give adds n leads to a group, distributes them and returns who got them.
func (w *world) give(group uuid.UUID, n int) string {
	w.t.Helper()
	ids, batches := w.add(n, store.Distribution{GroupID: group})
	w.run(batches...)
	return w.who(ids)
}

// who tells what became of leads: the letters of the members who hold each, or the reasons of its failures. Of those that
// were cancelled nothing became.
func (w *world) who(ids []uuid.UUID) string {
	w.t.Helper()
	var rows []struct {
		Lead   uuid.UUID     `db:"lead_id"`
		Member uuid.NullUUID `db:"member_id"`
		Reason *string       `db:"reason"`
	}
	if err := w.DB.Select(&rows, `
		SELECT lead_id, member_id, reason FROM history
		WHERE lead_id = ANY($1::uuid[]) AND outcome <> 'cancelled' ORDER BY history_id`,
		pq.GenericArray{A: ids}); err != nil {
		w.t.Fatal(err)
	}
	var all []string
	for _, id := range ids {
		var letters []byte
		for _, r := range rows {
			switch {
			case r.Lead == id && r.Reason != nil:
				letters = append(letters, *r.Reason...)
			case r.Lead == id:
				letters = append(letters, w.letters[r.Member.UUID])
			}
		}
		all = append(all, string(letters))
	}
	return strings.Join(all, " ")
}

// counts tells how many copies each member has.
func (w *world) counts() map[string]int {
	w.t.Helper()
	var rows []struct {
		Member uuid.UUID `db:"member_id"`
		Count  int       `db:"count"`
	}
	if err := w.DB.Select(&rows, `SELECT member_id, count(*) FROM assigned_leads GROUP BY 1`); err != nil {
		w.t.Fatal(err)
	}
	counts := map[string]int{}
	for _, r := range rows {
		counts[string(w.letters[r.Member])] = r.Count
	}
	return counts
}

func (w *world) upcoming(group uuid.UUID, n int) string {
	w.t.Helper()
	turns, err := w.Store.Upcoming(w.t.Context(), w.workspace, group, n)
	if err != nil {
		w.t.Fatal(err)
	}
	var all []string
	for _, turn := range turns {
		var letters []byte
		for _, m := range turn.MemberIDs {
			letters = append(letters, w.letters[m])
		}
		all = append(all, string(letters))
	}
	return strings.Join(all, " ")
}

// exact fails the test unless the audit finds every promise kept.
func (w *world) exact() {
	w.t.Helper()
	report, err := w.Store.Audit(w.t.Context())
	if err != nil {
		w.t.Fatal(err)
	}
	for _, c := range report.Checks {
		if !c.OK {
			w.t.Errorf("the audit found %d × %s: %v", c.Found, c.Name, c.Examples)
		}
	}
}

func equal[T any](t testing.TB, what string, got, want T) {
	t.Helper()
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("%s (-want +got):\n%s", what, diff)
	}
}
