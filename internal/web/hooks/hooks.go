// Package hooks is where ad platforms and forms deliver leads: /hooks/{kind}/{token}, an address an integration. Strangers call it. It
// answers as each platform wants to be answered, and says 2xx only of what is committed.
package hooks

import (
	"cmp"
	"context"
	"errors"
	"log/slog"
	"net/http"
	"net/netip"
	"time"

	"github.com/leadwheel/leadwheel/internal/ingest"
	"github.com/leadwheel/leadwheel/internal/lead"
	"github.com/leadwheel/leadwheel/internal/web/inflight"
	"github.com/leadwheel/leadwheel/internal/web/pace"
	"github.com/leadwheel/leadwheel/internal/web/problem"
	"github.com/leadwheel/leadwheel/store"
)

const (
	// MaxBody is the largest delivery, in bytes.
	MaxBody = ingest.MaxBody
	// bodyTimeout is how long a sender may take to begin with its body, and without a byte of it, unless Deps say so; after
	// that it must send bodyRate bytes a second.
	bodyTimeout = 20 * time.Second
	bodyRate    = 2 << 10
	// roomWork is how many bytes the work on deliveries may come to, and roomWait how long a body waits for others to be done with.
	roomWork = 64 << 20
	roomWait = 3 * time.Second
	// storeTimeout is how long it may then take to store it before the sender is told to try again.
	storeTimeout = 20 * time.Second
)

// Deps are what the receivers work with.
type Deps struct {
	Store    *store.Store
	Receiver *ingest.Receiver
	// Rate and AddressRate are how many requests a second an integration takes, unless it has a limit of its own, and how
	// many from one address; 0 is no limit.
	Rate, AddressRate float64
	// FormRate and FormAddressRate are how many deliveries a minute a form takes, unless it has a limit of its own, and how many
	// of them from one address; 0 is no limit. One with several leads counts for as many.
	FormRate, FormAddressRate float64
	// Proxies are the networks of whoever hands requests on to this server, and is believed where they came from.
	Proxies []netip.Prefix
	// BodyTimeout is how long a sender may take to begin with its body, 0 for 20 s.
	BodyTimeout time.Duration
	Log         *slog.Logger
}

// hooks serves the addresses.
type hooks struct {
	Deps
	integrations, addresses *ingest.Limits
	forms, visitors         *ingest.Limits
	lookups                 *lookups
	room                    *inflight.Room
}

// Register adds the addresses to mux.
func Register(mux *http.ServeMux, d Deps) {
	h := &hooks{
		Deps: d, integrations: ingest.NewLimits(d.Rate, burst(d.Rate)), addresses: ingest.NewLimits(d.AddressRate, burst(d.AddressRate)),
		forms: perMinute(d.FormRate), visitors: perMinute(d.FormAddressRate),
		lookups: newLookups(d.Store.Hook), room: inflight.NewRoom(MaxBody, roomWork, roomWait),
	}
	mux.HandleFunc("POST /hooks/{kind}/{token}", h.receive)
	mux.HandleFunc("PUT /hooks/{kind}/{token}", h.receive)
	mux.HandleFunc("GET /hooks/{kind}/{token}", h.look)
	mux.HandleFunc("OPTIONS /hooks/{kind}/{token}", preflight)
}

// perMinute are limits of people, who may use up a minute's at once.
func perMinute(rate float64) *ingest.Limits { return ingest.NewLimits(rate/60, burst(rate)) }

// admits reports whether something may come to a form now, as far as people send it: a request, or the leads in one that was
// admitted.
func (h *hooks) admits(r *http.Request, hook store.Hook, allow func(l *ingest.Limits, name string) bool) bool {
	if hook.Kind != lead.KindForm {
		return true
	}
	of := hook.ID.String()
	return allow(h.visitors, of+" "+addressOf(r, h.Proxies)) && (hook.RateLimit != nil || allow(h.forms, of))
}

// askToWait is the answer to what comes to a form faster than people send it.
func askToWait() *problem.Problem {
	return problem.New(http.StatusTooManyRequests, tooOften).
		WithHeader("Retry-After", "60")
}

func burst(rate float64) int { return max(1, int(rate)) }

