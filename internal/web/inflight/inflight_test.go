package inflight

import (
	"bytes"
	"context"
	"errors"
	"io"
	"strings"
	"testing"
	"testing/iotest"
	"time"
)

func TestTake(t *testing.T) {
	t.Parallel()
	p := NewPool(100, 60, time.Millisecond)
	take := func(name string, n int64) func() {
		t.Helper()
		release, err := p.Take(t.Context(), name, n)
		if err != nil {
			t.Fatal(err)
		}
		return release
	}
	refused := func(name string, n int64) {
		t.Helper()
		if _, err := p.Take(t.Context(), name, n); !errors.Is(err, ErrBusy) {
			t.Errorf("%s gets %d: %v", name, n, err)
		}
	}
	one := take("a", 50)
	refused("a", 11) // its own room is taken
	two := take("b", 50)
	refused("c", 1) // all is
	one()
	one() // a second time is none
	two()
	three := take("c", 1000)
	refused("c", 1)
	three()
	if len(p.senders) != 0 {
		t.Errorf("%d senders are remembered", len(p.senders))
	}
	take("a", 60)
	gone, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := p.Take(gone, "a", 1); !errors.Is(err, context.Canceled) {
		t.Error("whose client has gone:", err)
	}
}

// TestTakeWaits has one sender wait for another, and not for ever.
func TestTakeWaits(t *testing.T) {
	t.Parallel()
	p := NewPool(10, 10, time.Minute)
	release, err := p.Take(t.Context(), "a", 10)
	if err != nil {
		t.Fatal(err)
	}
	got := make(chan error)
	go func() {
		_, err := p.Take(t.Context(), "b", 10)
		got <- err
	}()
	release()
	if err := <-got; err != nil {
		t.Error(err)
	}
}

func TestRead(t *testing.T) {
	t.Parallel()
	p := NewPool(1<<20, 600<<10, time.Millisecond)
	for _, size := range []int{0, 1, 4095, 4096, 4097, Free - 1, Free, Free + 1, 500 << 10} {
		body := bytes.Repeat([]byte("x"), size)
		for _, length := range []int64{-1, int64(size), int64(size) / 2, 1 << 40} {
			for _, reader := range []io.Reader{bytes.NewReader(body), iotest.DataErrReader(bytes.NewReader(body)), iotest.HalfReader(bytes.NewReader(body))} {
				data, release, err := p.Read(t.Context(), "a", reader, length)
				if err != nil || !bytes.Equal(data, body) {
					t.Errorf("of %d bytes, said to be %d, came %d: %v", size, length, len(data), err)
				}
				release()
			}
		}
	}
	if len(p.senders) != 0 {
		t.Errorf("%d senders are remembered", len(p.senders))
	}
	data, release, err := p.Read(t.Context(), "a", strings.NewReader(strings.Repeat("x", 700<<10)), -1)
	if !errors.Is(err, ErrBusy) || data != nil {
		t.Errorf("more than its room: %d bytes, %v", len(data), err)
	}
	release()
	broken := errors.New("broken")
	if _, release, err = p.Read(t.Context(), "a", io.MultiReader(strings.NewReader(strings.Repeat("x", 40<<10)), iotest.ErrReader(broken)), -1); !errors.Is(err, broken) {
		t.Error(err)
	}
	release()
	if len(p.senders) != 0 {
		t.Error("room is lost")
	}
}
