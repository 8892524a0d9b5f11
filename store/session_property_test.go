package store_test

import (
	"context"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/google/uuid"
	"pgregory.net/rapid"

	"github.com/leadwheel/leadwheel/internal/lead"
	"github.com/leadwheel/leadwheel/internal/testenv"
	"github.com/leadwheel/leadwheel/store"
)

// A signedIn is a session in a plain model: whose it is, and when it was begun and last seen.
type signedIn struct {
	id           uuid.UUID
	token        string
	holder       uuid.UUID
	begun, seen  time.Time
	ended, swept bool
}

// sessionModel has whoever signed in, in the order in which they did, and who may not any more.
type sessionModel struct {
	w      *world
	clock  *testenv.Clock
	people []store.Person
	keys   []store.APIKey
	shut   map[uuid.UUID]bool
	all    []*signedIn
}

func (m *sessionModel) live(s *signedIn) bool {
	now := m.clock.Now()
	return !s.ended && !m.shut[s.holder] && now.Before(s.begun.Add(store.SessionAge)) && s.seen.After(now.Add(-store.SessionIdle))
}

// one is any of those who signed in, nil where nobody has.
func (m *sessionModel) one(r *rapid.T) *signedIn {
	if len(m.all) == 0 {
		return nil
	}
	return rapid.SampledFrom(m.all).Draw(r, "session")
}

func (m *sessionModel) begin(r *rapid.T, person, key *uuid.UUID, holder uuid.UUID) {
	s, token, err := m.w.Store.BeginSession(m.w.t.Context(), store.Session{Workspace: m.w.workspace, PersonID: person, APIKeyID: key})
	if err != nil {
		r.Fatal(err)
	}
	m.all = append(m.all, &signedIn{id: s.ID, token: token, holder: holder, begun: m.clock.Now(), seen: m.clock.Now()})
	m.clock.Advance(time.Millisecond) // so that ids are in the order of the sessions
}

// check compares what opens, and what is listed, with the model.
func (m *sessionModel) check(r *rapid.T) {
	var want []uuid.UUID
	for _, s := range slices.Backward(m.all) {
		if m.live(s) {
			want = append(want, s.id)
		}
		if got := m.w.opens(s.token); got != m.live(s) {
			r.Fatalf("a session begun at %s and seen at %s is good at %s: %t", s.begun, s.seen, m.clock.Now(), got)
		}
	}
	listed, err := m.w.Store.Sessions(m.w.t.Context(), m.w.workspace, uuid.Nil, store.Page{Limit: 1000})
	if err != nil {
		r.Fatal(err)
	}
	var got []uuid.UUID
	for _, s := range listed {
		got = append(got, s.ID)
	}
	if !slices.Equal(got, want) {
		r.Fatalf("listed are %v, want %v", got, want)
	}
}

// TestSessionsAreAsInThePlainModel has people and holders of keys sign in, be seen, sign out, and lose what they sign in with, in any order
// and over months.
func TestSessionsAreAsInThePlainModel(t *testing.T) {
	t.Parallel()
	clock := newClock("2026-03-02T09:00:00Z")
	w := newWorld(t, testenv.WithClock(clock.Now))
	w.admin("boss@example.com") // who stays
	round := 0
	checkFew(t, 12, func(r *rapid.T) {
		round++
		w.DB.MustExec(`DELETE FROM sessions`)
		m := &sessionModel{w: w, clock: clock, shut: map[uuid.UUID]bool{}}
		for i := range 2 {
			m.people = append(m.people, w.person(store.Person{Name: "N", Email: fmt.Sprintf("p%d.%d@example.com", round, i), Role: lead.PersonManager}))
			key, _, err := w.Store.CreateAPIKey(t.Context(), w.workspace, store.APIKey{Role: lead.RoleAdmin})
			w.fine(err)
			m.keys = append(m.keys, key)
		}
		r.Repeat(map[string]func(*rapid.T){
			"person": func(r *rapid.T) {
				if p := rapid.SampledFrom(m.people).Draw(r, "person"); !m.shut[p.ID] {
					m.begin(r, &p.ID, nil, p.ID)
				}
			},
			"key": func(r *rapid.T) {
				k := rapid.SampledFrom(m.keys).Draw(r, "key")
				m.begin(r, nil, &k.ID, k.ID)
			},
			"time": func(r *rapid.T) { clock.Advance(time.Duration(rapid.IntRange(1, 24*8).Draw(r, "hours")) * time.Hour) },
			"seen": func(r *rapid.T) {
				if s := m.one(r); s != nil && m.live(s) {
					w.fine(w.Store.TouchSession(t.Context(), w.workspace, s.id, clock.Now(), 0))
					s.seen = clock.Now()
				}
			},
			"out": func(r *rapid.T) {
				if s := m.one(r); s != nil && !s.ended && !s.swept && !m.shut[s.holder] { // who is removed is signed out with that
					w.fine(w.Store.EndSession(t.Context(), w.workspace, s.holder, s.id))
					s.ended = true
				}
			},
			"others out": func(r *rapid.T) {
				if s := m.one(r); s != nil {
					_, err := w.Store.EndSessions(t.Context(), w.workspace, s.holder, s.id)
					w.fine(err)
					for _, other := range m.all {
						other.ended = other.ended || other.holder == s.holder && other != s
					}
				}
			},
			"removed": func(r *rapid.T) {
				if p := rapid.SampledFrom(m.people).Draw(r, "person"); !m.shut[p.ID] {
					w.removePerson(p)
					m.shut[p.ID] = true
				}
			},
			"password": func(r *rapid.T) { // whoever changes theirs ends their other sessions
				if s := m.one(r); s != nil {
					w.must(func(ctx context.Context, t *store.Tx) error { return t.SignOut(ctx, w.workspace, s.holder, s.id) })
					for _, other := range m.all {
						other.ended = other.ended || other.holder == s.holder && other != s
					}
				}
			},
			"revoked": func(r *rapid.T) {
				if k := rapid.SampledFrom(m.keys).Draw(r, "key"); !m.shut[k.ID] {
					w.fine(w.Store.RevokeAPIKey(t.Context(), w.workspace, k.ID))
					m.shut[k.ID] = true
				}
			},
			"sweep": func(*rapid.T) {
				w.fine(w.Store.DeleteOldSessions(t.Context(), clock.Now()))
				for _, s := range m.all {
					s.swept = s.swept || !clock.Now().Before(s.begun.Add(store.SessionAge)) || !s.seen.After(clock.Now().Add(-store.SessionIdle))
				}
			},
			"": m.check,
		})
	})
}