// receive takes a delivery.
func (h *hooks) receive(w http.ResponseWriter, r *http.Request) {
	hook, ok := h.find(w, r)
	if !ok {
		return
	}
	r = within(r, hook)
	own := 0.0
	if hook.RateLimit != nil {
		own = *hook.RateLimit
	}
	if !h.integrations.Allow(hook.ID.String(), own) {
		refuse(w, r, busy(hook.Kind, "this integration gets too many requests; send them more slowly"))
		return
	}
	if !h.admits(r, hook, func(l *ingest.Limits, name string) bool { return l.Allow(name, 0) }) {
		refuse(w, r, askToWait())
		return
	}
	body, release, p := h.readBody(w, r)
	defer release()
	if p != nil {
		refuse(w, r, p)
		return
	}
	// What was read is stored also where the sender does not wait for the answer.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(r.Context()), storeTimeout)
	defer cancel()
	received, err := h.Receiver.Receive(ctx, hook, ingest.Request{
		Header: r.Header, Query: r.URL.RawQuery, Body: body, At: h.Store.Now(),
		Admit: func(leads int) bool {
			return leads < 2 || h.admits(r, hook, func(l *ingest.Limits, name string) bool { return l.AllowMore(name, 0, leads-1) })
		},
	})
	if err != nil {
		h.fail(w, r, err)
		return
	}
	answer(w, r, hook, received)
}

// find finds the integration at a request's address. Where it reports false it has answered.
func (h *hooks) find(w http.ResponseWriter, r *http.Request) (store.Hook, bool) {
	kind := kindOf(r)
	if kind == lead.KindForm {
		w.Header().Set("Access-Control-Allow-Origin", "*") // forms send from any site, and nothing is told of what is here
	}
	if !h.addresses.Allow(addressOf(r, h.Proxies), 0) {
		refuse(w, r, busy(kind, "this address sends too many requests; send them more slowly"))
		return store.Hook{}, false
	}
	hook, err := h.lookups.hook(r.Context(), kind, r.PathValue("token"))
	if err != nil {
		h.fail(w, r, err)
		return hook, false
	}
	return hook, true
}

func kindOf(r *http.Request) lead.Kind { return lead.Kind(r.PathValue("kind")) }

// preflight lets scripts of other sites send to forms.
func preflight(w http.ResponseWriter, r *http.Request) {
	if kindOf(r) == lead.KindForm {
		w.Header().Set("Access-Control-Allow-Origin", "*")
		w.Header().Set("Access-Control-Allow-Methods", "POST, PUT")
		w.Header().Set("Access-Control-Allow-Headers", "Content-Type, Idempotency-Key")
		w.Header().Set("Access-Control-Max-Age", "86400")
	}
	w.WriteHeader(http.StatusNoContent)
}

// fail answers where something is wrong on our side, or with the address. Senders try again after 503.
func (h *hooks) fail(w http.ResponseWriter, r *http.Request, err error) {
	if errors.Is(err, store.ErrNotFound) {
		refuse(w, r, problem.New(http.StatusNotFound, "there is no integration at this address; copy it again"))
		return
	}
	if errors.Is(err, ingest.ErrTooFast) {
		refuse(w, r, askToWait())
		return
	}
	if errors.Is(err, ingest.ErrBudget) {
		refuse(w, r, busy(kindOf(r), err.Error()+"; send it again tomorrow, or have it mended").WithHeader("Retry-After", "3600"))
		return
	}
	h.Log.LogAttrs(r.Context(), slog.LevelError, "a delivery could not be taken", slog.String("kind", string(kindOf(r))), slog.Any("error", err))
	refuse(w, r, problem.New(http.StatusServiceUnavailable, "the delivery cannot be taken just now; send it again shortly").
		WithHeader("Retry-After", "5"))
}

// readBody reads a delivery whole. It takes room for it, and for what is made of it, until release is called.
func (h *hooks) readBody(w http.ResponseWriter, r *http.Request) (body []byte, release func(), p *problem.Problem) {
	pace.Keep(w, r, pace.Pace{Grace: cmp.Or(h.BodyTimeout, bodyTimeout), Rate: bodyRate})
	from := addressOf(r, h.Proxies)
	body, received, err := h.room.Read(r.Context(), from, http.MaxBytesReader(w, r.Body, MaxBody), r.ContentLength)
	var tooLarge *http.MaxBytesError
	switch {
	case errors.As(err, &tooLarge):
		return nil, received, problem.New(http.StatusRequestEntityTooLarge, "the body is larger than 1 MiB")
	case errors.Is(err, inflight.ErrBusy):
		return nil, received, busy(kindOf(r), "this address sends too much at once; send it more slowly")
	case err != nil:
		return nil, received, problem.New(http.StatusServiceUnavailable, "the body did not come in whole; send it again") // which platforms do after this, and not after a 4xx
	}
	worked, err := h.room.Work(r.Context(), from, body)
	if err != nil {
		return nil, received, busy(kindOf(r), "this address sends too much at once; send it more slowly")
	}
	return body, func() { worked(); received() }, nil
}

// busy is the answer to a sender over its limit.
func busy(kind lead.Kind, detail string) *problem.Problem {
	status := http.StatusTooManyRequests
	if ingest.Insists(kind) {
		status = http.StatusServiceUnavailable
	}
	return problem.New(status, detail).WithHeader("Retry-After", "2")
}
