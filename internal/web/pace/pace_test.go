package pace_test

import (
	"bytes"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"sync/atomic"
	"testing"
	"time"

	"github.com/leadwheel/leadwheel/internal/web/pace"
)

var quick = pace.Pace{Grace: 300 * time.Millisecond, Rate: 1 << 10}

// serve serves a handler with small buffers, and a channel that tells of each that has ended, with its error.
func serve(t *testing.T, handle func(w http.ResponseWriter, r *http.Request) error) (address string, ended chan error) {
	t.Helper()
	ended = make(chan error, 100)
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { ended <- handle(w, r) }))
	server.Config.ConnState = func(c net.Conn, s http.ConnState) {
		if tcp, is := c.(*net.TCPConn); is && s == http.StateNew {
			_ = tcp.SetWriteBuffer(4 << 10)
		}
	}
	server.Start()
	t.Cleanup(server.Close)
	return server.Listener.Addr().String(), ended
}

func dial(t *testing.T, address, request string) *net.TCPConn {
	t.Helper()
	conn, err := (&net.Dialer{}).DialContext(t.Context(), "tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() }) // it may have been cut off
	tcp := conn.(*net.TCPConn)
	if _, err := fmt.Fprint(tcp, request); err != nil {
		t.Fatal(err)
	}
	return tcp
}

func within(t *testing.T, ended chan error) error {
	t.Helper()
	select {
	case err := <-ended:
		return err
	case <-time.After(20 * time.Second):
		t.Fatal("it still goes on")
		return nil
	}
}

func TestReadersThatNeverReadAreCutOff(t *testing.T) {
	t.Parallel()
	address, ended := serve(t, func(w http.ResponseWriter, _ *http.Request) error {
		_, err := pace.NewWriter(w, quick).Write(make([]byte, 32<<20))
		return err
	})
	for range 20 {
		dial(t, address, "GET / HTTP/1.1\r\nHost: x\r\n\r\n")
	}
	for range 20 {
		if within(t, ended) == nil {
			t.Error("all of it was taken")
		}
	}
}

// TestSlowReadersGoOn takes far longer than the grace, a little at a time.
func TestSlowReadersGoOn(t *testing.T) {
	t.Parallel()
	const size = 4 << 20
	slow := pace.Pace{Grace: time.Second, Rate: 1 << 10}
	address, ended := serve(t, func(w http.ResponseWriter, _ *http.Request) error {
		_, err := pace.NewWriter(w, slow).Write(make([]byte, size))
		return err
	})
	conn, began := dial(t, address, "GET / HTTP/1.0\r\n\r\n"), time.Now()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	n := 0
	for part := make([]byte, 32<<10); ; <-tick.C {
		got, err := conn.Read(part)
		if n += got; err != nil {
			break
		}
	}
	if err := within(t, ended); err != nil || n < size || time.Since(began) < slow.Grace {
		t.Errorf("%d bytes came in %s: %v", n, time.Since(began), err)
	}
}

// TestBodies sends bodies that stop, that trickle, and that are slow but steady.
func TestBodies(t *testing.T) {
	t.Parallel()
	var got atomic.Int64
	address, ended := serve(t, func(w http.ResponseWriter, r *http.Request) error {
		pace.Keep(w, r, pace.Uploads)
		pace.Keep(w, r, quick) // in the place of the other
		data, err := io.ReadAll(r.Body)
		got.Store(int64(len(data)))
		return err
	})
	const head = "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 4000\r\n\r\n"
	send := func(pieces, size int, every time.Duration) error {
		conn := dial(t, address, head)
		tick := time.NewTicker(every)
		defer tick.Stop()
		for range pieces {
			if _, err := conn.Write(bytes.Repeat([]byte("x"), size)); err != nil {
				break
			}
			<-tick.C
		}
		return within(t, ended)
	}
	if err := send(0, 0, time.Hour); err == nil {
		t.Error("a body that never begins is waited for")
	}
	if err := send(100, 1, 20*time.Millisecond); err == nil {
		t.Error("a body that trickles is waited for")
	}
	if err := send(40, 100, 30*time.Millisecond); err != nil || got.Load() != 4000 { // 1.2 s, four times the grace
		t.Errorf("of a slow body %d bytes came: %v", got.Load(), err)
	}
}
