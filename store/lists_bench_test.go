package store_test

import (
	"context"
	"flag"
	"testing"
	"time"

	"github.com/leadwheel/leadwheel/store"
)

// listRows is how many leads, assigned leads and customers a workspace has whose lists are measured.
var listRows = flag.Int("lists.rows", 1_000_000, "rows of each list")

// fillLists fills a workspace with records whose ids are in the order of time: one member in fifty and one group in a
// hundred have few of them, a status, a source and a phone are rare.
const fillLists = `
	WITH s AS (SELECT i, $1::uuid AS w, (lpad(to_hex(1760000000000 + i * 1000), 12, '0') || '70008000' || lpad(to_hex(i), 12, '0'))::uuid AS id,
			timestamptz '2025-10-09' + i * interval '1 second' AS at, 'First' || i % 1000 AS first, 'Last' || i / 7 % 5000 AS last,
			'6012' || lpad(i::text, 7, '0') AS phone, CASE WHEN i % 5000 = 0 THEN $2::uuid END AS source,
			CASE WHEN i % 20000 = 0 THEN 'won' ELSE 'new' END AS status
		FROM generate_series(1, $3::bigint) AS i),
	r AS (SELECT s.*, array_to_tsvector(ARRAY[$4 || lower(first), $4 || lower(last), $4 || phone, $4 || '<' || reverse(phone), $4 || 'common']) AS words FROM s),
	l AS (INSERT INTO leads (workspace_id, lead_id, name, phone, phone_e164, words, fields, source_id, channel, origin, external_id, decisions, created_at, updated_at)
		SELECT w, id, first || ' ' || last, phone, '+' || phone, words, '{"interest": "condo"}', source, 'api', 'api', 'e' || i, 0, at, at FROM r),
	a AS (INSERT INTO assigned_leads (workspace_id, assigned_lead_id, member_id, source_lead_id, group_id, name, phone, phone_e164, words, fields, source_id, status, assigned_at, updated_at)
		SELECT w, id, CASE WHEN i % 50 = 0 THEN $5::uuid ELSE $6::uuid END, id, CASE WHEN i % 10000 = 0 THEN $2::uuid END,
			first || ' ' || last, phone, '+' || phone, words, '{"interest": "condo"}', source, status, at, at FROM r)
	INSERT INTO customers (workspace_id, customer_id, lead_id, member_id, name, phone, phone_e164, words, fields, source_id, created_at, updated_at)
	SELECT w, id, id, CASE WHEN i % 50 = 0 THEN $5::uuid END, first || ' ' || last, phone, '+' || phone, words, '{}', source, at, at FROM r`

// BenchmarkLists measures a page of each list of contacts by each filter, at a million rows, and logs its plan. A page is
// to take 50 ms at the most.
func BenchmarkLists(b *testing.B) {
	w := newWorld(b)
	source := w.source("rare", nil)
	began := time.Now()
	w.DB.MustExecContext(b.Context(), fillLists, w.workspace, source, *listRows, store.Mark(w.workspace), w.members['A'], w.members['B'])
	for _, statement := range []string{"VACUUM ANALYZE leads", "VACUUM ANALYZE assigned_leads", "VACUUM ANALYZE customers"} {
		w.DB.MustExecContext(b.Context(), statement)
	}
	b.Logf("%d rows of each were made in %s", *listRows, time.Since(began).Round(time.Second))

	day := time.Date(2025, 10, 10, 0, 0, 0, 0, time.UTC)
	page := store.Page{Limit: 51}
	for name, list := range map[string]func(context.Context, store.Queries) error{
		"leads/all":         leadList(w, store.LeadFilter{}, page),
		"leads/source":      leadList(w, store.LeadFilter{SourceID: source}, page),
		"leads/external_id": leadList(w, store.LeadFilter{ExternalID: "e77"}, page),
		"leads/day":         leadList(w, store.LeadFilter{From: day, To: day.Add(time.Hour)}, page),
		"leads/word":        leadList(w, store.LeadFilter{Search: "first77 last"}, page),
		"leads/name":        leadList(w, store.LeadFilter{Search: "first77 last4211"}, page),
		"leads/common":      leadList(w, store.LeadFilter{Search: "common"}, page),
		"leads/phone":       leadList(w, store.LeadFilter{Search: "012-007 7777"}, page),
		"leads/digits":      leadList(w, store.LeadFilter{Search: "77777"}, page),

		"assigned leads/all":           assignedList(w, store.AssignedLeadFilter{}, page),
		"assigned leads/source":        assignedList(w, store.AssignedLeadFilter{SourceID: source}, page),
		"assigned leads/member":        assignedList(w, store.AssignedLeadFilter{MemberID: w.members['A']}, page),
		"assigned leads/group":         assignedList(w, store.AssignedLeadFilter{GroupID: source}, page),
		"assigned leads/status":        assignedList(w, store.AssignedLeadFilter{Status: "won"}, page),
		"assigned leads/member status": assignedList(w, store.AssignedLeadFilter{MemberID: w.members['A'], Status: "won"}, page),
		"assigned leads/day":           assignedList(w, store.AssignedLeadFilter{From: day, To: day.Add(time.Hour)}, page),
		"assigned leads/word":          assignedList(w, store.AssignedLeadFilter{Search: "first77"}, page),
		"assigned leads/member word":   assignedList(w, store.AssignedLeadFilter{MemberID: w.members['A'], Search: "first50"}, page),
		"assigned leads/common":        assignedList(w, store.AssignedLeadFilter{Search: "common"}, page),
		"assigned leads/phone":         assignedList(w, store.AssignedLeadFilter{Search: "+60120077777"}, page),

		"customers/all":    customerList(w, store.CustomerFilter{}, page),
		"customers/source": customerList(w, store.CustomerFilter{SourceID: source}, page),
		"customers/member": customerList(w, store.CustomerFilter{MemberID: w.members['A']}, page),
		"customers/day":    customerList(w, store.CustomerFilter{From: day, To: day.Add(time.Hour)}, page),
		"customers/word":   customerList(w, store.CustomerFilter{Search: "first77 last4211"}, page),
		"customers/phone":  customerList(w, store.CustomerFilter{Search: "0120077777"}, page),
		"sources/counts": func(ctx context.Context, q store.Queries) error {
			_, err := q.CountBySource(ctx, w.workspace, page)
			return err
		},
	} {
		b.Run(name, func(b *testing.B) {
			if err := list(b.Context(), store.Explained(w.Store.Queries, b.Log)); err != nil {
				b.Fatal(err)
			}
			for b.Loop() {
				if err := list(b.Context(), w.Store.Queries); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func leadList(w *world, f store.LeadFilter, p store.Page) func(context.Context, store.Queries) error {
	return func(ctx context.Context, q store.Queries) error {
		_, err := q.SourceLeads(ctx, w.workspace, f, p)
		return err
	}
}

func assignedList(w *world, f store.AssignedLeadFilter, p store.Page) func(context.Context, store.Queries) error {
	return func(ctx context.Context, q store.Queries) error {
		_, err := q.AssignedLeads(ctx, w.workspace, f, p)
		return err
	}
}

func customerList(w *world, f store.CustomerFilter, p store.Page) func(context.Context, store.Queries) error {
	return func(ctx context.Context, q store.Queries) error {
		_, err := q.Customers(ctx, w.workspace, f, p)
		return err
	}
}
