package store

import (
	"context"
	"errors"
	"fmt"

	"github.com/google/uuid"
	"github.com/jmoiron/sqlx"

	"github.com/leadwheel/leadwheel/internal/lead"
	"github.com/leadwheel/leadwheel/store/cursor"
)

// A distribution is one batch being decided: its claims become decisions, and the groups' turns are spent.
type distribution struct {
	turnsOf          turnsOf
	workspace, batch uuid.UUID
	claims           []claim
	decisions        []decision
	turns            []spentTurn
	draws            []draws
	extra            *int
	holders          bool // look who has the leads
	roster           roster
}

// turnsOf gives a turn of a ring for each token, and the epoch of the cursor that they come from. It returns a
// *cursor.StaleError where that must be loaded first.
type turnsOf func(ctx context.Context, ring cursor.Ring, tokens []string) (epoch string, turns []int64, err error)

// A decision is what becomes of a claim for one member: a copy, or a failure with its reason.
type decision struct {
	claim
	member  uuid.UUID
	version int
	turn    int64 // with version above 0
	reason  lead.Reason
	skipped []lead.Skip
	detail  string
}

// A spentTurn is a row of the ledger. Its lead is nil where the turn was passed over.
type spentTurn struct {
	group   uuid.UUID
	version int
	turn    int64
	lead    uuid.UUID
}

// groupRing is a group as a distribution needs it.
type groupRing struct {
	ringRow
	Deleted bool `db:"deleted"`
}

// decide fills in the decisions, turns and draws. It reads all that it needs after the gate was passed.
func (d *distribution) decide(ctx context.Context, t *Tx) error {
	groups, err := d.read(ctx, t)
	if err != nil {
		return err
	}
	following, err := d.readFollowers(ctx, t)
	if err != nil {
		return err
	}
	dealt := make(map[uuid.UUID][]claim)
	var order []uuid.UUID
	for i, c := range d.claims {
		group := c.GroupID.UUID
		_, known := groups[group]
		switch {
		case c.Refused != "":
			d.fail(c, c.Refused)
		case c.LeadTest:
			d.fail(c, lead.TestLead)
		case c.LeadGone:
			d.fail(c, lead.SourceLeadDeleted)
			if known { // a run that failed may have drawn for it
				d.draws = append(d.draws, drawsOf(d.workspace, group, groups[group].Version, d.claims[i:i+1]))
			}
		case c.MemberID.Valid:
			d.give(c)
		case !known || groups[group].Deleted:
			d.fail(c, lead.GroupDeleted)
		case following.take(d, c):
			d.draws = append(d.draws, drawsOf(d.workspace, group, groups[group].Version, d.claims[i:i+1]))
		default:
			if dealt[group] == nil {
				order = append(order, group)
			}
			dealt[group] = append(dealt[group], c)
		}
	}
	for _, group := range order {
		if err := d.deal(ctx, groups[group].ring(), group, dealt[group]); err != nil {
			return err
		}
	}
	following.settle(d)
	return nil
}

// read loads the groups that the claims name, and the roster.
func (d *distribution) read(ctx context.Context, t *Tx) (map[uuid.UUID]groupRing, error) {
	var leads, groupIDs, members []uuid.UUID
	for _, c := range d.claims {
		leads = append(leads, c.LeadID)
		if c.MemberID.Valid {
			members = append(members, c.MemberID.UUID)
		} else if n := len(groupIDs); n == 0 || groupIDs[n-1] != c.GroupID.UUID {
			groupIDs = append(groupIDs, c.GroupID.UUID)
		}
	}
	groups := make(map[uuid.UUID]groupRing)
	var rings []lead.Ring
	if len(groupIDs) > 0 {
		var rows []groupRing
		if err := sqlx.SelectContext(ctx, t.q, &rows, `
			SELECT `+ringColumns+`, g.deleted_at IS NOT NULL AS deleted
			FROM groups g JOIN rings r USING (workspace_id, group_id, version)
			WHERE g.workspace_id = $1 AND g.group_id = ANY($2::uuid[])`, d.workspace, uuids(groupIDs)); err != nil {
			return nil, fmt.Errorf("reading the rings: %w", translate(err))
		}
		for _, g := range rows {
			groups[g.GroupID] = g
			rings = append(rings, g.ring())
		}
	}
	active, err := t.activeMembers(ctx, d.workspace, rings, members)
	if err != nil {
		return nil, err
	}
	d.roster = roster{active: active, held: make(map[holding]bool)}
	if !d.holders {
		return groups, nil
	}
	return groups, t.readHoldings(ctx, d.workspace, leads, d.roster.held)
}

