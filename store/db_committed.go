package store

import (
	"cmp"
	"slices"

	"github.com/leadwheel/leadwheel/internal/lead"
)

// Committed is what a transaction left to be done beside the database once it had committed.
type Committed struct {
	// Hints tell the queue of batches that go out at once, and of integrations with leads to fetch. Of bulk work there is none:
	// the scheduler feeds that, a few batches at a time.
	Hints []lead.Hint
	// Received counts the leads that came in, by the channel they came by. What was there already and tests are not counted.
	Received map[string]int
	// Bulk and Webhooks say that the scheduler has something to feed: bulk batches, and deliveries to webhooks.
	Bulk, Webhooks bool
	// Cancelled is how many pending leads were deleted.
	Cancelled int
	// Answered are the copies that their members took up, and Withdrawn, Overdue and Reminded count those whose time passed and were taken
	// back or left where they are, and those whose members were reminded at half of it.
	Answered                     []Answer
	Withdrawn, Overdue, Reminded int
	// Undone is how many decisions were undone: copies taken back, and pending leads deleted.
	Undone int
	// Offered is how many offers were made to members, and Lapsed how many leads were offered by a turn that nobody accepted.
	Offered, Lapsed int
}

// hint leaves hints to be handed on.
func (t *Tx) hint(hints ...lead.Hint) { t.left.Hints = append(t.left.Hints, hints...) }

// receive counts leads that came in.
func (t *Tx) receive(leads []NewLead, added []AddedLead) {
	for i, a := range added {
		if a.Existing || leads[i].Test {
			continue
		}
		if t.left.Received == nil {
			t.left.Received = make(map[string]int)
		}
		t.left.Received[leads[i].Channel]++
	}
}

// handOn gives what a transaction left to whoever the store was opened for. Its hints belong where they say, and else where traceparent says.
func (s *Store) handOn(left Committed, traceparent string) {
	for i := range left.Hints {
		left.Hints[i].Traceparent = cmp.Or(left.Hints[i].Traceparent, traceparent)
	}
	isBulk := func(h lead.Hint) bool { return h.Queue == lead.QueueBulk }
	left.Bulk = slices.ContainsFunc(left.Hints, isBulk)
	left.Hints = slices.DeleteFunc(left.Hints, isBulk)
	if s.committed != nil && (len(left.Hints) > 0 || len(left.Received) > 0 || left.Cancelled > 0 || left.Bulk || left.Webhooks ||
		len(left.Answered) > 0 || left.Withdrawn > 0 || left.Overdue > 0 || left.Reminded > 0 || left.Undone > 0 || left.Offered > 0 || left.Lapsed > 0) {
		s.committed(left)
	}
}
