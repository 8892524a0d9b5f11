package store_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/leadwheel/leadwheel/internal/lead"
	"github.com/leadwheel/leadwheel/internal/testenv"
	"github.com/leadwheel/leadwheel/store"
)

// People are listed a page at a time, the newest first, or found by their address in any spelling; who was removed is neither.
func TestPeopleAreListedAndFound(t *testing.T) {
	t.Parallel()
	clock := newClock(monday)
	w := newWorld(t, testenv.WithClock(clock.Now))
	var all []store.Person
	for i := range 5 {
		all = append(all, w.admin(fmt.Sprintf("p%d@example.com", i)))
		clock.Advance(time.Minute)
	}
	w.removePerson(all[3])
	list := func(workspace uuid.UUID, email string, p store.Page) (emails []string) {
		found, err := w.Store.People(t.Context(), workspace, email, p)
		w.fine(err)
		for _, p := range found {
			emails = append(emails, p.Email)
		}
		return emails
	}
	equal(t, "the first page", list(w.workspace, "", store.Page{Limit: 2}), []string{"p4@example.com", "p2@example.com"})
	equal(t, "the next", list(w.workspace, "", store.Page{Limit: 2, After: all[2].ID}), []string{"p1@example.com", "p0@example.com"})
	equal(t, "by an address", list(w.workspace, " P1@Example.com", store.Page{Limit: 9}), []string{"p1@example.com"})
	equal(t, "by one of who was removed", len(list(w.workspace, "p3@example.com", store.Page{Limit: 9})), 0)
	equal(t, "by what is none", len(list(w.workspace, "p1", store.Page{Limit: 9})), 0)
	equal(t, "in another workspace", len(list(uuid.New(), "", store.Page{Limit: 9})), 0)
}

// When somebody was seen is written down at most once in a while, and never earlier than before.
func TestWhenSomebodyWasSeen(t *testing.T) {
	t.Parallel()
	clock := newClock(monday)
	w := newWorld(t, testenv.WithClock(clock.Now))
	mira := w.person(store.Person{Name: "Mira", Email: "mira@example.com", Role: lead.PersonAdmin})
	began := clock.Now()
	for _, c := range []struct{ at, want time.Duration }{
		{time.Hour, time.Hour}, {time.Hour + 59*time.Second, time.Hour}, {time.Hour + time.Minute, time.Hour + time.Minute}, {0, time.Hour + time.Minute},
	} {
		w.fine(w.Store.TouchPerson(t.Context(), w.workspace, mira.ID, began.Add(c.at), time.Minute))
		var seen time.Time
		w.fine(w.DB.Get(&seen, `SELECT seen_at FROM people WHERE person_id = $1`, mira.ID))
		equal(t, fmt.Sprint("seen after ", c.at), seen.Sub(began), c.want)
	}
}
