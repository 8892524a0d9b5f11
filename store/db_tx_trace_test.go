package store_test

import (
	"context"
	"testing"
	"time"

	"github.com/google/uuid"
	"go.opentelemetry.io/otel/trace"

	"github.com/leadwheel/leadwheel/internal/lead"
	"github.com/leadwheel/leadwheel/internal/testenv"
	"github.com/leadwheel/leadwheel/store"
)

// TestWhatWaitsSaysWhereItBelongs stores leads within a trace and outside of any, over the same connection: the hints at their batches
// belong where the transaction did, also those that are fed by the scheduler, and fed again.
func TestWhatWaitsSaysWhereItBelongs(t *testing.T) {
	t.Parallel()
	env := testenv.New(t)
	workspace, _ := env.NewWorkspace(t, "acme")
	member, err := env.Store.CreateMember(t.Context(), workspace, store.Member{Name: "Aisyah"})
	if err != nil {
		t.Fatal(err)
	}
	add := func(ctx context.Context, queue lead.Queue) {
		t.Helper()
		if err := env.Store.WithTx(ctx, func(tx *store.Tx) error {
			_, err := tx.AddLeads(ctx, workspace, queue, []store.NewLead{{Name: "Siti", Channel: "api", Origin: "api", Distribute: store.Distribution{MemberIDs: []uuid.UUID{member.ID}}}})
			return err
		}); err != nil {
			t.Fatal(err)
		}
	}
	within := trace.ContextWithRemoteSpanContext(t.Context(), trace.NewSpanContext(trace.SpanContextConfig{
		TraceID: trace.TraceID{15: 1}, SpanID: trace.SpanID{7: 2}, TraceFlags: trace.FlagsSampled,
	}))
	const want = "00-00000000000000000000000000000001-0000000000000002-01"
	expect := func(what string, hints []lead.Hint, err error, want ...string) {
		t.Helper()
		got := map[string]int{}
		for _, h := range hints {
			got[h.Traceparent]++
		}
		for _, w := range want {
			got[w]--
		}
		for parent, n := range got {
			if n != 0 || err != nil || len(hints) != len(want) {
				t.Errorf("%s: of those in %q there are %+d; %v", what, parent, n, err)
			}
		}
	}
	for range 10 { // whichever connections there are
		add(within, lead.QueueFresh)
		expect("within", env.TakeHints(), nil, want)
		add(t.Context(), lead.QueueFresh)
		expect("outside", env.TakeHints(), nil, "")
	}
	unqueued, err := env.Store.Unqueued(t.Context(), 2)
	expect("without the queue", unqueued, err, want, "")
	again, err := env.Store.FeedAgain(t.Context(), lead.QueueFresh, env.Store.Now().Add(time.Minute), 2)
	expect("fed again", again, err, want, "")
	env.Store.FetchOn(within, workspace, uuid.New())
	expect("fetched on", env.TakeHints(), nil, want)
	add(within, lead.QueueBulk)
	bulk, err := env.Store.FeedBulk(t.Context(), 10, 10)
	expect("bulk", bulk, err, want)
}
