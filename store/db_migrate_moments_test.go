package store_test

import (
	"os"
	"strings"
	"testing"

	"github.com/leadwheel/leadwheel/internal/testenv"
	"github.com/leadwheel/leadwheel/store"
)

// TestPlatformsTimesLeaveTheFields runs the part of the migration that moves them over records as earlier versions stored
// them, more than one part of them.
func TestPlatformsTimesLeaveTheFields(t *testing.T) {
	t.Parallel()
	env := testenv.New(t)
	w, err := env.Store.CreateWorkspace(t.Context(), store.WorkspaceSpec{Name: "acme", Timezone: "UTC", Region: "MY"})
	if err != nil {
		t.Fatal(err)
	}
	run := func(query string, args ...any) {
		t.Helper()
		if _, err := env.DB.ExecContext(t.Context(), query, args...); err != nil {
			t.Fatal(err)
		}
	}
	const moment = "2026-01-01T00:59:55Z"
	run(`INSERT INTO leads (workspace_id, lead_id, name, fields, channel, origin, decisions, attribution, created_at, updated_at)
		SELECT $1, gen_random_uuid(), 'L' || n, jsonb_build_object('created_time', $2::text, 'unit', 'x'), 'meta', 'o', 0, '{"ad_id":"1"}', now(), now()
		FROM generate_series(1, 2500) AS n`, w.ID, moment)
	for channel, fields := range map[string]string{
		"google":   `{"lead_submit_time":"` + moment + `"}`,
		"linkedin": `{"submitted_at":"` + moment + `"}`,
		"typeform": `{"submitted_at":"` + moment + `"}`,
		"snapchat": `{"create_time":"` + moment + `"}`,
		"form":     `{"submitted_at":"` + moment + `"}`,             // whoever made that form asked it
		"tiktok":   `{"created_time":"` + moment + `"}`,             // not TikTok's name
		"api":      `{"created_time":"when the moon was last new"}`, // no platform's
	} {
		run(`INSERT INTO leads (workspace_id, lead_id, name, fields, channel, origin, decisions, created_at, updated_at)
			VALUES ($1, gen_random_uuid(), $3::text, $2, $3, 'o', 0, now(), now())`, w.ID, fields, channel)
	}
	m, err := env.Store.CreateMember(t.Context(), w.ID, store.Member{Name: "Mia"})
	if err != nil {
		t.Fatal(err)
	}
	run(`INSERT INTO assigned_leads (workspace_id, assigned_lead_id, source_lead_id, member_id, name, fields, status, notes, assigned_at, updated_at)
		SELECT workspace_id, gen_random_uuid(), lead_id, $2, name, fields, 'new', '', now(), now() FROM leads WHERE workspace_id = $1`, w.ID, m.ID)
	run(`INSERT INTO customers (workspace_id, customer_id, assigned_lead_id, member_id, name, fields, created_at, updated_at)
		SELECT workspace_id, gen_random_uuid(), assigned_lead_id, member_id, name, fields, now(), now() FROM assigned_leads WHERE workspace_id = $1`, w.ID)

	run(`ANALYZE leads, assigned_leads, customers`) // as they are where there are that many; else each part reads all

	file, err := os.ReadFile("migrations/00081_deliveries.sql")
	if err != nil {
		t.Fatal(err)
	}
	_, move, _ := strings.Cut(string(file), "-- +goose StatementBegin\n")
	move, _, _ = strings.Cut(move, "-- +goose StatementEnd")
	for range 2 { // begun again it does no harm
		run(move)
	}
	count := func(query string) (n int) {
		t.Helper()
		if err := env.DB.Get(&n, query); err != nil {
			t.Fatal(err)
		}
		return n
	}
	for _, table := range []string{"leads", "assigned_leads", "customers"} {
		if n := count(`SELECT count(*) FROM ` + table + ` WHERE fields::text LIKE '%2026%'`); n != 2 {
			t.Errorf("%d of %s have times among their fields, want the two that were asked for", n, table)
		}
	}
	if n := count(`SELECT count(*) FROM leads WHERE attribution ->> 'submitted_at' = '2026-01-01T00:59:55Z'`); n != 2504 {
		t.Errorf("%d leads say when they were sent in", n)
	}
	if n := count(`SELECT count(*) FROM leads WHERE channel = 'meta' AND fields = '{"unit":"x"}' AND attribution ->> 'ad_id' = '1'`); n != 2500 {
		t.Errorf("%d leads keep the rest", n)
	}
}
