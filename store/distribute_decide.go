package store

import (
	"context"
	"errors"
	"fmt"
	"slices"

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
	look             bool // which leads go to nobody, and who has them
	most             int  // copies, 0 for any number
	follow           bool // leads go to who has others of the same person, where the workspace has it so
	// planned are who gets the families of leads that the same transaction has planned and not written yet.
	planned map[uuid.UUID][]uuid.UUID
	barred  map[uuid.UUID]lead.Reason
	roster  roster
}

// turnsOf gives the first n turns of a ring for a batch, the same ones whenever it is asked, and the epoch of the cursor
// that they come from. It returns a *cursor.StaleError where that must be loaded first.
type turnsOf func(ctx context.Context, ring cursor.Ring, batch uuid.UUID, n int) (epoch string, turns []int64, err error)

// A decision is what becomes of a claim for one member: a copy, or a failure with its reason.
type decision struct {
	claim
	member  uuid.UUID
	version int
	turn    int64 // with version above 0
	reason  lead.Reason
	skipped []lead.Skip
	detail  string
	tell    []lead.Channel // how the member is told of the copy
	// Made when it is recorded:
	copy, history uuid.UUID
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
	Active  IDs  `db:"active"` // the members of its ring who can receive leads
	// SameMember says that the workspace gives leads of one person to the same member.
	SameMember bool `db:"same_member"`
}

// decide fills in the decisions, turns and draws. It reads all that it needs after the gate was passed.
func (d *distribution) decide(ctx context.Context, t *Tx) error {
	groups, err := d.read(ctx, t)
	if err != nil {
		return err
	}
	following, err := d.readFollowers(ctx, t, groups)
	if err != nil {
		return err
	}
	if err := d.checkWidth(groups, following); err != nil {
		return err
	}
	dealt := make(map[uuid.UUID][]claim)
	var order []uuid.UUID
	dealTo := func(group uuid.UUID) {
		if !slices.Contains(order, group) {
			order = append(order, group)
		}
	}
	for _, c := range d.claims {
		group := c.GroupID.UUID
		g, known := groups[group]
		switch {
		case c.Refused != "":
			d.fail(c, c.Refused)
		case d.barred[c.LeadID] != "":
			d.fail(c, d.barred[c.LeadID])
			if known { // a run that failed may have drawn for it
				dealTo(group)
			}
		case c.MemberID.Valid:
			d.give(c)
		case !known || g.Deleted:
			d.fail(c, lead.GroupDeleted)
		case following.take(d, c):
			dealTo(group)
		default:
			dealTo(group)
			dealt[group] = append(dealt[group], c)
		}
	}
	for _, group := range order {
		if err := d.deal(ctx, groups[group].ring(), group, dealt[group]); err != nil {
			return err
		}
	}
	following.settle(d)
	return d.checkFailures()
}

// checkFailures returns errUnseen where a lead fails, for a reason that a look at it may change, and was not looked at.
func (d *distribution) checkFailures() error {
	if !d.look && slices.ContainsFunc(d.decisions, func(one decision) bool { return one.reason != one.Refused }) {
		return errUnseen
	}
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
	d.roster = roster{active: make(map[uuid.UUID]bool), held: make(map[holding]bool)}
	var err error
	if len(members) > 0 {
		if d.roster.active, err = t.activeMembers(ctx, d.workspace, nil, members); err != nil {
			return nil, err
		}
	}
	groups, err := t.groupRings(ctx, d.workspace, groupIDs)
	if err != nil {
		return nil, err
	}
	for _, g := range groups {
		for _, id := range g.Active {
			d.roster.active[id] = true
		}
	}
	if !d.look {
		return groups, nil
	}
	if d.barred, err = t.barredLeads(ctx, d.workspace, leads); err != nil {
		return nil, err
	}
	return groups, t.readHoldings(ctx, d.workspace, leads, d.roster.held)
}

