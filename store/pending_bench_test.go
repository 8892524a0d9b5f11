package store_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/leadwheel/leadwheel/internal/lead"
	"github.com/leadwheel/leadwheel/internal/testenv"
	"github.com/leadwheel/leadwheel/store"
)

const (
	// benchDue are the leads that are armed and fired; those that wait for later come on top.
	benchDue = 5000
	// benchMembers share all that is pending.
	benchMembers = 50
)

// BenchmarkPending lists, arms and fires leads out of few and of many that are pending: a million must not make it much
// slower than ten thousand. It prints the plans of the database with -v.
func BenchmarkPending(b *testing.B) {
	for _, rows := range []int{10_000, 1_000_000} {
		w, c := newTimedWorld(b)
		members := w.fillPending(b, rows)
		for _, name := range []string{"list", "list member", "list group", "list further", "days of member"} {
			b.Run(fmt.Sprintf("%s/%d", name, rows), func(b *testing.B) { w.benchList(b, name, members[7]) })
		}
		b.Run(fmt.Sprintf("arm/%d", rows), w.benchArm)
		b.Run(fmt.Sprintf("fire/%d", rows), func(b *testing.B) { w.benchFire(b, c) })
	}
}

// bigGroup makes a group of benchMembers.
func (w *world) bigGroup(b *testing.B) (group uuid.UUID, members []uuid.UUID) {
	b.Helper()
	spec := store.GroupSpec{Name: "sales", Method: lead.RoundRobin}
	for range benchMembers {
		m, err := w.Store.CreateMember(b.Context(), w.workspace, store.Member{Name: "x"})
		if err != nil {
			b.Fatal(err)
		}
		members = append(members, m.ID)
		spec.Listed = append(spec.Listed, lead.Listed{Weight: 1, Members: lead.Slot{{MemberID: m.ID}}})
	}
	w.must(func(ctx context.Context, tx *store.Tx) error {
		g, err := tx.CreateGroup(ctx, w.workspace, spec)
		group = g.ID
		return err
	})
	return group, members
}

// fillPending has leads pending for many members of a group: benchDue within two hours, the others over months.
func (w *world) fillPending(b *testing.B, rows int) []uuid.UUID {
	b.Helper()
	group, members := w.bigGroup(b)
	w.DB.MustExec(`
		INSERT INTO leads (workspace_id, lead_id, name, fields, channel, origin, decisions, created_at, updated_at)
		SELECT $1, ('01000000-0000-7000-8000-' || lpad(to_hex(n), 12, '0'))::uuid, 'lead ' || n, '{}', 'api', 'api', 1, $3, $3
		FROM generate_series(1, $2::int) n`, w.workspace, rows, w.Store.Now())
	// Ten schedules overlap: each has its leads in order, the first of them within two hours and the others a minute apart.
	w.DB.MustExec(`
		INSERT INTO pending_leads (workspace_id, pending_id, lead_id, group_id, member_id, trigger, due_at, accepted_at)
		SELECT $1, lead_id, lead_id, $2, ($3::uuid[])[1 + n % $4::int], 'scheduled', $5::timestamptz + interval '1 second' *
			(60 + schedule + CASE WHEN k < $7::int / 10 THEN 12 * k ELSE 8000 + 60 * k END), $5::timestamptz
		FROM (SELECT lead_id, n, n / ($6::int / 10) AS schedule, n % ($6::int / 10) AS k
			FROM (SELECT lead_id, row_number() OVER (ORDER BY lead_id) - 1 AS n FROM leads) numbered) l
		ORDER BY lead_id`,
		w.workspace, group, pqUUIDs(members), benchMembers, w.Store.Now(), rows, benchDue)
	w.DB.MustExec(`VACUUM ANALYZE`)
	return members
}

func pqUUIDs(ids []uuid.UUID) string {
	texts := make([]string, len(ids))
	for i, id := range ids {
		texts[i] = id.String()
	}
	return "{" + strings.Join(texts, ",") + "}"
}

func (w *world) benchList(b *testing.B, name string, member uuid.UUID) {
	var filter store.PendingFilter
	page := store.PendingPage{Limit: 50}
	group := w.pending1(b).GroupID
	switch name {
	case "list member", "days of member":
		filter.MemberID = member
	case "list group":
		filter.GroupID = *group
	case "list further":
		page.AfterDue, page.AfterID = w.Store.Now().Add(6*time.Hour), uuid.Max
	}
	for b.Loop() {
		if name == "days of member" {
			filter.DueBefore = w.Store.Now().Add(14 * 24 * time.Hour)
			if _, err := w.Store.PendingDays(b.Context(), w.workspace, filter); err != nil {
				b.Fatal(err)
			}
			continue
		}
		if all, err := w.Store.PendingLeads(b.Context(), w.workspace, filter, page); err != nil || len(all) != 50 {
			b.Fatal(len(all), err)
		}
	}
}

func (w *world) pending1(b *testing.B) store.PendingLead {
	all, err := w.Store.PendingLeads(b.Context(), w.workspace, store.PendingFilter{}, store.PendingPage{Limit: 1})
	if err != nil {
		b.Fatal(err)
	}
	return all[0]
}

// benchArm arms what is due within the horizon, and undoes it.
func (w *world) benchArm(b *testing.B) {
	for b.Loop() {
		b.StopTimer()
		w.DB.MustExec(`UPDATE pending_leads SET batch_id = NULL WHERE batch_id IS NOT NULL`)
		w.DB.MustExec(`DELETE FROM batches`)
		w.DB.MustExec(`VACUUM ANALYZE pending_leads`)
		b.StartTimer()
		if batches := w.armed(); len(batches) < benchDue/2 {
			b.Fatalf("%d batches", len(batches))
		}
	}
	b.ReportMetric(benchDue*float64(b.N)/b.Elapsed().Seconds(), "leads/s")
}

// benchFire distributes what is armed, a part at a time, each as it is due.
func (w *world) benchFire(b *testing.B, c *testenv.Clock) {
	var ids []uuid.UUID
	if err := w.DB.Select(&ids, `SELECT batch_id FROM batches ORDER BY feed_at`); err != nil {
		b.Fatal(err)
	}
	c.Advance(3 * time.Hour)
	part := slices.Chunk(ids, 500)
	fired := 0
	for some := range part {
		if !b.Loop() {
			break
		}
		for _, id := range some {
			w.run(lead.Hint{ID: id})
			fired++
		}
	}
	b.ReportMetric(float64(fired)/b.Elapsed().Seconds(), "leads/s")
}
