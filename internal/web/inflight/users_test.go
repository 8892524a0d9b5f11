package inflight

import (
	"errors"
	"testing"
	"time"

	"github.com/leadwheel/leadwheel/internal/testenv"
)

// TestUsers counts those that have room and those that wait, of one sender and not of others.
func TestUsers(t *testing.T) {
	t.Parallel()
	p := NewPool(2, 1, time.Minute)
	release, err := p.Take(t.Context(), "a", 1)
	if err != nil {
		t.Fatal(err)
	}
	waited := make(chan error)
	go func() {
		again, err := p.Take(t.Context(), "a", 1)
		if err == nil {
			again()
		}
		waited <- err
	}()
	testenv.Eventually(t, 10*time.Second, func() error {
		if p.Users("a") != 2 {
			return errors.New("the second does not wait yet")
		}
		return nil
	})
	if n := p.Users("b"); n != 0 {
		t.Errorf("there are %d of another", n)
	}
	release()
	if err := <-waited; err != nil || p.Users("a") != 0 {
		t.Errorf("afterwards there are %d: %v", p.Users("a"), err)
	}
}
