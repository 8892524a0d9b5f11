package chaos_test

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"time"

	"github.com/google/uuid"

	"github.com/leadwheel/leadwheel/internal/lead"
	"github.com/leadwheel/leadwheel/internal/testenv"
)

// telling are the settings by which processes may tell programs on this machine what happens.
var telling = []string{
	"LEADWHEEL_WEBHOOK_ALLOW=127.0.0.0/8", "LEADWHEEL_SECRET_KEY=" + base64.StdEncoding.EncodeToString([]byte(strings.Repeat("chaos123", 4))),
}

// A listener is another program, which is told by a webhook of each copy that is given. It may be told twice; every tenth time it is slow, and
// every hundredth it is in trouble itself, but never twice over the same copy, which it would be told of minutes later.
type listener struct {
	mu      sync.Mutex
	times   map[uuid.UUID]int // that it took what it was told, by the copy
	refused map[uuid.UUID]bool
	asked   int
}

// listen has a listener be told from now on.
func (w *world) listen() {
	w.t.Helper()
	l := &listener{times: make(map[uuid.UUID]int), refused: make(map[uuid.UUID]bool)}
	server := httptest.NewServer(l)
	w.t.Cleanup(server.Close)
	body, err := json.Marshal(map[string]any{"url": server.URL, "events": []lead.WebhookEvent{lead.WebhookAssigned}})
	w.must(err)
	r, err := http.NewRequestWithContext(w.t.Context(), http.MethodPost, "http://"+w.apis[0]+"/v1/webhooks", bytes.NewReader(body))
	w.must(err)
	r.Header.Set("Authorization", "Bearer "+w.apiKey)
	r.Header.Set("Content-Type", "application/json")
	response, err := w.client.Do(r)
	w.must(err)
	defer response.Body.Close()
	if said, err := io.ReadAll(response.Body); err != nil || response.StatusCode != http.StatusCreated {
		w.t.Fatalf("making a webhook was answered with %d %s, %v", response.StatusCode, said, err)
	}
	w.listener = l
}

// ServeHTTP implements http.Handler.
func (l *listener) ServeHTTP(to http.ResponseWriter, r *http.Request) {
	var told struct {
		Data struct {
			AssignedLeadID uuid.UUID `json:"assigned_lead_id"`
		}
	}
	if err := json.NewDecoder(r.Body).Decode(&told); err != nil {
		to.WriteHeader(http.StatusBadRequest)
		return
	}
	id := told.Data.AssignedLeadID
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.asked++; l.asked%100 == 0 && !l.refused[id] {
		l.refused[id] = true
		to.WriteHeader(http.StatusServiceUnavailable)
		return
	}
	l.times[id]++
	if l.asked%10 == 0 {
		l.mu.Unlock()
		pause(r.Context(), 50*time.Millisecond)
		l.mu.Lock()
	}
}

// told waits until the listener was told of each copy that there is to tell of: of what was taken back or deleted meanwhile nothing is told. What a
// worker had in hand that died is told by another after a minute, and what was refused twice, as by a request that froze with its worker, after five:
// that is owed still.
func (c *checker) told() {
	testenv.Eventually(c.t, 2*settled, func() error {
		var copies, missing []uuid.UUID
		if err := c.read(c.t.Context(), &copies, `
			SELECT a.assigned_lead_id FROM assigned_leads a JOIN leads l ON l.workspace_id = a.workspace_id AND l.lead_id = a.source_lead_id
			WHERE a.workspace_id = $1 AND a.withdrawn_at IS NULL AND l.deleted_at IS NULL AND a.assigned_lead_id NOT IN (
				SELECT assigned_lead_id FROM webhook_deliveries WHERE workspace_id = $1 AND state = 'owed' AND refusals > 1 AND assigned_lead_id IS NOT NULL)`, c.workspace); err != nil {
			return err
		}
		c.listener.mu.Lock()
		defer c.listener.mu.Unlock()
		for _, id := range copies {
			if c.listener.times[id] == 0 {
				missing = append(missing, id)
			}
		}
		if len(missing) > 0 {
			return fmt.Errorf("lost: of %d of %d copies the webhook was not told, as of %s", len(missing), len(copies), missing[0])
		}
		return nil
	})
}

// counts is how many copies the listener was told of, and of how many of them more than once.
func (l *listener) counts() (copies, again int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, times := range l.times {
		if times > 1 {
			again++
		}
	}
	return len(l.times), again
}
