package store_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/leadwheel/leadwheel/store"
)

// TestBoundedReading reads in bounds what is there, what takes too long, and what would write.
func TestBoundedReading(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	read := func(ctx context.Context) error {
		_, err := w.Store.SourceLeads(ctx, w.workspace, store.LeadFilter{}, store.Page{Limit: 10})
		return err
	}
	if err := w.Store.Bounded(t.Context(), time.Minute, read); err != nil {
		t.Error(err)
	}
	tx := w.DB.MustBegin()
	defer func() { _ = tx.Rollback() }() // it was by then
	tx.MustExec(`LOCK TABLE leads IN ACCESS EXCLUSIVE MODE`)
	if err := w.Store.Bounded(t.Context(), 100*time.Millisecond, read); !errors.Is(err, store.ErrTooLong) {
		t.Errorf("what takes too long ends with %v", err)
	}
	gone, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
	defer cancel()
	if err := w.Store.Bounded(gone, time.Minute, read); err == nil || errors.Is(err, store.ErrTooLong) {
		t.Errorf("what nobody waits for ends with %v", err)
	}
	if err := tx.Rollback(); err != nil {
		t.Fatal(err)
	}
	if err := w.Store.Bounded(t.Context(), time.Minute, func(ctx context.Context) error {
		_, err := w.Store.CreateMember(ctx, w.workspace, store.Member{Name: "x"})
		return err
	}); err == nil {
		t.Error("reading wrote something")
	}
	if err := w.Store.Bounded(t.Context(), time.Minute, read); err != nil {
		t.Errorf("after that: %v", err)
	}
}
