package store

import (
	"cmp"
	"slices"

	"github.com/leadwheel/leadwheel/internal/lead"
	"github.com/leadwheel/leadwheel/internal/route"
)

// Committed is what a transaction left to be done beside the database once it had committed.
type Committed struct {
	// Hints tell the queue of batches that go out at once, and of integrations with leads to fetch. Of bulk work there is none:
	// the scheduler feeds that, a few batches at a time.
	Hints []lead.Hint
	// Received counts the leads that came in, by the channel they came by. What was there already and tests are not counted.
	Received map[string]int
	// RulesBroken is how many leads there were, of those and of leads here that went by the rules, for which a rule could not be worked out.
	RulesBroken int
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
		if v := leads[i].verdict; v != nil {
			t.noteBroken(*v)
		}
	}
}

// noteBroken counts a lead for which rules could not be worked out.
func (t *Tx) noteBroken(v route.Verdict) {
	if len(v.Broken) > 0 {
		t.left.RulesBroken++
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
	if s.committed != nil && !left.empty() {
		s.committed(left)
	}
}

func (c Committed) empty() bool {
	counted := c.RulesBroken + c.Cancelled + c.Withdrawn + c.Overdue + c.Reminded + c.Undone + c.Offered + c.Lapsed
	return len(c.Hints) == 0 && len(c.Received) == 0 && len(c.Answered) == 0 && !c.Bulk && !c.Webhooks && counted == 0
}
