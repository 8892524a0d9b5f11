package store_test

import (
	"context"
	"fmt"
	"os"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/leadwheel/leadwheel/internal/lead"
	"github.com/leadwheel/leadwheel/internal/testenv"
	"github.com/leadwheel/leadwheel/store"
)

// wide makes n members, and what a group says that has them all in one slot.
func (w *world) wide(n int) store.GroupSpec {
	w.t.Helper()
	w.DB.MustExec(`INSERT INTO members (workspace_id, member_id, name, created_at, updated_at)
		SELECT $1, gen_random_uuid(), 'wide', now(), now() FROM generate_series(1, $2)`, w.workspace, n)
	var ids []uuid.UUID
	if err := w.DB.Select(&ids, ours+`SELECT member_id FROM members WHERE name = 'wide' ORDER BY 1`); err != nil {
		w.t.Fatal(err)
	}
	slot := lead.Listed{Weight: 1}
	for _, id := range ids {
		slot.Members = append(slot.Members, lead.Receiver{MemberID: id, Notify: true})
	}
	return store.GroupSpec{Name: "wide", Method: lead.RoundRobinMultiple, Listed: []lead.Listed{slot}}
}

// runAll distributes batches, what they are split into and what the feeder feeds, until nothing is left, and returns the
// most copies that one of them made, and into how many parts some were split.
func (w *world) runAll(timeout time.Duration, batches ...lead.Hint) (most, parts int) {
	w.t.Helper()
	for {
		if len(batches) == 0 {
			var err error
			if batches, err = w.Store.FeedBulk(w.t.Context(), 24, 128); err != nil {
				w.t.Fatal(err)
			}
			if len(batches) == 0 {
				return most, parts
			}
		}
		ctx, cancel := context.WithTimeout(w.t.Context(), timeout)
		result, err := w.Store.Distribute(ctx, w.workspace, batches[0].ID)
		cancel()
		if err == nil { // else it is worth trying again
			batches = batches[1:]
		}
		most, parts = max(most, len(result.Outcomes)), parts+result.Parts
		if result.Parts > 0 {
			batches = append(batches, w.TakeHints()...)
		}
	}
}

// TestBatchesAreCutByCopies has many leads for a receivers group with many members; with LEADWHEEL_SOAK it has as many as
// an installation had that never got through with them.
func TestBatchesAreCutByCopies(t *testing.T) {
	t.Parallel()
	members, leads := 300, 30
	if os.Getenv("LEADWHEEL_SOAK") != "" {
		members, leads = 1000, 500
	}
	w := newWorld(t)
	spec := w.wide(members)
	var g store.Group
	w.must(func(ctx context.Context, tx *store.Tx) (err error) {
		g, err = tx.CreateGroup(ctx, w.workspace, spec)
		return err
	})
	_, batches := w.add(leads, store.Distribution{GroupID: g.ID})
	most, parts := w.runAll(time.Minute, batches...)
	equal(t, "copies", w.count(`SELECT count(*) FROM assigned_leads`), members*leads)
	equal(t, "members with all leads", w.count(`
		SELECT count(*) FROM (SELECT member_id FROM assigned_leads GROUP BY 1 HAVING count(DISTINCT source_lead_id) = $1) m`, leads), members)
	equal(t, "turns", w.count(`SELECT count(*) FROM turns WHERE lead_id IS NOT NULL AND turn < $1`, leads), leads)
	if most > 2000 || parts < members*leads/2000 {
		t.Errorf("of %d parts one made %d copies", parts, most)
	}
	w.exact()
}

// TestWideEditsOfGroupsAreCut widens a group after its batch was cut, and after its leads were deleted or given in part.
func TestWideEditsOfGroupsAreCut(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	g := w.group("A B")
	ids, batches := w.add(30, store.Distribution{GroupID: g})
	w.run(w.assign(ids[:2], store.Distribution{GroupID: g})...)
	spec := w.wide(400)
	spec.Listed = append(spec.Listed, w.spec("AB").Listed...)
	w.must(func(ctx context.Context, tx *store.Tx) error {
		_, err := tx.UpdateGroup(ctx, w.workspace, g, spec)
		return err
	})
	if n := w.deletePending(w.pending()[3].ID); n != 1 {
		t.Fatal(n)
	}
	most, parts := w.runAll(time.Minute, batches...)
	equal(t, "copies of the wide slot and of the other", []int{
		w.count(`SELECT count(*) FROM assigned_leads a JOIN members m USING (member_id) WHERE m.name = 'wide'`),
		w.count(`SELECT count(*) FROM turns WHERE version = 2 AND lead_id IS NOT NULL`)}, []int{14 * 400, 29})
	if most > 2000 || parts < 4 || parts > 8 {
		t.Errorf("of %d parts one made %d copies", parts, most)
	}
	w.exact()
}