// groupRings reads groups with their rings.
func (t *Tx) groupRings(ctx context.Context, workspace uuid.UUID, ids []uuid.UUID) (map[uuid.UUID]groupRing, error) {
	if len(ids) == 0 {
		return nil, nil
	}
	var rows []groupRing
	if err := sqlx.SelectContext(ctx, t.q, &rows, `
		SELECT `+ringColumns+`, g.deleted_at IS NOT NULL AS deleted,
			(SELECT duplicates_policy = 'same_member' FROM workspaces WHERE workspace_id = $1) AS same_member, ARRAY(
			SELECT m.member_id FROM members m WHERE m.workspace_id = $1 AND m.active AND m.removed_at IS NULL AND m.member_id IN (
				SELECT (id #>> '{}')::uuid FROM jsonb_path_query(r.slots, '$[*][*].member_id') AS id)) AS active
		FROM groups g JOIN rings r USING (workspace_id, group_id, version)
		WHERE g.workspace_id = $1 AND g.group_id = ANY($2::uuid[])`, workspace, uuids(ids)); err != nil {
		return nil, fmt.Errorf("reading the rings: %w", translate(err))
	}
	groups := make(map[uuid.UUID]groupRing, len(rows))
	for _, g := range rows {
		groups[g.GroupID] = g
	}
	return groups, nil
}

// barredLeads tells which of the leads go to nobody, whoever was to get them, and why.
// Indexes that hold nothing else answer it, so that the leads themselves are not looked at one by one.
func (t *Tx) barredLeads(ctx context.Context, workspace uuid.UUID, leads []uuid.UUID) (map[uuid.UUID]lead.Reason, error) {
	var rows []struct {
		ID   uuid.UUID `db:"lead_id"`
		Test bool      `db:"test"`
	}
	if err := sqlx.SelectContext(ctx, t.q, &rows, `
		SELECT lead_id, test FROM unnest($2::uuid[]) AS n (lead_id) JOIN leads USING (lead_id)
		WHERE workspace_id = $1 AND deleted_at IS NOT NULL
		UNION
		SELECT lead_id, test FROM unnest($2::uuid[]) AS n (lead_id) JOIN leads USING (lead_id)
		WHERE workspace_id = $1 AND test`,
		workspace, uuids(leads)); err != nil {
		return nil, fmt.Errorf("reading which leads are deleted: %w", translate(err))
	}
	barred := make(map[uuid.UUID]lead.Reason, len(rows))
	for _, r := range rows {
		if barred[r.ID] = lead.SourceLeadDeleted; r.Test {
			barred[r.ID] = lead.TestLead
		}
	}
	return barred, nil
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
		claim: c, member: c.MemberID.UUID, version: int(c.Version.Int64), turn: c.Turn.Int64, reason: reason, skipped: c.Skipped,
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
	drawn := drawsOf(d.workspace, group, d.batch)
	drawn.ring.Version = ring.Version
	dealt, err := ring.Deal(leads, d.roster, func(n int) ([]int64, error) { return d.draw(ctx, &drawn, n) })
	if err != nil {
		return err
	}
	drawn.unspent = dealt.Unspent
	d.draws = append(d.draws, drawn)
	for _, turn := range dealt.Passed {
		d.turns = append(d.turns, spentTurn{group: group, version: ring.Version, turn: turn})
	}
	for i, hand := range dealt.Hands {
		if hand.Reason != "" {
			d.decisions = append(d.decisions, decision{claim: claims[i], reason: hand.Reason, skipped: hand.Skipped})
			continue
		}
		d.turns = append(d.turns, spentTurn{group, ring.Version, hand.Turn, claims[i].LeadID})
		for _, r := range hand.Receivers {
			d.roster.held[holding{claims[i].LeadID, r.MemberID}] = true
			d.decisions = append(d.decisions, decision{
				claim: claims[i], member: r.MemberID, version: ring.Version, turn: hand.Turn, skipped: hand.Skipped,
			})
		}
	}
	return nil
}

// drawsOf names what a batch may have drawn of a group.
func drawsOf(workspace, group, batch uuid.UUID) draws {
	return draws{ring: cursor.Ring{Workspace: workspace, Group: group}, batch: batch}
}

// draw draws n more turns. All that a batch draws of a group is remembered under the batch's id, in order, so that a run
// after one that failed goes through the same turns.
func (d *distribution) draw(ctx context.Context, drawn *draws, n int) ([]int64, error) {
	ctx, cancel := context.WithTimeout(ctx, redisTimeout)
	defer cancel()
	before := len(drawn.turns)
	epoch, turns, err := d.turnsOf(ctx, drawn.ring, drawn.batch, before+n)
	var stale *cursor.StaleError
	switch {
	case errors.As(err, &stale):
		return nil, &staleCursor{draws: []draws{{ring: drawn.ring, epoch: stale.Epoch}}, cause: err}
	case err != nil:
		return nil, err
	}
	drawn.epoch, drawn.turns = epoch, turns
	return turns[before:], nil
}
