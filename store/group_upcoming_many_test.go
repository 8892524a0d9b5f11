package store_test

import (
	"context"
	"strings"
	"testing"

	"github.com/google/uuid"
	"pgregory.net/rapid"

	"github.com/leadwheel/leadwheel/store"
)

// TestTheNextOfManyGetTheNext has rings hand out leads while they are edited and members come and go. The next of all groups, which are
// asked for at once, are those who then get leads.
func TestTheNextOfManyGetTheNext(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	rings := []string{"A", "A B C", "A*3 B C*2", "D E", "F*4 A"}
	var groups []uuid.UUID
	for _, ring := range rings {
		groups = append(groups, w.group(ring))
	}
	off := map[byte]bool{}
	checkFew(t, 20, func(r *rapid.T) {
		at := rapid.IntRange(0, len(groups)-1).Draw(r, "group")
		letter := rapid.SampledFrom([]byte("ABCDEF")).Draw(r, "member")
		off[letter] = !off[letter]
		w.offDuty(string(letter), off[letter])
		if rapid.IntRange(0, 3).Draw(r, "edited") == 0 {
			w.edit(groups[at], rapid.SampledFrom(rings).Draw(r, "ring"))
		}
		n := rapid.IntRange(1, 9).Draw(r, "turns")
		many, err := w.Store.UpcomingOf(t.Context(), w.workspace, append(groups, uuid.New()), n)
		if err != nil || len(many) != len(groups) {
			r.Fatalf("there are turns of %d groups, %v", len(many), err)
		}
		var next []string
		for _, turn := range many[groups[at]] {
			letters := ""
			for _, m := range turn.MemberIDs {
				letters += string(w.letters[m])
			}
			next = append(next, letters)
		}
		if len(next) == 0 {
			return // nobody of it can take any
		}
		if got := w.give(groups[at], len(next)); got != strings.Join(next, " ") {
			r.Fatalf("the next were %v, and who got leads is %s", next, got)
		}
	})
	w.must(func(ctx context.Context, t *store.Tx) error { return t.DeleteGroup(ctx, w.workspace, groups[3]) })
	left, err := w.Store.UpcomingOf(t.Context(), w.workspace, groups, 1)
	w.fine(err)
	if _, is := left[groups[3]]; is || len(left) != len(groups)-1 {
		t.Errorf("with one of %d groups deleted there are turns of %d", len(groups), len(left))
	}
	if others, err := w.Store.UpcomingOf(t.Context(), uuid.New(), groups, 3); err != nil || len(others) != 0 {
		t.Errorf("another workspace sees the next of %d, %v", len(others), err)
	}
}
