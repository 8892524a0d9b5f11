package store_test

import (
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/leadwheel/leadwheel/internal/lead"
	"github.com/leadwheel/leadwheel/internal/testenv"
	"github.com/leadwheel/leadwheel/store/cursor"
)

// TestABatchDrawsTheSameTurnsAgain draws for batches that come back, and settles what they did with their turns.
func TestABatchDrawsTheSameTurnsAgain(t *testing.T) {
	t.Parallel()
	cursors := cursor.New(testenv.New(t).Redis)
	ring := cursor.Ring{Workspace: uuid.New(), Group: uuid.New(), Version: 3}
	if err := cursors.Load(t.Context(), ring, lead.Position{Next: 10, Free: []int64{4, 7}}); err != nil {
		t.Fatal(err)
	}
	draw := func(batch uuid.UUID, n int) []int64 {
		t.Helper()
		_, turns, err := cursors.Draw(t.Context(), ring, time.Now(), batch, n)
		if err != nil {
			t.Fatal(err)
		}
		return turns
	}
	settle := func(batch uuid.UUID, drawn int, unspent ...int64) {
		t.Helper()
		if err := cursors.Settle(t.Context(), ring, batch, drawn, unspent); err != nil {
			t.Fatal(err)
		}
	}
	first, second, third := uuid.New(), uuid.New(), uuid.New()
	equal(t, "the first", draw(first, 3), []int64{4, 7, 10})
	equal(t, "the second", draw(second, 2), []int64{11, 12})
	equal(t, "the first again", draw(first, 3), []int64{4, 7, 10})
	equal(t, "less of it", draw(first, 1), []int64{4})
	equal(t, "more of it", draw(first, 5), []int64{4, 7, 10, 13, 14})
	settle(first, 4, 7) // it went through 4, 7, 10 and 13, and spent all but 7
	state, err := cursors.State(t.Context(), ring)
	if err != nil {
		t.Fatal(err)
	}
	equal(t, "free, and drawn by the second", state.Held, []int64{7, 14, 11, 12})
	equal(t, "the third", draw(third, 3), []int64{7, 14, 15})
	settle(first, 4, 7) // it is forgotten already
	settle(second, 0)
	equal(t, "the third again", draw(third, 6), []int64{7, 14, 15, 11, 12, 16})
}
