package api

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"

	"github.com/leadwheel/leadwheel/internal/web/inflight"
	"github.com/leadwheel/leadwheel/internal/web/problem"
	"github.com/leadwheel/leadwheel/internal/web/quota"
	"github.com/leadwheel/leadwheel/internal/web/sender"
	"github.com/leadwheel/leadwheel/store"
)

// Limits are how much callers may ask. 0 is no limit.
type Limits struct {
	// Key is how many requests a second a key may make, with all sessions that stand for it.
	Key int
	// Person is how many a minute one person may make: who is signed in, or a member with all their keys.
	Person int
	// GuessesAddress and Guesses are how many a minute may come with a wrong key, or with none, from an address and from all.
	// Then keys that were not used within a day are refused too.
	GuessesAddress, Guesses int
	// SignIns is how many sessions a minute may be begun from an address, or tried to.
	SignIns int
	// Reads is how many lists, searches and exports of one workspace this process reads at once, and AllReads those of all.
	Reads, AllReads int
	// ReadTime is how long Postgres may take for each of their statements.
	ReadTime time.Duration
}

const (
	// familiar is for how long a key counts as one that was used.
	familiar = 24 * time.Hour
	// readsWait is how long a list waits for others of its workspace.
	readsWait = 5 * time.Second
	// readsQueue is about how many lists of a workspace there may be, with those that wait: what waits takes memory.
	readsQueue = 64
)

// waitWords say to whom a quota has nothing left what to do, by its name.
var waitWords = map[string]string{
	"key":             "this API key makes more requests than it may; leads go many at once to /v1/leads/batch",
	"person":          "more is asked than one person may ask in a minute",
	"guesses_address": "too many requests with keys that are not valid came from this address; check the key",
	"guesses":         "too many requests with keys that are not valid are coming in; only keys that were used within a day are taken just now",
	"sign_ins":        "somebody signs in from this address too often",
}

func perMinute(name string, requests int) quota.Quota {
	return quota.Quota{Name: name, Requests: requests, Window: time.Minute}
}

// usesOf is what a request with a good key takes. A key that was not used of late is refused where its sender, or everybody
// together, guessed too many: else a guess that was right would be let through however many there were.
func (a *API) usesOf(ctx huma.Context, c store.Caller) []quota.Use {
	l := a.Limits
	r, _ := humago.Unwrap(ctx)
	from := sender.Network(r, a.Proxies)
	uses := []quota.Use{{Quota: quota.Quota{Name: "key", Requests: l.Key, Window: time.Second}, Of: c.ID.String(), Take: 1, Remember: familiar}}
	if who := cmp.Or(c.PersonID, c.SessionID, c.MemberID); who != nil {
		uses = append(uses, quota.Use{Quota: perMinute("person", l.Person), Of: who.String(), Take: 1})
	}
	if l.Key > 0 {
		uses = append(uses,
			quota.Use{Quota: perMinute("guesses_address", l.GuessesAddress), Of: from, Strangers: true},
			quota.Use{Quota: perMinute("guesses", l.Guesses), Strangers: true})
	}
	return append(uses, a.signInUses(ctx, from)...)
}

// guess is what a request with a wrong key takes, or with none.
func (a *API) guess(ctx huma.Context) []quota.Use {
	r, _ := humago.Unwrap(ctx)
	from := sender.Network(r, a.Proxies)
	return append(a.signInUses(ctx, from),
		quota.Use{Quota: perMinute("guesses_address", a.Limits.GuessesAddress), Of: from, Take: 1},
		quota.Use{Quota: perMinute("guesses", a.Limits.Guesses), Take: 1})
}

// signInUses is what it takes beside that to sign in.
func (a *API) signInUses(ctx huma.Context, from string) []quota.Use {
	if id := ctx.Operation().OperationID; id != "post-session" && !open(id) {
		return nil
	}
	return []quota.Use{{Quota: perMinute("sign_ins", a.Limits.SignIns), Of: from, Take: 1}}
}

// tooMany takes of quotas, and says which has nothing left, nil where all have. The answer's headers tell what is left.
func (a *API) tooMany(ctx huma.Context, uses []quota.Use) *problem.Problem {
	v := a.quotas.Take(ctx.Context(), uses...)
	_, w := humago.Unwrap(ctx)
	v.Announce(w.Header())
	if v.Refused == nil {
		return nil
	}
	a.Metrics.Limited.WithLabelValues(v.Refused.Name).Inc()
	return askToWait(waitWords[v.Refused.Name], v.Seconds())
}

func askToWait(why string, seconds int) *problem.Problem {
	return problem.New(http.StatusTooManyRequests, fmt.Sprintf("%s; wait for %d s and send the request again", why, seconds)).
		WithHeader("Retry-After", strconv.Itoa(seconds))
}

// places are for those who read what may take long, nil where there is no bound.
func (l Limits) places() *inflight.Pool {
	if l.Reads <= 0 {
		return nil
	}
	return inflight.NewPool(int64(max(l.Reads, l.AllReads)), int64(l.Reads), readsWait)
}

// place takes a workspace's place for what may take Postgres long: it has few at once, lest what others read gets slow. What goes
// on behind an answer's beginning waits for as long as it takes; who begins is asked to come again.
func (a *API) place(ctx context.Context, c *call, goesOn bool) (release func(), err error) {
	if a.reads == nil {
		return func() {}, nil
	}
	workspace := c.Workspace.String()
	err = inflight.ErrBusy
	if goesOn || a.reads.Users(workspace) < readsQueue {
		release, err = a.reads.Take(ctx, workspace, 1)
	}
	for goesOn && errors.Is(err, inflight.ErrBusy) {
		release, err = a.reads.Take(ctx, workspace, 1)
	}
	if errors.Is(err, inflight.ErrBusy) {
		a.Metrics.Limited.WithLabelValues("reads").Inc()
		return nil, askToWait("this workspace has as many lists, searches and exports under way as it may have at once", 2)
	}
	return release, err
}

// boundedBy is how the store reads in bounds: Bounded or BoundedNearby.
type boundedBy func(ctx context.Context, limit time.Duration, read func(context.Context) error) error

// reading runs what reads in its workspace's place, each statement for so long and no longer.
func (a *API) reading(ctx context.Context, c *call, goesOn bool, read func(context.Context) error) error {
	return a.readingBy(ctx, c, goesOn, a.Store.Bounded, read)
}

// listing is reading for lists and the like, which may be read from a replica. It may call read twice.
func (a *API) listing(ctx context.Context, c *call, goesOn bool, read func(context.Context) error) error {
	return a.readingBy(ctx, c, goesOn, a.Store.BoundedNearby, read)
}

func (a *API) readingBy(ctx context.Context, c *call, goesOn bool, bounded boundedBy, read func(context.Context) error) error {
	release, err := a.place(ctx, c, goesOn)
	if err != nil {
		return err
	}
	defer release()
	err = bounded(ctx, a.Limits.ReadTime, read)
	if errors.Is(err, store.ErrTooLong) {
		a.Metrics.Limited.WithLabelValues("read_time").Inc()
	}
	return err
}

// bounded has a handler run as listing does.
func bounded[I, O any](a *API, handle func(context.Context, *call, *I) (*O, error)) func(context.Context, *call, *I) (*O, error) {
	return func(ctx context.Context, c *call, in *I) (out *O, err error) {
		err = a.listing(ctx, c, false, func(ctx context.Context) error {
			out, err = handle(ctx, c, in)
			return err
		})
		return out, err
	}
}
