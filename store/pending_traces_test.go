package store_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"
	"go.opentelemetry.io/otel/trace"

	"github.com/leadwheel/leadwheel/internal/lead"
	"github.com/leadwheel/leadwheel/internal/testenv"
	"github.com/leadwheel/leadwheel/store"
)

// TestWhatStaysGoesOnInItsTrace plans, offers and keeps waiting leads that came within a trace and one that did not. Whoever's transaction
// has them go out, which is in no trace, the batch is in that of the first of its leads that is in one; so is what is handed over again
// after the queue was lost.
func TestWhatStaysGoesOnInItsTrace(t *testing.T) {
	t.Parallel()
	clock := testenv.NewClock(mondayAtTen)
	w := newWorld(t, testenv.WithClock(clock.Now))
	const want = "00-00000000000000000000000000000001-0000000000000002-01"
	span := trace.NewSpanContext(trace.SpanContextConfig{
		TraceID: trace.TraceID{15: 1}, SpanID: trace.SpanID{7: 2}, TraceFlags: trace.FlagsSampled,
	})
	add := func(inTrace bool, d store.Distribution) {
		t.Helper()
		ctx := t.Context()
		if inTrace {
			ctx = trace.ContextWithRemoteSpanContext(ctx, span)
		}
		if err := w.Store.WithTx(ctx, func(tx *store.Tx) error {
			_, err := tx.AddLeads(ctx, w.workspace, lead.QueueFresh, []store.NewLead{{Name: "Siti", Channel: "api", Origin: "api", Distribute: d}})
			return err
		}); err != nil {
			t.Fatal(err)
		}
		for _, h := range w.TakeHints() {
			if _, err := w.Store.Distribute(ctx, w.workspace, h.ID); err != nil {
				t.Fatal(err)
			}
		}
	}
	// addThree stores one lead in no trace and two that are in one.
	addThree := func(d store.Distribution) {
		t.Helper()
		for _, inTrace := range []bool{false, true, true} {
			add(inTrace, d)
		}
	}
	belong := func(what string, hints []lead.Hint) {
		t.Helper()
		var got, kept []string
		for _, h := range hints {
			got = append(got, h.Traceparent)
			var traceparent string
			if err := w.DB.Get(&traceparent, `SELECT coalesce(traceparent, '') FROM batches WHERE batch_id = $1`, h.ID); err != nil {
				t.Fatal(err)
			}
			kept = append(kept, traceparent)
		}
		if diff := cmp.Diff([]string{want}, got); diff != "" {
			t.Errorf("%s: the hints belong elsewhere (-want +got):\n%s", what, diff)
		}
		if diff := cmp.Diff([]string{want}, kept); diff != "" {
			t.Errorf("%s: the batches belong elsewhere (-want +got):\n%s", what, diff)
		}
	}

	planned := mondayAtTen.Add(3 * time.Hour)
	addThree(store.Distribution{MemberIDs: []uuid.UUID{w.members['A']}, At: planned})
	clock.Advance(2 * time.Hour)
	belong("planned", w.armed())
	again, err := w.Store.Armed(t.Context(), clock.Now(), planned, 10)
	if err != nil {
		t.Fatal(err)
	}
	belong("handed over again", again)

	g := w.group("B")
	w.offDuty("B", true)
	addThree(store.Distribution{GroupID: g})
	if n := w.stuck(g); n != 3 {
		t.Fatalf("%d leads wait", n)
	}
	w.offDuty("B", false)
	if n, err := w.Store.Release(t.Context(), store.GroupRef{Workspace: w.workspace, Group: g}); err != nil || n != 3 {
		t.Fatal(n, err)
	}
	belong("waited", w.TakeHints())

	o := w.offering("C D", within(10, 3))
	addThree(store.Distribution{GroupID: o})
	clock.Advance(11 * time.Minute)
	w.TakeHints()
	if n, err := w.Store.PassAlarms(t.Context(), w.workspace, 10); err != nil || n != 3 {
		t.Fatal(n, err)
	}
	belong("offered", w.TakeHints())
}
