package api_test

import (
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/leadwheel/leadwheel/internal/lead"
	"github.com/leadwheel/leadwheel/internal/testenv"
	"github.com/leadwheel/leadwheel/store"
)

const idempotencyKey = "Idempotency-Key"

func TestSameKeySameAnswerOneEffect(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	m := s.member("A")
	g := s.group(m)
	l := s.post("/v1/leads", `{"name":"L"}`).is(201).id()
	for path, body := range map[string]any{
		"/v1/members":     `{"name":"<B> & \"C\""}`,
		"/v1/sources":     `{"name":"web"}`,
		"/v1/groups":      ring(m),
		"/v1/leads":       `{"name":"N","fields":{"b":1.50,"a":"<&>"},"distribute":{"group_id":"` + g.String() + `"}}`,
		"/v1/leads/batch": `{"leads":[{"name":"1"},{"name":"2"}],"distribute":{"group_id":"` + g.String() + `"}}`,
		"/v1/assignments": map[string]any{"lead_ids": []string{l}, "group_id": g},
	} {
		rows := func() int {
			return s.count(`SELECT (SELECT count(*) FROM members) + (SELECT count(*) FROM sources) + (SELECT count(*) FROM groups)
				+ (SELECT count(*) FROM leads) + (SELECT count(*) FROM assignments) + (SELECT count(*) FROM pending)`)
		}
		first := s.do(s.admin, "POST", path, body, idempotencyKey, "key for "+path)
		if first.status/100 != 2 {
			t.Fatalf("%s: %d %s", path, first.status, first.body)
		}
		before := rows()
		again := s.do(s.admin, "POST", path, body, idempotencyKey, "key for "+path)
		if again.status != first.status || again.body != first.body {
			t.Errorf("%s: first %d %s\nthen %d %s", path, first.status, first.body, again.status, again.body)
		}
		if got := again.header.Get("Content-Type"); got != first.header.Get("Content-Type") {
			t.Errorf("%s: content type %q", path, got)
		}
		if after := rows(); after != before {
			t.Errorf("%s: %d rows became %d", path, before, after)
		}
	}
}

// What a request asked for may be over, or gone, when it comes again because its answer was lost.
func TestWhatWasDoneIsAnsweredAgainThoughItCouldNotBeDoneNow(t *testing.T) {
	t.Parallel()
	s, clock := newTimedSite(t)
	g := s.group(s.member("A"))
	l := s.post("/v1/leads", `{"name":"L"}`).is(201).id()
	soon := clock.Now().Add(time.Minute).Format(time.RFC3339)
	bodies := map[string]any{
		"/v1/leads":       `{"name":"N","distribute":{"group_id":"` + g.String() + `","at":"` + soon + `"}}`,
		"/v1/leads/batch": `{"leads":[{"name":"1"}],"distribute":{"group_id":"` + g.String() + `","at":"` + soon + `"}}`,
		"/v1/assignments": map[string]any{"lead_ids": []string{l}, "group_id": g, "at": soon},
	}
	first := map[string]reply{}
	for path, body := range bodies {
		if first[path] = s.do(s.admin, "POST", path, body, idempotencyKey, path); first[path].status/100 != 2 {
			t.Fatalf("%s: %d %s", path, first[path].status, first[path].body)
		}
	}
	file := s.do(s.admin, "POST", "/v1/imports?group_id="+g.String(), "name\nAda\n", idempotencyKey, "file", "Content-Type", "text/csv").id()
	known := `{"name":"K","external_id":"crm-1","distribute":{"group_id":"` + g.String() + `","at":"` + soon + `"}}`
	id := s.post("/v1/leads", known).is(201).id()
	leads := s.count(`SELECT count(*) FROM leads`)

	clock.Advance(2 * time.Minute)
	s.do(s.admin, "POST", "/v1/leads", bodies["/v1/leads"], idempotencyKey, "another").refuses(422, "invalid_request", "body.distribute.at")
	s.delete("/v1/groups/" + g.String() + "?pending=leave").is(204)
	for path, body := range bodies {
		again := s.do(s.admin, "POST", path, body, idempotencyKey, path)
		if again.status != first[path].status || again.body != first[path].body || again.header.Get("Idempotent-Replayed") != "true" {
			t.Errorf("%s: first %s\nthen %d %s", path, first[path].body, again.status, again.body)
		}
		if fresh := s.do(s.admin, "POST", path, body, idempotencyKey, "new key for "+path); fresh.status < 400 {
			t.Errorf("%s: with a new key it is done: %d %s", path, fresh.status, fresh.body)
		}
	}
	if again := s.do(s.admin, "POST", "/v1/imports?group_id="+g.String(), "name\nAda\n", idempotencyKey, "file", "Content-Type", "text/csv"); again.id() != file {
		t.Errorf("a file that was imported is answered with %d %s", again.status, again.body)
	}
	if again := s.post("/v1/leads", known); again.status != 200 || again.id() != id {
		t.Errorf("a lead that is there by its external id is answered with %d %s", again.status, again.body)
	}
	s.post("/v1/leads", strings.Replace(known, "crm-1", "crm-2", 1)).refuses(422, "invalid_request", "body.distribute.at")
	if n := s.count(`SELECT count(*) FROM leads`); n != leads {
		t.Errorf("%d leads became %d", leads, n)
	}
}

