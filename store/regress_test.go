package store_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/leadwheel/leadwheel/internal/lead"
	"github.com/leadwheel/leadwheel/store"
)

// TestStaleCursorAmongOthers sets back the cursor of one of the groups in a batch, as a stale replica of Redis would.
func TestStaleCursorAmongOthers(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	first, second := w.group("A B"), w.group("C D")
	w.give(first, 3)
	w.give(second, 3)
	key := fmt.Sprintf("leadwheel:{%s:%s}:cursor", w.workspace, first)
	if err := w.Redis.HSet(t.Context(), key, "next", 0).Err(); err != nil {
		t.Fatal(err)
	}
	leads := []store.NewLead{
		{Name: "1", Channel: "api", Origin: "api", Distribute: store.Distribution{GroupID: first}},
		{Name: "2", Channel: "api", Origin: "api", Distribute: store.Distribution{GroupID: second}},
	}
	var ids []uuid.UUID
	var batches []lead.Hint
	w.must(func(ctx context.Context, tx *store.Tx) error {
		added, err := tx.AddLeads(ctx, w.workspace, lead.QueueFresh, leads)
		for _, a := range added {
			ids = append(ids, a.ID)
		}
		batches = tx.Batches()
		return err
	})
	w.run(batches...)
	equal(t, "receivers", w.who(ids), "B D")
	w.exact()
}

// TestTheSameExternalIDsInAnyOrder pushes them from two sides at once, each in an order of its own.
func TestTheSameExternalIDsInAnyOrder(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	var pushers sync.WaitGroup
	for range 8 {
		leads := make([]store.NewLead, 300)
		for i := range leads {
			leads[i] = store.NewLead{Name: "x", Channel: "queue", Origin: "queue:shop", ExternalID: fmt.Sprint(i)}
		}
		rand.Shuffle(len(leads), func(i, j int) { leads[i], leads[j] = leads[j], leads[i] })
		pushers.Go(func() {
			if err := w.tx(func(ctx context.Context, tx *store.Tx) error {
				_, err := tx.AddLeads(ctx, w.workspace, lead.QueueFresh, leads)
				return err
			}); err != nil {
				t.Error(err)
			}
		})
	}
	pushers.Wait()
	var n int
	if err := w.DB.Get(&n, `SELECT count(*) FROM leads`); err != nil {
		t.Fatal(err)
	}
	equal(t, "leads", n, 300)
}

// TestLeadsThatOneReceiverHolds has a ring pass over the same member for batch after batch, which owes them more turns
// than one script can take.
func TestLeadsThatOneReceiverHolds(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	g := w.group("A B")
	const n = 6000
	ids, batches := w.add(n, store.Distribution{MemberIDs: []uuid.UUID{w.members['A']}})
	w.run(batches...)
	w.run(w.assign(ids, store.Distribution{GroupID: g})...)
	equal(t, "copies", w.counts(), map[string]int{"A": n, "B": n})
	equal(t, "to come", w.upcoming(g, 3), "A A A")
	w.exact()
}

func TestDeadTasksAreKeptWhateverTheyHold(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	dead := store.DeadTask{
		Workspace: w.workspace, Queue: "ingest", TaskID: "1", Kind: "lead:\x00", Payload: []byte("\x00\xff"),
		Error: "channel a\x00b, \xff", FailedAt: time.Unix(0, 0),
	}
	for range 2 {
		if err := w.Store.KeepDeadTask(t.Context(), dead); err != nil {
			t.Fatal(err)
		}
	}
	kept, err := w.Store.DeadTasks(t.Context())
	if err != nil || len(kept) != 1 {
		t.Fatalf("kept are %+v, error %v", kept, err)
	}
	equal(t, "error", kept[0].Error, "channel ab, \uFFFD")
	if err := w.Store.KeepDeadTask(t.Context(), store.DeadTask{Queue: "ingest", TaskID: "2"}); err != nil {
		t.Errorf("a task without payload: %v", err)
	}
}

func TestAddressesStaySecret(t *testing.T) {
	t.Parallel()
	for _, address := range []string{"postgres://u:s3cret@host:port/x", "postgres://u:s3cret%zz@host/x", "host=h password='s3cret"} {
		_, opening := store.Open(t.Context(), store.Options{DatabaseURL: address})
		for _, err := range []error{opening, store.Migrate(t.Context(), address), store.CheckSchema(t.Context(), address)} {
			if err == nil || strings.Contains(err.Error(), "s3cret") {
				t.Errorf("error is %v, want one without the password", err)
			}
		}
	}
}

// TestReadOnlyDatabase writes to a database that only reads, as a standby does before it is promoted.
func TestReadOnlyDatabase(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	st, err := store.Open(t.Context(), store.Options{DatabaseURL: w.DatabaseURL + "&default_transaction_read_only=on", Redis: w.Redis})
	if err != nil {
		t.Fatal(err)
	}
	defer st.Close()
	_, err = st.CreateMember(t.Context(), w.workspace, store.Member{Name: "x"})
	if !store.Unavailable(err) || store.Refused(err) {
		t.Errorf("error is %v: unavailable %v, refused %v", err, store.Unavailable(err), store.Refused(err))
	}
}

// TestOneConnectionIsEnoughToLead leads with a store that may open a single connection.
func TestOneConnectionIsEnoughToLead(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	st, err := store.Open(t.Context(), store.Options{DatabaseURL: w.DatabaseURL, MaxConns: 1})
	if err != nil {
		t.Fatal(err)
	}
	defer st.Close()
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	led := errors.New("did not lead")
	if err := st.RunAsLeader(ctx, func(ctx context.Context) {
		led = st.Ping(ctx)
		cancel()
	}); err != nil || led != nil {
		t.Errorf("leading: %v, working meanwhile: %v", err, led)
	}
}

// TestClocksThatWereSetBack has batches that were handed over in what is now the future.
func TestClocksThatWereSetBack(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	g := w.group("A")
	ids, _ := w.add(1, store.Distribution{GroupID: g})
	w.assign(ids, store.Distribution{GroupID: g})
	w.DB.MustExec(`UPDATE batches SET fed_at = fed_at + interval '1 hour' WHERE queue = 'fresh'`)
	w.DB.MustExec(`UPDATE batches SET feed_at = feed_at + interval '1 hour' WHERE queue = 'bulk'`)
	again, err := w.Store.FeedAgain(t.Context(), lead.QueueFresh, w.Store.Now().Add(-10*time.Second), 10)
	if err != nil || len(again) != 1 {
		t.Errorf("%d batches are handed over again, error %v", len(again), err)
	}
	fed, err := w.Store.FeedBulk(t.Context(), 16, 16)
	if err != nil || len(fed) != 1 {
		t.Errorf("%d bulk batches are fed, error %v", len(fed), err)
	}
}
