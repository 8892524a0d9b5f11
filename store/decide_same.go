package store

import (
	"context"
	"fmt"

	"github.com/google/uuid"
	"github.com/jmoiron/sqlx"
)

// followers are claims of a group whose lead goes, without a turn, to the member who has an earlier one of the same
// contact.
type followers struct {
	// holders are the active members who had the earlier leads first.
	holders map[uuid.UUID]uuid.UUID
	// first are the leads of this batch that later ones of it follow, by the earlier lead of them all.
	first map[uuid.UUID]uuid.UUID
	// waiting are those that follow a lead of this batch.
	waiting []claim
}

// readFollowers finds out who has the earlier leads, where the batch has leads that follow others.
func (d *distribution) readFollowers(ctx context.Context, t *Tx) (f followers, err error) {
	var earlier []uuid.UUID
	for _, c := range d.claims {
		if c.SameAs.Valid {
			earlier = append(earlier, c.SameAs.UUID)
		}
	}
	if len(earlier) == 0 {
		return f, nil
	}
	var rows []struct {
		Earlier uuid.UUID `db:"earlier"`
		Member  uuid.UUID `db:"member_id"`
	}
	if err := sqlx.SelectContext(ctx, t.q, &rows, `
		SELECT DISTINCT ON (l.earlier) l.earlier, a.member_id
		FROM (SELECT lead_id, lead_id AS earlier FROM leads WHERE workspace_id = $1 AND lead_id = ANY($2::uuid[])
			UNION ALL SELECT lead_id, duplicate_of FROM leads WHERE workspace_id = $1 AND duplicate_of = ANY($2::uuid[])) l
		JOIN assigned_leads a ON a.workspace_id = $1 AND a.source_lead_id = l.lead_id
		JOIN members m ON m.workspace_id = $1 AND m.member_id = a.member_id AND m.active AND m.removed_at IS NULL
		ORDER BY l.earlier, a.assigned_lead_id`, d.workspace, uuids(earlier)); err != nil {
		return f, fmt.Errorf("reading who has the earlier leads: %w", translate(err))
	}
	f.holders, f.first = make(map[uuid.UUID]uuid.UUID), make(map[uuid.UUID]uuid.UUID)
	for _, r := range rows {
		f.holders[r.Earlier] = r.Member
		d.roster.active[r.Member] = true
	}
	return f, nil
}

// take takes a claim that is to be dealt, where its lead follows another. Whoever drew for it in a run that failed has
// its draws settled as not spent.
func (f *followers) take(d *distribution, c claim) (taken bool) {
	if f.first == nil {
		return false
	}
	family := c.LeadID
	if c.SameAs.Valid {
		family = c.SameAs.UUID
		if holder, has := f.holders[family]; has && !d.roster.Holds(c.LeadID, holder) {
			c.MemberID = uuid.NullUUID{UUID: holder, Valid: true}
			d.give(c)
			return true
		}
		if _, here := f.first[family]; here {
			f.waiting = append(f.waiting, c)
			return true
		}
	}
	f.first[family] = c.LeadID
	return false
}

// settle gives the claims that waited for a lead of their own batch what that one got.
func (f *followers) settle(d *distribution) {
	if len(f.waiting) == 0 {
		return
	}
	became := make(map[uuid.UUID]decision)
	for _, one := range d.decisions {
		if before, known := became[one.LeadID]; !known || before.reason != "" {
			became[one.LeadID] = one
		}
	}
	for _, c := range f.waiting {
		switch first := became[f.first[c.SameAs.UUID]]; {
		case first.reason != "":
			d.fail(c, first.reason)
		default:
			c.MemberID = uuid.NullUUID{UUID: first.member, Valid: true}
			d.give(c)
		}
	}
}
