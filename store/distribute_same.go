package store

import (
	"context"
	"fmt"

	"github.com/google/uuid"
	"github.com/jmoiron/sqlx"
)

// followers are claims of a group whose lead is of somebody of whom there are other leads, and so goes, without a turn, to
// whoever has these. All leads that match one another are a family.
type followers struct {
	// of are the families of the claims, by pending id. A family is named by its earliest lead.
	of map[uuid.UUID]uuid.UUID
	// holders are who has, or is planned to get, the earliest lead of the family that anybody active has.
	holders map[uuid.UUID][]uuid.UUID
	// first are the claims of this batch that others of their family follow.
	first map[uuid.UUID]uuid.UUID
	// waiting are those others.
	waiting []claim
}

// mayFollow reports whether a claim's lead goes to whoever has the others of its family: it says which it follows, or is
// distributed as it came in, and may be followed. What operators assign to a group goes by its turns.
func (d *distribution) mayFollow(c claim, groups map[uuid.UUID]groupRing) bool {
	if c.MemberID.Valid || c.Refused != "" || c.Reassigned > 0 {
		return false
	}
	return c.SameAs.Valid || d.follow && groups[c.GroupID.UUID].SameMember && !c.AssignmentID.Valid && !c.RetryOf.Valid
}

// starts are leads of the families of the batch's leads, with the claims of each, and in the order of those.
func (d *distribution) starts(groups map[uuid.UUID]groupRing) (claims map[uuid.UUID][]uuid.UUID, leads []uuid.UUID) {
	claims = make(map[uuid.UUID][]uuid.UUID)
	for _, c := range d.claims {
		if !d.mayFollow(c, groups) {
			continue
		}
		start := c.LeadID
		if c.SameAs.Valid {
			start = c.SameAs.UUID
		}
		if len(claims[start]) == 0 {
			leads = append(leads, start)
		}
		claims[start] = append(claims[start], c.PendingID)
	}
	return claims, leads
}

// readFollowers finds the families of the batch's leads, and who has them. It needs what was committed before the lock.
func (d *distribution) readFollowers(ctx context.Context, t *Tx, groups map[uuid.UUID]groupRing) (f followers, err error) {
	starts, leads := d.starts(groups)
	if len(leads) == 0 {
		return f, nil
	}
	if err := t.take(ctx, lockFamilies, d.workspace); err != nil {
		return f, err
	}
	var rows []struct {
		Start  uuid.UUID     `db:"start"`
		Family uuid.UUID     `db:"family"`
		Member uuid.NullUUID `db:"member_id"`
	}
	if err := sqlx.SelectContext(ctx, t.q, &rows, readFamilies, d.workspace, uuids(leads)); err != nil {
		return f, fmt.Errorf("reading who has the earlier leads: %w", translate(err))
	}
	f = followers{
		of: make(map[uuid.UUID]uuid.UUID), holders: make(map[uuid.UUID][]uuid.UUID), first: make(map[uuid.UUID]uuid.UUID),
	}
	read := make(map[uuid.UUID]uuid.UUID) // by family the start whose rows count, since those of others say the same
	for _, r := range rows {
		for _, pending := range starts[r.Start] {
			f.of[pending] = r.Family
		}
		if start, known := read[r.Family]; known && start != r.Start {
			continue
		}
		if read[r.Family] = r.Start; r.Member.Valid {
			f.holders[r.Family] = append(f.holders[r.Family], r.Member.UUID)
		}
	}
	var holders []uuid.UUID
	for _, family := range f.of {
		if len(f.holders[family]) == 0 && len(d.planned[family]) > 0 {
			f.holders[family] = d.planned[family]
		}
		holders = append(holders, f.holders[family]...)
	}
	if len(holders) == 0 {
		return f, nil
	}
	counted, err := d.readNamed(ctx, t, holders, nil)
	if err == nil && len(counted) > 0 {
		err = d.addToRoster(ctx, t, counted)
	}
	return f, err
}