func TestKeyUsedForAnotherRequest(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.do(s.admin, "POST", "/v1/members", `{"name":"A"}`, idempotencyKey, "1").is(201)
	s.do(s.admin, "POST", "/v1/members", `{"name":"B"}`, idempotencyKey, "1").refuses(422, "invalid_request", "header.Idempotency-Key")
	s.do(s.admin, "POST", "/v1/sources", `{"name":"A"}`, idempotencyKey, "1").refuses(422, "invalid_request", "header.Idempotency-Key")
	s.do(s.admin, "POST", "/v1/groups/preview?next=1", ring(s.member("M")), idempotencyKey, "1").refuses(422, "invalid_request", "header.Idempotency-Key")
	for _, bad := range []string{"tab\there", "ümlaut", strings.Repeat("x", 256)} {
		s.do(s.admin, "POST", "/v1/members", `{"name":"A"}`, idempotencyKey, bad).refuses(422, "invalid_request", "header.Idempotency-Key")
	}
	s.do(s.admin, "POST", "/v1/members", `{"name":"A"}`, idempotencyKey, strings.Repeat("x", 255)).is(201)

	// Other callers' keys are theirs.
	s.do(s.key(store.APIKey{Role: lead.RoleAdmin}), "POST", "/v1/members", `{"name":"B"}`, idempotencyKey, "1").is(201)
	_, other := s.newWorkspace("other")
	s.do(other, "POST", "/v1/members", `{"name":"A"}`, idempotencyKey, "1").is(201)
}

func TestFailuresAreNotKept(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.source("web")
	s.do(s.admin, "POST", "/v1/sources", `{"name":"WEB"}`, idempotencyKey, "1").refuses(409, "conflict", "body.name")
	if n := s.count(`SELECT count(*) FROM idempotency_keys`); n != 0 {
		t.Errorf("%d answers are kept", n)
	}
	s.do(s.admin, "POST", "/v1/sources", `{"name":"shop"}`, idempotencyKey, "1").is(201)
}

func TestKeysExpireAfterADay(t *testing.T) {
	t.Parallel()
	clock := testenv.NewClock(time.Date(2026, 11, 22, 9, 0, 0, 0, time.UTC))
	s := newSite(t, testenv.WithClock(clock.Now))
	post := func() string {
		return s.do(s.admin, "POST", "/v1/members", `{"name":"A"}`, idempotencyKey, "1").is(201).id()
	}
	first := post()
	clock.Advance(24*time.Hour - time.Second)
	if post() != first {
		t.Error("forgotten within a day")
	}
	clock.Advance(time.Second)
	second := post()
	if second == first || post() != second {
		t.Error("an expired key is not taken over")
	}
	clock.Advance(24 * time.Hour)
	deleted, err := s.Store.DeleteOldIdempotencyKeys(t.Context(), clock.Now().Add(-store.IdempotencyKeyAge))
	if err != nil || deleted != 1 {
		t.Errorf("deleted %d, %v", deleted, err)
	}
}

func TestTwinsAtOnceHaveOneEffect(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	const twins = 8
	replies := make([]reply, twins)
	var all sync.WaitGroup
	for i := range twins {
		all.Go(func() {
			replies[i] = s.do(s.admin, "POST", "/v1/leads", `{"name":"L","external_id":"e"}`, idempotencyKey, "1")
		})
	}
	all.Wait()
	for _, r := range replies {
		if r.status != 201 || r.body != replies[0].body {
			t.Errorf("%d %s\nand %s", r.status, r.body, replies[0].body)
		}
	}
	if n := s.count(`SELECT count(*) FROM leads`); n != 1 {
		t.Errorf("%d leads", n)
	}
}
