package store_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/leadwheel/leadwheel/internal/testenv"
	"github.com/leadwheel/leadwheel/store"
)

// answer makes a request under a key as the API does, and returns what it is answered: anew, or what was kept.
func (w *world) answer(workspace uuid.UUID, key, request string, anew func(context.Context, *store.Tx) (string, error)) (answer string, kept bool, err error) {
	err = w.tx(func(ctx context.Context, t *store.Tx) error {
		before, err := t.ClaimKey(ctx, workspace, key, []byte(request))
		if err != nil {
			return err
		}
		if before != nil {
			answer, kept = fmt.Sprintf("%d %s %s", before.Status, before.Answer, before.RequestHash), true
			return nil
		}
		text, err := anew(ctx, t)
		if err != nil {
			return err
		}
		answer, kept = text, false
		return t.KeepAnswer(ctx, workspace, key, 201, json.RawMessage(text))
	})
	return answer, kept, err
}

// TestAKeyAnswersOnce sends a request many times at once: one of them makes a lead, and all others are answered as it was.
func TestAKeyAnswersOnce(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	var made atomic.Int32
	var sending sync.WaitGroup
	for range 8 {
		sending.Go(func() {
			answer, kept, err := w.answer(w.workspace, "order 7", "request", func(ctx context.Context, t *store.Tx) (string, error) {
				made.Add(1)
				_, err := t.AddLeads(ctx, w.workspace, "fresh", []store.NewLead{{Name: "Siti", Channel: "api", Origin: "api"}})
				return `{"id":1}`, err
			})
			if err != nil || kept && answer != `201 {"id":1} request` || !kept && answer != `{"id":1}` {
				t.Errorf("kept: %t, %s, %v", kept, answer, err)
			}
		})
	}
	sending.Wait()
	equal(t, "requests that had an effect", made.Load(), 1)
	equal(t, "leads", w.count(`SELECT count(*) FROM leads`), 1)
}

// TestAKeyIsFreeAgain after a request that failed and after a day, and is another in another workspace.
func TestAKeyIsFreeAgain(t *testing.T) {
	t.Parallel()
	c := newClock(monday)
	w := newWorld(t, testenv.WithClock(c.Now))
	other, _ := w.NewWorkspace(t, "other")
	says := func(text string) func(context.Context, *store.Tx) (string, error) {
		return func(context.Context, *store.Tx) (string, error) { return text, nil }
	}
	broken := errors.New("broken")
	if _, _, err := w.answer(w.workspace, "k", "a", func(context.Context, *store.Tx) (string, error) { return "", broken }); !errors.Is(err, broken) {
		t.Fatal(err)
	}
	for _, step := range []struct {
		name, answer string
		workspace    uuid.UUID
		later        time.Duration
		want         string
	}{
		{"after one that failed", `1`, w.workspace, 0, `1`},
		{"in another workspace", `2`, other, 0, `2`},
		{"again", `3`, w.workspace, 0, `201 1 a`},
		{"shortly before a day is over", `4`, w.workspace, store.IdempotencyKeyAge - time.Second, `201 1 a`},
		{"when it is", `5`, w.workspace, time.Second, `5`},
		{"and again", `6`, w.workspace, 0, `201 5 a`},
	} {
		c.Advance(step.later)
		answer, _, err := w.answer(step.workspace, "k", "a", says(step.answer))
		if err != nil {
			t.Fatal(err)
		}
		equal(t, step.name, answer, step.want)
	}
	n, err := w.Store.DeleteOldIdempotencyKeys(t.Context(), c.Now().Add(-time.Minute))
	if err != nil || n != 1 {
		t.Errorf("deleted %d, %v, want the other workspace's", n, err)
	}
	if _, kept, _ := w.answer(w.workspace, "k", "a", says(`7`)); !kept {
		t.Error("a young answer was deleted")
	}
}
