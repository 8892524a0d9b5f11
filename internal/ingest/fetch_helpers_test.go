package ingest

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/prometheus/client_golang/prometheus"

	"github.com/leadwheel/leadwheel/internal/lead"
	"github.com/leadwheel/leadwheel/internal/metrics"
	"github.com/leadwheel/leadwheel/internal/secret"
	"github.com/leadwheel/leadwheel/internal/testenv"
	"github.com/leadwheel/leadwheel/store"
)

// A fakePlatform plays a platform's API: it answers each path as the test says, by how often that was asked before.
type fakePlatform struct {
	*httptest.Server
	mu      sync.Mutex
	asked   map[string]int
	answers map[string]func(n int, w http.ResponseWriter, r *http.Request)
	others  func(n int, w http.ResponseWriter, r *http.Request)
}

func newFakePlatform(t *testing.T) *fakePlatform {
	t.Helper()
	f := &fakePlatform{asked: map[string]int{}, answers: map[string]func(int, http.ResponseWriter, *http.Request){}}
	f.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		f.mu.Lock()
		answer, n := f.answers[r.URL.Path], f.asked[r.URL.Path]
		f.asked[r.URL.Path]++
		if answer == nil {
			answer = f.others
		}
		f.mu.Unlock()
		if answer == nil {
			http.NotFound(w, r)
			return
		}
		answer(n, w, r)
	}))
	t.Cleanup(f.Close)
	return f
}

// on says how a path is answered: with each of the answers in turn, and then with the last.
func (f *fakePlatform) on(path string, answers ...http.HandlerFunc) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.answers[path] = func(n int, w http.ResponseWriter, r *http.Request) { answers[min(n, len(answers)-1)](w, r) }
}

func (f *fakePlatform) times(path string) int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.asked[path]
}

// gives answers with a status, a body and headers in pairs.
func gives(status int, body string, headers ...string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		for i := 0; i < len(headers); i += 2 {
			w.Header().Set(headers[i], headers[i+1])
		}
		w.WriteHeader(status)
		fmt.Fprint(w, body)
	}
}

// graphError is a refusal of the Graph API.
func graphError(code int, headers ...string) http.HandlerFunc {
	return gives(400, fmt.Sprintf(`{"error":{"message":"refused","type":"OAuthException","code":%d,"error_subcode":33,"fbtrace_id":"x"}}`, code), headers...)
}

// cutOff breaks the connection off in the midst of an answer.
func cutOff(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Length", "1000")
	fmt.Fprint(w, `{"id":`)
	_ = http.NewResponseController(w).Flush()
	panic(http.ErrAbortHandler)
}

// never does not answer at all.
func never(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() }

// A stand is an integration that fetches from a fake platform.
type stand struct {
	*testenv.Env
	*fakePlatform
	t        *testing.T
	clock    *testenv.Clock
	hook     store.Hook
	secrets  Secrets
	box      Box
	receiver *Receiver
	fetcher  *Fetcher
}

func newStand(t *testing.T, kind lead.Kind, settings store.IntegrationSettings) *stand {
	t.Helper()
	c := testenv.NewClock(time.Now().Truncate(time.Microsecond))
	s := &stand{Env: testenv.New(t, testenv.WithClock(c.Now)), fakePlatform: newFakePlatform(t), t: t, clock: c}
	s.ExpectHandedOn(t)
	ws, err := s.Store.CreateWorkspace(t.Context(), store.WorkspaceSpec{Name: "acme", Timezone: "UTC", Region: "MY"})
	s.must(err)
	m, err := s.Store.CreateMember(t.Context(), ws.ID, store.Member{Name: "Mia"})
	s.must(err)
	var group uuid.UUID
	s.must(s.Store.WithTx(t.Context(), func(tx *store.Tx) error {
		g, err := tx.CreateGroup(t.Context(), ws.ID, store.GroupSpec{
			Name: "sales", Method: lead.RoundRobin, Listed: []lead.Listed{{Members: []lead.Receiver{{MemberID: m.ID}}, Weight: 1}},
		})
		group = g.ID
		return err
	}))
	s.box, err = secret.NewBox(base64.StdEncoding.EncodeToString(bytes.Repeat([]byte{1}, secret.KeySize)))
	s.must(err)
	s.secrets = Secrets{Secret: "s", VerifyToken: "v", AccessToken: "t"}
	id, err := store.NewIntegrationID()
	s.must(err)
	i := store.Integration{ID: id, Kind: kind, Name: "ads", Enabled: true, GroupID: &group, Settings: settings}
	i.Sealed, err = s.secrets.Seal(s.box, i)
	s.must(err)
	_, err = s.Store.CreateIntegration(t.Context(), ws.ID, i)
	s.must(err)
	s.hook, err = s.Store.HookOf(t.Context(), ws.ID, id)
	s.must(err)
	m2, log := metrics.New(prometheus.NewRegistry()), slog.New(slog.DiscardHandler)
	intake := NewIntake(s.Store)
	t.Cleanup(intake.Stop)
	s.receiver = NewReceiver(ReceiverOptions{Store: s.Store, Intake: intake, Box: s.box, Metrics: m2, Log: log})
	s.fetcher = NewFetcher(FetcherOptions{
		Store: s.Store, Box: s.box, Metrics: m2, Log: log,
		Platforms: Platforms{MetaURL: s.URL, LinkedInURL: s.URL, LinkedInVersion: "202610"},
	})
	return s
}

