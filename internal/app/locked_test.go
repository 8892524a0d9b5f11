package app_test

import (
	"bytes"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/leadwheel/leadwheel/internal/app"
	"github.com/leadwheel/leadwheel/internal/testenv"
)

// TestLockedTablesAreAnsweredFor has somebody lock the leads while others push, read and deliver them and a batch is to go out. Each is
// answered within seconds with when to come again, and when the table is free all is done, with no try of a task lost.
func TestLockedTablesAreAnsweredFor(t *testing.T) {
	t.Parallel()
	s := newScene(t, testenv.New(t), 2)
	s.start(app.Roles()...)
	form := s.integration(map[string]any{"kind": "generic", "name": "site"})
	s.assign(s.storeLeads(4))
	s.untilCopies(4, time.Minute)
	ids := s.storeLeads(40)
	tx := s.DB.MustBegin()
	defer func() { _ = tx.Rollback() }() // it was by then
	tx.MustExec(`LOCK TABLE leads IN ACCESS EXCLUSIVE MODE`)

	began := time.Now()
	var all sync.WaitGroup
	for what, r := range map[string]struct{ method, path, body, says string }{
		"pushing":    {http.MethodPost, "/v1/leads", `{"name":"Siti"}`, "somebody has locked"},
		"a list":     {http.MethodGet, "/v1/leads", "", "somebody has locked"},
		"a lead":     {http.MethodGet, "/v1/leads/" + ids[0].String(), "", "somebody has locked"},
		"a delivery": {http.MethodPost, form.URL[strings.Index(form.URL, "/hooks/"):], `{"name":"Ada"}`, "send it again shortly"},
	} {
		all.Go(func() {
			status, retryAfter, text := s.answerOf(r.method, r.path, r.body)
			if status != http.StatusServiceUnavailable || retryAfter != "5" || !strings.Contains(text, r.says) {
				t.Errorf("%s was answered with %d, Retry-After %q: %s", what, status, retryAfter, text)
			}
		})
	}
	all.Wait()
	if took := time.Since(began); took > 15*time.Second {
		t.Errorf("the last was answered after %s", took)
	}
	s.must(tx.Rollback())
	s.assign(ids)
	s.untilCopies(44, time.Minute)
	s.noTryLost("locked")
}

// answerOf sends a request and returns its status, when to come again, and the text. It may be called from any goroutine.
func (s *scene) answerOf(method, path, body string) (status int, retryAfter, text string) {
	r, err := http.NewRequestWithContext(s.t.Context(), method, s.app.URL()+path, strings.NewReader(body))
	if err != nil {
		return 0, "", err.Error()
	}
	r.Header.Set("Authorization", "Bearer "+s.key)
	r.Header.Set("Content-Type", "application/json")
	response, err := http.DefaultClient.Do(r)
	if err != nil {
		return 0, "", err.Error()
	}
	defer response.Body.Close()
	var read bytes.Buffer
	if _, err := read.ReadFrom(response.Body); err != nil {
		return 0, "", err.Error()
	}
	return response.StatusCode, response.Header.Get("Retry-After"), read.String()
}