// readHoldings finds who already has copies of the leads.
func (t *Tx) readHoldings(ctx context.Context, workspace uuid.UUID, leads []uuid.UUID, held map[holding]bool) error {
	var rows []holding
	if err := sqlx.SelectContext(ctx, t.q, &rows, `
		SELECT source_lead_id, member_id FROM assigned_leads
		WHERE workspace_id = $1 AND source_lead_id = ANY($2::uuid[])`, workspace, uuids(leads)); err != nil {
		return fmt.Errorf("reading who has the leads: %w", translate(err))
	}
	for _, h := range rows {
		held[h] = true
	}
	return nil
}

// A roster answers for one batch who is active and who holds what, including what the batch has just given.
type roster struct {
	active map[uuid.UUID]bool
	held   map[holding]bool
}

type holding struct {
	Lead   uuid.UUID `db:"source_lead_id"`
	Member uuid.UUID `db:"member_id"`
}

// Active implements lead.Roster.
func (r roster) Active(member uuid.UUID) bool { return r.active[member] }

// Holds implements lead.Roster.
func (r roster) Holds(lead, member uuid.UUID) bool { return r.held[holding{lead, member}] }

func (d *distribution) fail(c claim, reason lead.Reason) {
	d.decisions = append(d.decisions, c.decided(reason))
}

// decided is a claim decided for the member it names, if it names one, with the turn that chose them, if one did.
func (c claim) decided(reason lead.Reason) decision {
	return decision{
		claim: c, member: c.MemberID.UUID, version: int(c.Version.Int64), turn: c.Turn.Int64, reason: reason, skipped: c.Skipped.v,
	}
}

// give decides a claim for a named member.
func (d *distribution) give(c claim) {
	switch member := c.MemberID.UUID; {
	case !d.roster.Active(member):
		d.fail(c, lead.MemberInactive)
	case d.roster.Holds(c.LeadID, member):
		d.fail(c, lead.AlreadyAssigned)
	default:
		d.roster.held[holding{c.LeadID, member}] = true
		d.decisions = append(d.decisions, c.decided(""))
	}
}

// deal decides a group's claims by its ring.
func (d *distribution) deal(ctx context.Context, ring lead.Ring, group uuid.UUID, claims []claim) error {
	leads := make([]uuid.UUID, len(claims))
	for i, c := range claims {
		leads[i] = c.LeadID
	}
	drawn := drawsOf(d.workspace, group, ring.Version, claims)
	for k := range *d.extra {
		drawn.tokens = append(drawn.tokens, d.extraToken(k))
	}
	asked := 0
	dealt, err := ring.Deal(leads, d.roster, func(n int) ([]int64, error) {
		asked += n
		return d.draw(ctx, &drawn, asked-n, n)
	})
	if err != nil {
		return err
	}
	defer func() { d.draws = append(d.draws, drawn) }()
	for _, turn := range dealt.Passed {
		d.turns = append(d.turns, spentTurn{group: group, version: ring.Version, turn: turn})
		drawn.spent = append(drawn.spent, turn)
	}
	for i, hand := range dealt.Hands {
		if hand.Reason != "" {
			d.decisions = append(d.decisions, decision{claim: claims[i], reason: hand.Reason, skipped: hand.Skipped})
			continue
		}
		d.turns = append(d.turns, spentTurn{group, ring.Version, hand.Turn, claims[i].LeadID})
		drawn.spent = append(drawn.spent, hand.Turn)
		for _, r := range hand.Receivers {
			d.roster.held[holding{claims[i].LeadID, r.MemberID}] = true
			d.decisions = append(d.decisions, decision{
				claim: claims[i], member: r.MemberID, version: ring.Version, turn: hand.Turn, skipped: hand.Skipped,
			})
		}
	}
	return nil
}

// drawsOf names the draws of a group's claims: a token each, so that a retry of the batch, whole or split, draws the
// same turns.
func drawsOf(workspace, group uuid.UUID, version int, claims []claim) draws {
	drawn := draws{ring: cursor.Ring{Workspace: workspace, Group: group, Version: version}}
	for _, c := range claims {
		drawn.tokens = append(drawn.tokens, c.PendingID.String())
	}
	return drawn
}

// draw draws n turns after those that this run has asked for. Beyond one a claim the tokens are counted behind the
// batch's id.
func (d *distribution) draw(ctx context.Context, drawn *draws, asked, n int) ([]int64, error) {
	for len(drawn.tokens) < asked+n {
		drawn.tokens = append(drawn.tokens, d.extraToken(*d.extra))
		*d.extra++
	}
	ctx, cancel := context.WithTimeout(ctx, redisTimeout)
	defer cancel()
	epoch, turns, err := d.turnsOf(ctx, drawn.ring, drawn.tokens[asked:asked+n])
	var stale *cursor.StaleError
	if errors.As(err, &stale) {
		return nil, &staleCursor{draws: []draws{{ring: drawn.ring, epoch: stale.Epoch}}, cause: err}
	}
	drawn.epoch = epoch
	return turns, err
}

func (d *distribution) extraToken(k int) string { return fmt.Sprintf("%s+%d", d.batch, k) }
