package webhooks

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func unix(at time.Time) string { return strconv.FormatInt(at.Unix(), 10) }

var loopback = NewAddresses([]netip.Prefix{netip.MustParsePrefix("127.0.0.0/8"), netip.MustParsePrefix("::1/128")})

// send sends something to a server, and returns what it answered.
func send(t *testing.T, a Addresses, address string, s Secrets) (int, *Failure) {
	t.Helper()
	sender := NewSender(a, time.Now)
	defer sender.Close()
	status, err := sender.Send(t.Context(), address, uuid.Max, []byte(vectorContent), s)
	var failure *Failure
	if err != nil && !errors.As(err, &failure) {
		t.Fatalf("the error is %v, want a *Failure", err)
	}
	return status, failure
}

func serve(t *testing.T, handle http.HandlerFunc) string {
	t.Helper()
	server := httptest.NewServer(handle)
	t.Cleanup(server.Close)
	return server.URL
}

// TestSendIsVerifiable has a receiver verify what it gets as Standard Webhooks has it.
func TestSendIsVerifiable(t *testing.T) {
	t.Parallel()
	s := NewSecrets()
	verifier, err := standardwebhooks.NewWebhook(s.Current)
	if err != nil {
		t.Fatal(err)
	}
	address := serve(t, func(w http.ResponseWriter, r *http.Request) {
		content, err := io.ReadAll(r.Body)
		if err != nil || r.Method != http.MethodPost || r.URL.RequestURI() != "/in?x=1" || string(content) != vectorContent {
			t.Errorf("got %s %s: %s, %v", r.Method, r.URL, content, err)
		}
		if err := verifier.Verify(content, r.Header); err != nil {
			t.Error(err)
		}
		if id, kind := r.Header.Get("Webhook-Id"), r.Header.Get("Content-Type"); id != "msg_"+uuid.Max.String() || kind != "application/json" {
			t.Errorf("id %q, content type %q", id, kind)
		}
		w.WriteHeader(http.StatusAccepted)
	})
	if status, failure := send(t, loopback, address+"/in?x=1", s); status != http.StatusAccepted || failure != nil {
		t.Errorf("status %d, %v", status, failure)
	}
}

// TestAnswers holds what each kind of answer means.
func TestAnswers(t *testing.T) {
	t.Parallel()
	status := func(n int, header ...string) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) {
			for i := 0; i < len(header); i += 2 {
				w.Header().Set(header[i], header[i+1])
			}
			w.WriteHeader(n)
		}
	}
	for _, c := range []struct {
		name   string
		handle http.HandlerFunc
		want   Failure
	}{
		{"400", status(400), Failure{}},
		{"410", status(410), Failure{Gone: true}},
		{"429", status(429, "Retry-After", "7"), Failure{After: 7 * time.Second}},
		{"429 for ever", status(429, "Retry-After", "99999999999"), Failure{After: maxWait}},
		{"503 with a past time", status(503, "Retry-After", "Wed, 21 Oct 2015 07:28:00 GMT"), Failure{}},
		{"503 with nonsense", status(503, "Retry-After", "-5 soon"), Failure{}},
		{"500", status(500), Failure{}},
		{"a redirect", status(302, "Location", "http://169.254.169.254/"), Failure{}},
		{"304", status(304), Failure{}},
		{"cut off", func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }, Failure{}},
		{"an endless answer", func(w http.ResponseWriter, r *http.Request) {
			w.WriteHeader(500)
			for r.Context().Err() == nil {
				if _, err := w.Write(make([]byte, 1<<16)); err != nil {
					return
				}
			}
		}, Failure{}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			_, failure := send(t, loopback, serve(t, c.handle), NewSecrets())
			if failure == nil {
				t.Fatal("it was taken")
			}
			if failure.After != c.want.After || failure.Gone != c.want.Gone || failure.Said == "" {
				t.Errorf("got %+v, want %+v", failure, c.want)
			}
		})
	}
}

// TestFailuresKeepTheAddressToThemselves fails to reach a webhook whose address is a secret.
func TestFailuresKeepTheAddressToThemselves(t *testing.T) {
	t.Parallel()
	for _, address := range []string{"http://127.0.0.1:1/TOKEN", "https://127.0.0.1:1/TOKEN", "http://no.such.name.invalid/TOKEN", "http://127.0.0.1:1/\x7fTOKEN"} {
		_, failure := send(t, loopback, address, NewSecrets())
		if failure == nil || strings.Contains(failure.Said, "TOKEN") {
			t.Errorf("%q: %v", address, failure)
		}
	}
}

// TestNamesThatLeadInside reach nothing: where a name leads is looked at when the connection is made.
func TestNamesThatLeadInside(t *testing.T) {
	t.Parallel()
	reached := false
	server := httptest.NewTLSServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { reached = true }))
	t.Cleanup(server.Close)
	port := server.URL[strings.LastIndex(server.URL, ":"):]
	for _, address := range []string{"https://localhost" + port, "https://127.1" + port, "https://0x7f000001" + port, "https://[::ffff:127.0.0.1]" + port, server.URL} {
		_, failure := send(t, NewAddresses(nil), address, NewSecrets())
		if failure == nil || reached {
			t.Errorf("%s: %v", address, failure)
		}
	}
	if _, failure := send(t, NewAddresses(nil), "https://localhost"+port, NewSecrets()); failure.Said != errPrivate.Error() {
		t.Errorf("it says %q", failure.Said)
	}
	// http reaches nothing but what is allowed.
	if _, failure := send(t, NewAddresses([]netip.Prefix{netip.MustParsePrefix("10.0.0.0/8")}), "http://localhost"+port, NewSecrets()); failure.Said != errPrivate.Error() {
		t.Errorf("http says %q", failure.Said)
	}
}

// TestSendEndsInTime has a receiver that answers nothing.
func TestSendEndsInTime(t *testing.T) {
	t.Parallel()
	address := serve(t, func(_ http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body) // or the server would not notice that the client is gone
		<-r.Context().Done()
	})
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	sender := NewSender(loopback, time.Now)
	defer sender.Close()
	var failure *Failure
	if _, err := sender.Send(ctx, address, uuid.Max, nil, NewSecrets()); !errors.As(err, &failure) || failure.Status != 0 {
		t.Errorf("the answer is %v", err)
	}
}

// TestFailuresNameNoNetworkOfOurs sends to a name that nobody has, and to a port at which nobody listens.
func TestFailuresNameNoNetworkOfOurs(t *testing.T) {
	t.Parallel()
	for address, want := range map[string]string{
		"https://nobody.invalid/hook": "its name could not be resolved", "http://127.0.0.1:1/": "the connection failed: connect: connection refused",
	} {
		_, failure := send(t, loopback, address, NewSecrets())
		if failure == nil || !strings.HasPrefix(failure.Said, want) || strings.Contains(failure.Said, "lookup") || strings.Contains(failure.Said, "127.") {
			t.Errorf("%s: %+v", address, failure)
		}
	}
}
