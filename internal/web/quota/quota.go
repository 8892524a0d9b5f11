// Package quota bounds how many requests somebody makes in a time, over all processes together: the counts are in Redis. The API and
// signing in call it. Without Redis nothing is bounded: a quota may never be why leads do not come in.
package quota

import (
	"context"
	"crypto/sha256"
	_ "embed"
	"encoding/hex"
	"fmt"
	"log/slog"
	"math"
	"net/http"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"github.com/redis/go-redis/v9"
)

const (
	// patience is how long Redis has to answer, and awayFor how long it is left alone where it did not: no request but a few
	// waits for a Redis that is away.
	patience = 250 * time.Millisecond
	awayFor  = time.Second
	// prefix begins the keys. They share a hash tag, so that one script may touch several on a Redis Cluster.
	prefix = "leadwheel:{quota}:"
)

//go:embed take.lua
var takeSource string

var takeScript = redis.NewScript(takeSource)

// A Quota is how many requests may be made in a window. All of them may come at once; then they come back evenly.
type Quota struct {
	// Name is what it is called in headers and metrics.
	Name string
	// Requests are how many; 0 is as many as anybody likes.
	Requests int
	Window   time.Duration
}

// A Use is what a request takes of a quota.
type Use struct {
	Quota
	// Of is whose quota it is. It is stored as a hash.
	Of string
	// Take is how many requests it counts for. 0 takes nothing, and asks whether anything is left.
	Take int
	// Strangers has it count only where nothing was taken of the first use's quota for as long as that is remembered.
	Strangers bool
	// Remember is for how long it is known that something was taken.
	Remember time.Duration
}

// Quotas takes of quotas.
type Quotas struct {
	rdb redis.UniversalClient
	log *slog.Logger
	// away is until when Redis is left alone, in Unix nanoseconds.
	away atomic.Int64
}

// New returns the quotas kept in rdb. Where that is nil nothing is bounded.
func New(rdb redis.UniversalClient, log *slog.Logger) *Quotas { return &Quotas{rdb: rdb, log: log} }

// A Verdict is what became of a request's uses.
type Verdict struct {
	// Refused is the quota that has nothing left, nil where all have. Nothing was taken of any then.
	Refused *Quota
	// Wait is how long it takes until it has.
	Wait time.Duration

	taken []taken
}

// taken is what a use has left.
type taken struct {
	Quota
	left  int64
	whole time.Duration
}

// Take takes of all quotas, or where one of them has nothing left, of none. It is one round trip to Redis.
func (q *Quotas) Take(ctx context.Context, uses ...Use) (v Verdict) {
	var keys []string
	var args []any
	var counted []Use
	for _, u := range uses {
		if u.Requests <= 0 {
			continue
		}
		counted, keys = append(counted, u), append(keys, keyOf(u))
		each := max(1, u.Window.Microseconds()/int64(u.Requests))
		args = append(args, each, u.Requests, u.Take, oneIf(u.Strangers), u.Remember.Milliseconds())
	}
	if len(counted) == 0 || q.rdb == nil || time.Now().UnixNano() < q.away.Load() {
		return v
	}
	waiting, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	answer, err := takeScript.Run(waiting, q.rdb, keys, args...).Int64Slice()
	if err == nil && len(answer) != 2+2*len(counted) {
		err = fmt.Errorf("the script answered with %d numbers", len(answer))
	}
	if err != nil {
		q.goOnWithout(ctx, err)
		return v
	}
	if refused := answer[0]; refused > 0 {
		v.Refused, v.Wait = &counted[refused-1].Quota, time.Duration(answer[1])*time.Millisecond
	}
	for i, u := range counted {
		if u.Take > 0 {
			v.taken = append(v.taken, taken{u.Quota, answer[2+2*i], time.Duration(answer[3+2*i]) * time.Millisecond})
		}
	}
	return v
}

// goOnWithout leaves Redis alone for a while, unless it is only that the client has gone.
func (q *Quotas) goOnWithout(ctx context.Context, err error) {
	if ctx.Err() != nil {
		return
	}
	now := time.Now()
	if before := q.away.Swap(now.Add(awayFor).UnixNano()); now.UnixNano()-before > int64(time.Minute) {
		q.log.WarnContext(ctx, "requests are not counted while Redis is away, and none is refused for their number", "error", err)
	}
}

func keyOf(u Use) string {
	sum := sha256.Sum256([]byte(u.Of))
	return prefix + u.Name + ":" + hex.EncodeToString(sum[:16])
}

func oneIf(is bool) int {
	if is {
		return 1
	}
	return 0
}

// Seconds is how many whole seconds to wait, at least one.
func (v Verdict) Seconds() int { return max(1, int(math.Ceil(v.Wait.Seconds()))) }

// Announce writes how many requests are left into an answer's headers, in the form of the IETF's draft
// (draft-ietf-httpapi-ratelimit-headers).
func (v Verdict) Announce(h http.Header) {
	var policies, left []string
	for _, t := range v.taken {
		policies = append(policies, fmt.Sprintf("%q;q=%d;w=%d", t.Name, t.Requests, int(t.Window.Seconds())))
		left = append(left, fmt.Sprintf("%q;r=%d;t=%d", t.Name, t.left, int(math.Ceil(t.whole.Seconds()))))
	}
	if len(policies) > 0 {
		h.Set("RateLimit-Policy", strings.Join(policies, ", "))
		h.Set("RateLimit", strings.Join(left, ", "))
	}
	if v.Refused != nil {
		h.Set("Retry-After", strconv.Itoa(v.Seconds()))
	}
}
