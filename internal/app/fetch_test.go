package app_test

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"net/http"
	"net/http/httptest"
	"path"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/leadwheel/leadwheel/internal/app"
	"github.com/leadwheel/leadwheel/internal/testenv"
)

// TestWorkerKilledWhileFetching kills a worker that is asking the Graph API for leads, and loses Redis's hints at the rest.
// What was acknowledged by then was no more than the leads' ids.
func TestWorkerKilledWhileFetching(t *testing.T) {
	t.Parallel()
	d := testenv.NewDedicated(t)
	s := newScene(t, &d.Env, 4)
	const leads = 400
	var asked atomic.Int32
	reached := make(chan struct{})
	graph := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if asked.Add(1) == leads/4 {
			close(reached)
			<-r.Context().Done() // whoever asked this is killed now
			return
		}
		id := path.Base(r.URL.Path)
		fmt.Fprintf(w, `{"id":%q,"field_data":[{"name":"full_name","values":["Lead %s"]}]}`, id, id)
	}))
	t.Cleanup(graph.Close)
	s.metaURL = graph.URL
	s.start(app.RoleAPI, app.RoleScheduler)
	var made struct{ ID, URL string }
	if status, err := s.post("/v1/integrations", map[string]any{
		"kind": "meta", "name": "ads", "group_id": s.group, "secret": "app-secret", "access_token": "t",
	}, &made); err != nil || status != 201 {
		t.Fatal(status, err)
	}
	worker := s.startProcess("worker")
	s.notify(made.URL, "app-secret", leads)
	<-reached
	kill(worker)
	s.must(s.Redis.FlushAll(t.Context()).Err())
	s.startProcess("worker")
	s.untilCopies(leads, time.Minute)
	s.untilIdle(20 * time.Second)
	s.even(leads / 4)
	var left int
	s.must(s.DB.Get(&left, `SELECT (SELECT count(*) FROM fetches) + (SELECT count(*) FROM integration_events WHERE outcome <> 'lead')`))
	if left != 0 {
		t.Errorf("%d leads or deliveries are left", left)
	}
}

// notify tells of n Meta leads in one signed delivery.
func (s *scene) notify(path, secret string, n int) {
	s.t.Helper()
	var ids []string
	for i := range n {
		ids = append(ids, strconv.Itoa(1000+i))
	}
	s.notifyOf(path, secret, ids...)
}

// notifyOf tells of Meta leads by their ids in one signed delivery.
func (s *scene) notifyOf(path, secret string, ids ...string) {
	s.t.Helper()
	var changes []string
	for _, id := range ids {
		changes = append(changes, fmt.Sprintf(`{"field":"leadgen","value":{"leadgen_id":%q,"form_id":"77"}}`, id))
	}
	body := []byte(`{"object":"page","entry":[{"changes":[` + strings.Join(changes, ",") + `]}]}`)
	mac := hmac.New(sha256.New, []byte(secret))
	mac.Write(body)
	status, answer := s.send(http.MethodPost, path, map[string]string{"X-Hub-Signature-256": "sha256=" + hex.EncodeToString(mac.Sum(nil))}, body)
	if status != http.StatusOK {
		s.t.Fatalf("the delivery was answered with %d: %s", status, answer)
	}
}
