package store_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/leadwheel/leadwheel/internal/lead"
	"github.com/leadwheel/leadwheel/internal/testenv"
	"github.com/leadwheel/leadwheel/store"
)

// TestRepair mends each damage that can be mended: a dry run changes nothing and counts as the real one does, after which the
// audit is clean and leads that were held up go out.
func TestRepair(t *testing.T) {
	t.Parallel()
	for check, one := range map[string]struct {
		damage string
		rows   int64
	}{
		"caps_counted_wrong":          {`UPDATE cap_counts SET in_day = in_day + 1, open = 7`, 1},
		"pending_without_batch":       {`UPDATE pending_leads SET batch_id = gen_random_uuid() WHERE pace IS NOT NULL`, 2},
		"waiting_though_somebody_can": {`DELETE FROM waiting_groups; UPDATE pending_leads SET waiting_since = waiting_since - interval '1 hour' WHERE waiting_since IS NOT NULL`, 1},
		"offers_forgotten": {`UPDATE offers SET state = 'lapsed', ended_at = offered_at;
			UPDATE pending_leads SET offer_alarm_at = NULL, offered_at = offered_at - interval '1 hour' WHERE offered_at IS NOT NULL`, 1},
		"removed_people_let_in": {`UPDATE people SET removed_at = created_at, password_hash = 'x'`, 1},
		"erased_but_there":      {`UPDATE assigned_leads SET notes = 'call her' WHERE erased_at IS NOT NULL; UPDATE leads SET name = 'Ada' WHERE erased_at IS NOT NULL`, 2},
	} {
		t.Run(check, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, testenv.WithClock(testenv.NewClock(mondayAtTen).Now))
			perDay := 5
			w.cap("D", lead.Caps{PerDay: &perDay})
			w.give(w.group("D"), 2)
			ids, _ := w.add(2, store.Distribution{})
			w.assign(ids, store.Distribution{GroupID: w.group("A B"), Pace: lead.Slow})
			_, batches := w.add(1, store.Distribution{GroupID: w.offering("A B", within(10, 3))})
			w.run(batches...)
			waits := w.group("C")
			w.offDuty("C", true)
			waiting, batches := w.add(1, store.Distribution{GroupID: waits})
			w.run(batches...)
			w.inCharge("boss@example.com", lead.PersonManager)
			_, batches = w.contacts(store.Distribution{GroupID: w.group("B")}, "0123456789 a@example.com")
			w.run(batches...)
			w.erase(w.identify("a@example.com", ""))
			w.exact()
			w.DB.MustExec(one.damage)
			w.finds(check)
			report, err := w.Store.Audit(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			for _, dry := range []bool{true, false} {
				repairs, err := w.Store.Repair(t.Context(), report, dry)
				if err != nil || len(repairs) != 1 || repairs[0].Check != check || repairs[0].Rows != one.rows {
					t.Errorf("a repair (dry: %t) did %+v, %v", dry, repairs, err)
				}
				if dry {
					w.finds(check)
				}
			}
			if check == "waiting_though_somebody_can" {
				w.offDuty("C", false)
				equal(t, "released", w.release(), 1)
				equal(t, "who has the one that waited", w.who(waiting), "C")
			}
			if check == "offers_forgotten" {
				w.alarms()
			}
			w.exact()
		})
	}
	w := newWorld(t)
	report, err := w.Store.Audit(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	if repairs, err := w.Store.Repair(t.Context(), report, false); err != nil || len(repairs) != 0 {
		t.Errorf("of nothing broken it mended %+v, %v", repairs, err)
	}
}

// TestAuditsAreKept keeps more than are kept, and reads the last one.
func TestAuditsAreKept(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	if _, err := w.Store.LastAudit(t.Context()); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("before the first: %v", err)
	}
	report, err := w.Store.Audit(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for range 35 {
		report.At = report.At.Add(time.Minute)
		if err := w.Store.KeepAudit(t.Context(), report); err != nil {
			t.Fatal(err)
		}
	}
	last, err := w.Store.LastAudit(t.Context())
	if err != nil || !last.At.Equal(report.At) || len(last.Checks) != len(report.Checks) || !last.OK {
		t.Errorf("the last is %+v, %v", last, err)
	}
	equal(t, "kept", w.count(`SELECT count(*) FROM audits`), 30)
}
