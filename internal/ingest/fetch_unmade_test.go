package ingest

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/leadwheel/leadwheel/internal/lead"
	"github.com/leadwheel/leadwheel/store"
)

// showsUnder makes the Graph API show a lead whose one answer stands under a name.
func (s *stand) showsUnder(id, name string) http.HandlerFunc {
	return gives(200, fmt.Sprintf(`{"id":%q,"created_time":"2026-01-01T00:59:55+0000","field_data":[{"name":%q,"values":["Lead %s"]}]}`, id, name, id))
}

// event is an arrival as it is now.
func (s *stand) event(e store.Event) store.Event {
	s.t.Helper()
	e, err := s.Store.Event(s.t.Context(), s.hook.Workspace, s.hook.ID, e.ID)
	s.must(err)
	return e
}

func (s *stand) replay(e store.Event) store.Event {
	s.t.Helper()
	var replayed store.Event
	s.must(s.Store.WithTx(s.t.Context(), func(tx *store.Tx) (err error) {
		replayed, err = s.receiver.Replay(s.t.Context(), tx, s.hook.Workspace, s.hook.ID, e.ID)
		return err
	}))
	return replayed
}

// learn has the names under which leads were kept be known, as by a mapping.
func (s *stand) learn(name string) {
	s.t.Helper()
	_, err := s.DB.ExecContext(s.t.Context(), `UPDATE fetched_answers SET answer = convert_to(replace(convert_from(answer, 'UTF8'), $1, 'full_name'), 'UTF8')`, name)
	s.must(err)
}

func (s *stand) warning() string {
	s.t.Helper()
	h, err := s.Store.HookOf(s.t.Context(), s.hook.Workspace, s.hook.ID)
	s.must(err)
	return h.Warning
}

// Of two leads in one notification one has answers under no known name: it is kept as the platform gave it, the arrival
// tells of it, and reading that again makes it without asking the platform.
func TestAFetchedLeadWithoutContactIsKept(t *testing.T) {
	t.Parallel()
	s := newStand(t, lead.KindMeta, store.IntegrationSettings{})
	s.on("/v25.0/7002", s.showsUnder("7002", "q_7"), gives(404, `{}`))
	s.on("/v25.0/7003", s.shows("7003"), gives(404, `{}`))
	e := s.tell("7002", "7003")
	s.run()
	s.leads(1, 0)
	got := s.event(e)
	if got.Outcome != lead.EventLead || got.Made != 1 || got.CountNotMade() != 1 || got.NotMade[0].Reason != noContactFetched || fmt.Sprint(got.NotMade[0].Entries) != "[1]" {
		t.Errorf("the delivery tells %+v", got)
	}
	if !strings.Contains(got.Detail, "1 of 2") || !strings.Contains(s.warning(), "none could be made") {
		t.Errorf("it says %q, and the integration %q", got.Detail, s.warning())
	}
	if again := s.replay(e); again.Made != 1 || again.CountNotMade() != 1 {
		t.Errorf("read again with nothing learnt: %+v", again)
	}
	s.leads(1, 0)
	s.learn("q_7")
	for range 2 {
		if again := s.replay(e); again.Made != 2 || again.CountNotMade() != 0 || len(again.LeadIDs) != 2 {
			t.Errorf("read again: %+v", again)
		}
		s.leads(2, 0)
	}
	if asked := s.times("/v25.0/7002"); asked != 1 {
		t.Errorf("the platform was asked %d times", asked)
	}
	if n := s.count("fetched_answers WHERE lead_id IS NULL"); n != 0 {
		t.Errorf("%d answers have no lead", n)
	}
}

func TestADeliveryOfFetchedLeadsWithoutContactIsUnmapped(t *testing.T) {
	t.Parallel()
	s := newStand(t, lead.KindMeta, store.IntegrationSettings{})
	s.on("/v25.0/1", s.showsUnder("1", "q_7"))
	e := s.tell("1")
	s.run()
	if got := s.event(e); got.Outcome != lead.EventUnmapped || got.Made != 0 || got.CountNotMade() != 1 || got.Detail != noContactFetched {
		t.Errorf("the delivery tells %+v", got)
	}
	s.leads(0, 0)
	again := s.tell("1") // told of again
	s.run()
	if got := s.outcome(again); got != lead.EventUnmapped {
		t.Errorf("told of again it is %s", got)
	}
	s.learn("q_7")
	if got := s.replay(e); got.Outcome != lead.EventLead || got.Made != 1 {
		t.Errorf("read again: %+v", got)
	}
	if got := s.replay(again); got.Outcome != lead.EventDuplicate || got.Made != 0 {
		t.Errorf("the other read again: %+v", got)
	}
	s.leads(1, 0)
}

