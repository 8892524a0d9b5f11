package quota_test

import (
	"log/slog"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/leadwheel/leadwheel/internal/testenv"
	"github.com/leadwheel/leadwheel/internal/web/quota"
	"github.com/leadwheel/leadwheel/tasks"
)

var (
	discard = slog.New(slog.DiscardHandler)
	// Nothing of these comes back during a test.
	keys    = quota.Quota{Name: "key", Requests: 10, Window: 24 * time.Hour}
	guesses = quota.Quota{Name: "guesses", Requests: 3, Window: 24 * time.Hour}
)

func TestTake(t *testing.T) {
	t.Parallel()
	q := quota.New(testenv.New(t).Redis, discard)
	take := func(uses ...quota.Use) quota.Verdict { t.Helper(); return q.Take(t.Context(), uses...) }
	for i := range 10 {
		v := take(quota.Use{Quota: keys, Of: "a", Take: 1})
		h := http.Header{}
		if v.Announce(h); v.Refused != nil || h.Get("RateLimit-Policy") != `"key";q=10;w=86400` {
			t.Fatalf("request %d: %+v, %v", i, v, h)
		}
		if got, want := h.Get("RateLimit"), `"key";r=`+string(rune('9'-i))+";t="; !strings.HasPrefix(got, want) || h.Get("Retry-After") != "" {
			t.Errorf("request %d says %s, want %s…", i, got, want)
		}
	}
	v := take(quota.Use{Quota: keys, Of: "a", Take: 1}, quota.Use{Quota: guesses, Of: "x", Take: 1})
	h := http.Header{}
	v.Announce(h)
	if v.Refused == nil || v.Refused.Name != "key" || v.Wait < 2*time.Hour || v.Wait > 3*time.Hour || h.Get("Retry-After") != "8640" && h.Get("Retry-After") != "8639" {
		t.Errorf("the eleventh: %+v, %v", v, h)
	}
	if v := take(quota.Use{Quota: keys, Of: "b", Take: 1}, quota.Use{Quota: guesses, Of: "x", Take: 3}); v.Refused != nil {
		t.Errorf("what was refused took of the other quota, or another's: %+v", v)
	}
	if v := take(quota.Use{Quota: guesses, Of: "x"}); v.Refused == nil {
		t.Error("nothing is left, and asking says there is")
	}
	if v := take(quota.Use{Quota: guesses, Of: "y"}, quota.Use{Quota: guesses, Of: "y", Take: 3}); v.Refused != nil {
		t.Error("asking takes something")
	}
}

// TestStrangersAlone have a quota count that is used up, and who is known goes on.
func TestStrangersAlone(t *testing.T) {
	t.Parallel()
	q := quota.New(testenv.New(t).Redis, discard)
	ask := func(of string) *quota.Quota {
		return q.Take(t.Context(), quota.Use{Quota: keys, Of: of, Take: 1, Remember: 24 * time.Hour},
			quota.Use{Quota: guesses, Of: "x", Strangers: true}).Refused
	}
	if ask("known") != nil {
		t.Error("refused from the start")
	}
	q.Take(t.Context(), quota.Use{Quota: guesses, Of: "x", Take: 3})
	for range 2 {
		if ask("known") != nil || ask("new") == nil {
			t.Error("who is known is refused, or who is not is let through")
		}
	}
}

// TestProcessesShareQuotas takes of one quota from many sides at once, and counts what goes through.
func TestProcessesShareQuotas(t *testing.T) {
	t.Parallel()
	env := testenv.New(t)
	var through atomic.Int64
	var all sync.WaitGroup
	for range 8 {
		q := quota.New(env.Redis, discard)
		all.Go(func() {
			for range 10 {
				if q.Take(t.Context(), quota.Use{Quota: keys, Of: "a", Take: 1}).Refused == nil {
					through.Add(1)
				}
			}
		})
	}
	if all.Wait(); through.Load() != 10 {
		t.Errorf("%d of 80 went through, want 10", through.Load())
	}
}

// TestQuotasComeBack has a quota that is whole again after a short time.
func TestQuotasComeBack(t *testing.T) {
	t.Parallel()
	q := quota.New(testenv.New(t).Redis, discard)
	few := quota.Use{Quota: quota.Quota{Name: "few", Requests: 7, Window: 300 * time.Millisecond}, Of: "a", Take: 7}
	if v := q.Take(t.Context(), few); v.Refused != nil {
		t.Fatalf("%+v", v)
	}
	testenv.Eventually(t, 10*time.Second, func() error {
		if v := q.Take(t.Context(), few); v.Refused != nil {
			return errWait
		}
		return nil
	})
}

type waiting struct{}

func (waiting) Error() string { return "nothing came back" }

var errWait = waiting{}

// TestNothingIsBoundedWithoutRedis takes the Redis away, by a connection that is refused and by one that swallows all, and lets
// nobody wait for it but one in a second.
func TestNothingIsBoundedWithoutRedis(t *testing.T) {
	t.Parallel()
	server := testenv.NewDedicated(t).RedisServer
	proxy := testenv.Proxy(t, server.Addr)
	rdb, err := tasks.OpenRedis(server.URLAt(proxy.Addr))
	if err != nil {
		t.Fatal(err)
	}
	defer rdb.Close()
	q := quota.New(rdb, discard)
	one := quota.Use{Quota: quota.Quota{Name: "one", Requests: 1, Window: 24 * time.Hour}, Of: "a", Take: 1}
	refuses := func() error {
		if q.Take(t.Context(), one).Refused == nil {
			return errWait
		}
		return nil
	}
	q.Take(t.Context(), one)
	testenv.Eventually(t, 20*time.Second, refuses)
	for _, away := range []func() (back func()){
		func() func() { proxy.Cut(); return proxy.Restore },
		func() func() { return proxy.Poison("timeout", "downstream", map[string]any{"timeout": 0}) },
	} {
		back, began := away(), time.Now()
		for range 500 {
			if refuses() == nil {
				t.Fatal("refused without a count")
			}
		}
		if took := time.Since(began); took > 25*time.Second { // a quarter of a second each would be 125
			t.Errorf("500 requests waited for %s", took)
		}
		back()
		testenv.Eventually(t, 20*time.Second, refuses)
	}
}