func (s *stand) must(err error) {
	s.t.Helper()
	if err != nil {
		s.t.Fatal(err)
	}
}

// deliver delivers a body, signed, and returns what became of it.
func (s *stand) deliver(body string) store.Event {
	s.t.Helper()
	header := http.Header{}
	if s.hook.Kind == lead.KindMeta {
		header.Set(metaSignature, "sha256="+hex.EncodeToString(hmacSHA256(s.secrets.Secret, []byte(body))))
	} else {
		header.Set(linkedInSignature, hex.EncodeToString(hmacSHA256(s.secrets.Secret, []byte(linkedInPrefix+body))))
	}
	e, err := s.receiver.Receive(s.t.Context(), s.hook, Request{Header: header, Body: []byte(body), At: s.Store.Now()})
	s.must(err)
	return e.Event
}

// tell delivers a notification of Meta leads.
func (s *stand) tell(ids ...string) store.Event {
	s.t.Helper()
	var changes []string
	for _, id := range ids {
		changes = append(changes, fmt.Sprintf(`{"field":"leadgen","value":{"leadgen_id":%q,"form_id":77,"page_id":"9"}}`, id))
	}
	return s.deliver(`{"object":"page","entry":[{"id":"9","changes":[` + strings.Join(changes, ",") + `]}]}`)
}

// shows makes the Graph API show a lead.
func (s *stand) shows(id string) http.HandlerFunc {
	return gives(200, fmt.Sprintf(`{"id":%q,"campaign_id":"5","field_data":[{"name":"full_name","values":["Lead %s"]}]}`, id, id))
}

func (s *stand) run() {
	s.t.Helper()
	s.must(s.fetcher.Run(context.WithoutCancel(s.t.Context()), s.hook.Workspace, s.hook.ID))
}

func (s *stand) count(from string, args ...any) (n int) {
	s.t.Helper()
	s.must(s.DB.GetContext(s.t.Context(), &n, "SELECT count(*) FROM "+from, args...))
	return n
}

// leads fails the test unless there are n leads, each to be distributed once, and no fetch is left but those held.
func (s *stand) leads(n, waiting int) {
	s.t.Helper()
	if got, pending, left := s.count("leads"), s.count("pending"), s.count("fetches WHERE NOT withdrawn"); got != n || pending != n || left != waiting {
		s.t.Errorf("%d leads, %d pending and %d to be fetched, want %d, %d and %d", got, pending, left, n, n, waiting)
	}
}

func (s *stand) outcome(e store.Event) lead.EventOutcome {
	s.t.Helper()
	e, err := s.Store.Event(s.t.Context(), s.hook.Workspace, s.hook.ID, e.ID)
	s.must(err)
	return e.Outcome
}

// health fails the test unless the integration's is this, with so many held, and returns its state.
func (s *stand) health(want lead.Health, held int) store.FetchState {
	s.t.Helper()
	state, err := s.Store.FetchState(s.t.Context(), s.hook.Workspace, s.hook.ID)
	s.must(err)
	all, err := s.Store.Held(s.t.Context(), s.hook.Workspace)
	s.must(err)
	if state.Health != want || all[s.hook.ID] != held {
		s.t.Errorf("the health is %s with %d held, want %s with %d", state.Health, all[s.hook.ID], want, held)
	}
	return state
}