// readFamilies lists for leads that have others of the same person their family, and the active members who have, or are to
// get, its earliest lead that any of them has: the copies, what is planned, and what is going out to named members,
// unfolded or not.
const readFamilies = `
	WITH RECURSIVE family (start, lead_id) AS (
		SELECT l, l FROM unnest($2::uuid[]) AS l
		UNION
		SELECT f.start, n.lead_id FROM family f CROSS JOIN LATERAL (
			SELECT duplicate_of AS lead_id FROM leads
			WHERE workspace_id = $1 AND lead_id = f.lead_id AND duplicate_of IS NOT NULL
			UNION ALL
			SELECT lead_id FROM leads WHERE workspace_id = $1 AND duplicate_of = f.lead_id) n
	), named AS (
		SELECT start, lead_id, first_value(lead_id) OVER (PARTITION BY start ORDER BY lead_id) AS family,
			count(*) OVER (PARTITION BY start) AS leads
		FROM family
	), to_come AS (
		SELECT n.start, n.lead_id, p.member_id FROM named n
		JOIN pending_leads p ON p.workspace_id = $1 AND p.lead_id = n.lead_id AND p.trigger <> 'immediate'
		WHERE n.leads > 1 AND p.member_id IS NOT NULL AND p.refused IS NULL
		UNION ALL
		SELECT n.start, n.lead_id, p.member_id FROM named n
		JOIN pending_leads p ON p.workspace_id = $1 AND p.lead_id = n.lead_id AND p.trigger = 'immediate' AND p.member_id IS NOT NULL
		WHERE n.leads > 1 AND p.refused IS NULL
		UNION ALL
		SELECT n.start, n.lead_id, l.member_id FROM batches b
		CROSS JOIN LATERAL unnest(b.lead_ids, b.member_ids) AS l (lead_id, member_id)
		JOIN named n ON n.lead_id = l.lead_id
		WHERE b.workspace_id = $1 AND b.member_ids IS NOT NULL AND n.leads > 1
	), has AS (
		SELECT n.start, n.lead_id, a.member_id FROM named n
		JOIN assigned_leads a ON a.workspace_id = $1 AND a.source_lead_id = n.lead_id
		WHERE n.leads > 1 AND a.withdrawn_at IS NULL
		UNION
		SELECT c.start, c.lead_id, c.member_id FROM to_come c
		JOIN leads l ON l.workspace_id = $1 AND l.lead_id = c.lead_id AND l.deleted_at IS NULL
	), holders AS (
		SELECT h.start, h.member_id, rank() OVER (PARTITION BY h.start ORDER BY h.lead_id) AS place FROM has h
		JOIN members m ON m.workspace_id = $1 AND m.member_id = h.member_id AND m.active AND m.removed_at IS NULL
	)
	SELECT n.start, n.family, h.member_id FROM (SELECT DISTINCT start, family FROM named WHERE leads > 1) n
	LEFT JOIN holders h ON h.start = n.start AND h.place = 1
	ORDER BY n.start, h.member_id`

// take takes a claim that is to be dealt, where its lead follows others. Whoever drew for it in a run that failed has
// its draws settled as not spent.
func (f *followers) take(d *distribution, c claim) (taken bool) {
	family, has := f.of[c.PendingID]
	if !has {
		return false
	}
	if holders := f.holders[family]; len(holders) > 0 {
		d.giveAll(c, holders)
		return true
	}
	if _, here := f.first[family]; here {
		f.waiting = append(f.waiting, c)
		return true
	}
	f.first[family] = c.PendingID
	return false
}

// giveAll decides a claim for each of the members except those who have its lead already; if all have, it fails for that.
func (d *distribution) giveAll(c claim, members []uuid.UUID) {
	given := false
	for _, m := range members {
		if c.MemberID = nullID(m); !d.roster.Holds(c.LeadID, m) {
			d.give(c)
			given = true
		}
	}
	if !given {
		d.give(c)
	}
}

// settle gives the claims that waited for one of their own batch what that one got.
func (f *followers) settle(d *distribution) {
	if len(f.first) == 0 {
		return
	}
	got := make(map[uuid.UUID][]uuid.UUID)
	failed := make(map[uuid.UUID]decision)
	for _, one := range d.decisions {
		if one.reason != "" {
			failed[one.PendingID] = one
		} else {
			got[one.PendingID] = append(got[one.PendingID], one.member)
		}
	}
	for _, c := range f.waiting {
		first := f.first[f.of[c.PendingID]]
		one, over := failed[first]
		switch members := got[first]; {
		case len(members) > 0:
			d.giveAll(c, members)
		case over:
			d.fail(c, one.reason)
		default: // nobody has it yet
			d.waits = append(d.waits, wait{claim: c, soon: true})
		}
	}
	for family, first := range f.first {
		if d.planned != nil && len(got[first]) > 0 {
			d.planned[family] = got[first]
		}
	}
}