// TestWhatIsOutgrownIsSplit has the database refuse for a while, or for good, to do much at once.
func TestWhatIsOutgrownIsSplit(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		work    string // of the trigger for a statement's new copies
		timeout time.Duration
	}{
		"the task's time":    {`PERFORM pg_sleep(0.02 * (SELECT count(*) FROM n))`, 300 * time.Millisecond},
		"a statement's time": {`IF (SELECT count(*) FROM n) > 7 THEN RAISE EXCEPTION USING ERRCODE = '57014'; END IF`, time.Minute},
		"memory":             {`IF (SELECT count(*) FROM n) > 7 THEN RAISE EXCEPTION USING ERRCODE = '53200'; END IF`, time.Minute},
		"size":               {`IF (SELECT count(*) FROM n) > 7 THEN RAISE EXCEPTION USING ERRCODE = '54000'; END IF`, time.Minute},
		"an allocation":      {`IF (SELECT count(*) FROM n) > 7 THEN RAISE EXCEPTION USING ERRCODE = 'XX000'; END IF`, time.Minute},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			w.DB.MustExec(fmt.Sprintf(`
				CREATE FUNCTION outgrow() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN %s; RETURN NULL; END $$;
				CREATE TRIGGER outgrow AFTER INSERT ON assigned_leads REFERENCING NEW TABLE AS n
					FOR EACH STATEMENT EXECUTE FUNCTION outgrow()`, c.work))
			g := w.group("A B C")
			_, batches := w.add(40, store.Distribution{GroupID: g})
			if _, parts := w.runAll(c.timeout, batches...); parts < 4 {
				t.Errorf("it was split into %d parts", parts)
			}
			equal(t, "copies", w.counts(), map[string]int{"A": 14, "B": 13, "C": 13})
			w.exact()
		})
	}
}

// TestOneLeadWaitsForTimeAndMemory has a single lead, which cannot be split, succeed once there is enough of them.
func TestOneLeadWaitsForTimeAndMemory(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.DB.MustExec(`
		CREATE FUNCTION outgrow() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION USING ERRCODE = '53200'; END $$;
		CREATE TRIGGER outgrow AFTER INSERT ON assigned_leads FOR EACH STATEMENT EXECUTE FUNCTION outgrow()`)
	g := w.group("A B C")
	ids, batches := w.add(1, store.Distribution{GroupID: g})
	if result, err := w.Store.Distribute(t.Context(), w.workspace, batches[0].ID); err == nil {
		t.Errorf("it is said to have worked: %+v", result)
	}
	equal(t, "pending", len(w.pending()), 1)
	w.DB.MustExec(`DROP TRIGGER outgrow ON assigned_leads`)
	w.run(batches...)
	equal(t, "receivers", w.who(ids), "A")
	w.exact()
}

// TestAssignmentsToManyMembersAreCut has each batch of an assignment make no more copies than others do.
func TestAssignmentsToManyMembersAreCut(t *testing.T) {
	t.Parallel()
	w := newWorld(t, testenv.WithClock(time.Now))
	var to []uuid.UUID
	for _, m := range w.wide(300).Listed[0].Members {
		to = append(to, m.MemberID)
	}
	ids, _ := w.add(20, store.Distribution{})
	w.assign(ids, store.Distribution{MemberIDs: to})
	most, _ := w.runAll(time.Minute)
	equal(t, "copies", []int{w.count(`SELECT count(*) FROM assigned_leads`), most}, []int{20 * 300, lead.MaxBatch})
	_, batches := w.add(5, store.Distribution{MemberIDs: to})
	most, _ = w.runAll(time.Minute, batches...)
	equal(t, "copies of new leads", []int{w.count(`SELECT count(*) FROM assigned_leads`), most}, []int{25 * 300, lead.MaxBatch})
	w.exact()
}
