package store

import (
	"context"
	"errors"
	"slices"

	"github.com/google/uuid"

	"github.com/leadwheel/leadwheel/internal/lead"
)

// errLockFirst means that a run must lock what is counted of members before it deals.
var errLockFirst = errors.New("what members got must be locked before the batch is dealt")

// readCounts reads what is counted of members, over all groups and in these, and locks it where it is to be dealt by. Where it is
// locked late it is locked now as well if the batch may come near a cap, which would be dealt anew then.
func (d *distribution) readCounts(ctx context.Context, t *Tx, members map[uuid.UUID]*workingMember, groups []uuid.UUID) (map[capKey]*capCount, error) {
	if !d.estimate && (!d.late || len(d.unanswered) > 0) {
		return t.lockCounts(ctx, d.workspace, members, groups)
	}
	counts, err := t.countsAt(ctx, d.workspace, members, t.now())
	if err != nil || d.estimate || len(counts) == 0 {
		return counts, err
	}
	// A member's share, several times over: some of the others may be unavailable, and others deal too.
	room := min(len(d.claims), 4*(len(d.claims)/len(members)+1))
	for key, c := range counts {
		if d.roster.caps[key].Room(c.count(), room) < room {
			return t.lockCounts(ctx, d.workspace, members, groups)
		}
	}
	d.roster.unlocked = true
	return counts, nil
}

// mustLockFirst reports whether what was decided by counts that are not locked depends on more than that there is room: whom a cap
// kept, or who is to be told once somebody has room again.
func (d *distribution) mustLockFirst() bool {
	return d.roster.unlocked && (d.roster.full || len(d.waits)+len(d.offers)+len(d.stays)+len(d.back.ids) > 0)
}

// count writes what members got who have caps. Where that is not locked yet it is now, when all else is written: who gives leads to
// the same members then waits no longer for one another than this and the commit take. What others gave meanwhile is counted as well,
// and if a cap would not bear both, the batch is dealt anew.
func (d *distribution) count(ctx context.Context, t *Tx) error {
	counts := d.roster.counts
	if d.roster.unlocked {
		var groups []uuid.UUID
		for key, c := range counts {
			if c.given > 0 && !slices.Contains(groups, key.Group) {
				groups = append(groups, key.Group)
			}
		}
		now, err := t.lockCounts(ctx, d.workspace, d.roster.members, groups)
		if err != nil {
			return err
		}
		for key, c := range now {
			if !c.bears(counts[key], d.roster.caps[key]) {
				return errLockFirst
			}
		}
		counts = now
	}
	return t.writeCounts(ctx, d.workspace, counts)
}

// bears adds what a transaction gave by another reading of the count, and reports whether the caps allow it.
func (c *capCount) bears(gave *capCount, caps lead.Caps) bool {
	if gave == nil || gave.given == 0 {
		return true
	}
	room := caps.Room(c.count(), gave.given)
	c.addAll(gave.given, gave.opened)
	return room >= gave.given
}