func TestALinkedInLeadWithoutContactIsKeptWithItsForm(t *testing.T) {
	t.Parallel()
	s := newStand(t, lead.KindLinkedIn, store.IntegrationSettings{})
	s.on("/rest/leadFormResponses/5a3c-9", gives(200, `{"id":"5a3c-9","versionedLeadGenFormUrn":"urn:li:versionedLeadGenForm:(urn:li:leadGenForm:44,1)","submittedAt":1767229195000,
		"formResponse":{"answers":[{"questionId":1,"answerDetails":{"textQuestionAnswer":{"answer":"Aisyah"}}}]}}`))
	s.on("/rest/leadForms/44", gives(200, `{"name":"Villa","content":{"questions":[{"questionId":1,"name":"q_7"}]}}`))
	e := s.deliver(`{"type":"LEAD_ACTION","leadGenFormResponse":"urn:li:leadGenFormResponse:5a3c-9","leadGenForm":"urn:li:versionedLeadGenForm:(urn:li:leadGenForm:44,1)","leadAction":"CREATED","occurredAt":1767229195000}`)
	s.run()
	if got := s.event(e); got.Outcome != lead.EventUnmapped || got.CountNotMade() != 1 {
		t.Fatalf("the delivery tells %+v", got)
	}
	s.learn("q_7")
	if got := s.replay(e); got.Outcome != lead.EventLead || got.Made != 1 {
		t.Errorf("read again: %+v", got)
	}
	if n := s.count("leads WHERE name = 'Aisyah' AND attribution->>'form_name' = 'Villa'"); n != 1 {
		t.Error("the lead is not the one that was kept")
	}
}

// What a list brings and nobody can read is kept once, however often the list is looked through.
func TestFoundLeadsThatCannotBeMadeAreKept(t *testing.T) {
	t.Parallel()
	s := newStand(t, lead.KindMeta, store.IntegrationSettings{FormIDs: []string{"77"}})
	s.on("/v25.0/77/leads", gives(200, `{"data":[{"id":"1","field_data":[{"name":"full_name","values":["Ada"]}]},
		{"id":"2","field_data":[{"name":"q_7","values":["Bea"]}]},{"id":"3","field_data":7},"?"]}`))
	for range 3 {
		s.reconcile()
	}
	s.leads(1, 0)
	var events []string
	s.must(s.DB.Select(&events, "SELECT event_id::text FROM integration_events"))
	if len(events) != 1 {
		t.Fatalf("there are %d deliveries of what was found", len(events))
	}
	var e store.Event
	s.must(e.ID.UnmarshalText([]byte(events[0])))
	if got := s.event(e); got.Outcome != lead.EventLead || got.Made != 1 || got.CountNotMade() != 3 || !strings.Contains(string(got.Body), `"q_7"`) {
		t.Errorf("the delivery tells %+v", got)
	}
	_, err := s.DB.ExecContext(t.Context(), `UPDATE integration_events SET body = convert_to(replace(convert_from(body, 'UTF8'), 'q_7', 'full_name'), 'UTF8')`)
	s.must(err)
	if got := s.replay(e); got.Made != 2 || got.CountNotMade() != 2 {
		t.Errorf("read again: %+v", got)
	}
	s.leads(2, 0)
}

// One bad one among many keeps none of the others out.
func TestOneBadEntryKeepsNoOtherOut(t *testing.T) {
	t.Parallel()
	s := newStand(t, lead.KindMeta, store.IntegrationSettings{})
	s.on("/v25.0/1", s.shows("1"))
	e := s.deliver(`{"object":"page","entry":[7,{"changes":["?",{"field":"leadgen","value":{"leadgen_id":"1"}},{"field":"leadgen","value":[]}]}]}`)
	s.run()
	if got := s.event(e); got.Outcome != lead.EventLead || got.Made != 1 || got.CountNotMade() != 3 {
		t.Errorf("the delivery tells %+v", got)
	}
	s.leads(1, 0)
	var entries []string
	for i := range 1000 {
		entries = append(entries, fmt.Sprintf(`{"id":%d,"changes":[{"field":"name","value":"Lead %d"},7]}`, i+1, i))
	}
	entries[500] = `{"id":501,"changes":"?"}`
	entries[501] = `"?"`
	p, err := tiktok{}.Parse(store.IntegrationSettings{}, Request{Body: []byte(`{"object":1,"entry":[` + strings.Join(entries, ",") + `]}`)})
	s.must(err)
	d := arrival{Arrival: store.Arrival{Event: &store.Event{}}}
	s.must(d.fill(s.hook, p.Leads))
	if len(d.Leads) != 998 || d.Event.CountNotMade() != 2 || fmt.Sprint(d.Event.NotMade[0].Entries) != "[501 502]" {
		t.Errorf("%d leads, and %+v", len(d.Leads), d.Event.NotMade)
	}
}
