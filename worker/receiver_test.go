package worker

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
)

// A receiver is told by webhooks, and answers the n-th time, from 1, as a test says: 204 where that says nothing.
type receiver struct {
	*httptest.Server
	mu             sync.Mutex
	n, under, most int
	taken          map[string]int
	header         http.Header
	body           []byte
}

func newReceiver(t *testing.T, answer func(n int, w http.ResponseWriter, r *http.Request)) *receiver {
	t.Helper()
	v := &receiver{taken: map[string]int{}}
	v.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		v.mu.Lock()
		v.n++
		v.under++
		v.most = max(v.most, v.under)
		n := v.n
		v.header, v.body = r.Header.Clone(), body
		v.mu.Unlock()
		said := &status{ResponseWriter: w}
		if answer != nil {
			answer(n, said, r)
		}
		v.mu.Lock()
		v.under--
		if said.code == 0 && r.Context().Err() == nil {
			v.taken[r.Header.Get("Webhook-Id")]++
		}
		v.mu.Unlock()
		if said.code == 0 {
			w.WriteHeader(http.StatusNoContent)
		}
	}))
	t.Cleanup(v.Close)
	return v
}

// A status remembers what was answered.
type status struct {
	http.ResponseWriter
	code int
}

func (s *status) WriteHeader(code int) { s.code = code; s.ResponseWriter.WriteHeader(code) }

func (v *receiver) times() int {
	v.mu.Lock()
	defer v.mu.Unlock()
	return v.n
}

// took reports whether at least n deliveries were taken, each once.
func (v *receiver) took(n int) error {
	v.mu.Lock()
	defer v.mu.Unlock()
	for id, times := range v.taken {
		if times > 1 {
			return fmt.Errorf("%s was taken %d times", id, times)
		}
	}
	if len(v.taken) < n {
		return fmt.Errorf("%d deliveries were taken, want %d", len(v.taken), n)
	}
	return nil
}
