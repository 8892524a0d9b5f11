package store

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

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
	groups  map[uuid.UUID]groupRing // those of the claims, and those to which their leads may go on
	// estimate has what is counted, and what is owed, be read without being locked: nothing is dealt.
	estimate bool
	// late has what is counted be locked after all else is written, where there is room enough: see readCounts.
	late bool
	// ahead has members be taken for available who are not now, since the leads go out later.
	ahead bool
	waits []wait
	// offers are what is offered to receivers now, stays what stays on offer, and asked are who was offered some of the leads before.
	offers []offer
	stays  []claim
	asked  []asked
	now    time.Time
	back   overPace // what is planned for members who cannot take it now
	// answers are what the groups want of which no turn is dealt, by their ids. unanswered are the copies of leads that go on since nobody
	// answered them, spare those that are taken back while others of their turn stay, and overdue those that stay since nobody else can
	// take them.
	answers    object[lead.AnswerWithin]
	unanswered map[uuid.UUID]unanswered
	spare      []uuid.UUID
	overdue    []unanswered
}

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
	// answerBy is until when the copy is to be answered, and alarmAt when to remind its member.
	answerBy, alarmAt time.Time
	// Made when it is recorded:
	copy, history uuid.UUID
}

// A spentTurn is a row of the ledger. Its lead is nil where the turn was passed over, which was for the decision passedFor.
type spentTurn struct {
	group   uuid.UUID
	version int
	turn    int64
	lead    uuid.UUID

	passedFor uuid.UUID
}

// groupRing is a group as a distribution needs it.
type groupRing struct {
	ringRow
	Method  lead.Method `db:"method"`
	Deleted bool        `db:"deleted"`
	Active  IDs         `db:"active"` // the members of its ring who are neither deactivated nor removed
	// Restricted are those of them who may be unavailable, or count what they get.
	Restricted IDs            `db:"restricted"`
	Overflow   overflowColumn `db:"overflow"`
	WhenAway   WhenAway       `db:"when_away"`
	OweAtMost  int            `db:"owe_at_most"`
	Indebted   bool           `db:"indebted"` // whether it keeps turns for somebody
	// AnswerWithin is in what time it wants its leads answered.
	AnswerWithin answerColumn `db:"answer_within"`
	// SameMember says that the workspace gives leads of one person to the same member.
	SameMember bool `db:"same_member"`

	debts *lead.Debts
}

// decide fills in the decisions, turns and draws. It reads all that it needs after the gate was passed.
func (d *distribution) decide(ctx context.Context, t *Tx) error {
	d.now = t.now()
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
	if err := d.dealAll(ctx, t, groups, order, dealt); err != nil {
		return err
	}
	following.settle(d)
	d.stay()
	d.leave()
	return d.checkFailures()
}

// checkFailures returns errUnseen where a lead fails, for a reason that a look at it may change, and was not looked at.
func (d *distribution) checkFailures() error {
	if !d.look && len(d.back.ids) > 0 {
		return errUnseen // a lead that is deleted goes to nobody, and waits for nobody
	}
	if !d.look && slices.ContainsFunc(d.decisions, func(one decision) bool { return one.reason != one.Refused }) {
		return errUnseen
	}
	return nil
}

// read loads the groups that the claims name, and the roster.
func (d *distribution) read(ctx context.Context, t *Tx) (map[uuid.UUID]groupRing, error) {
	var leads, groupIDs, members, planned []uuid.UUID
	for _, c := range d.claims {
		leads = append(leads, c.LeadID)
		if c.MemberID.Valid {
			members = append(members, c.MemberID.UUID)
			if c.Version.Valid && !slices.Contains(planned, c.GroupID.UUID) {
				planned = append(planned, c.GroupID.UUID)
			}
		} else if n := len(groupIDs); n == 0 || groupIDs[n-1] != c.GroupID.UUID {
			groupIDs = append(groupIDs, c.GroupID.UUID)
		}
	}
	if err := d.readGroups(ctx, t, groupIDs, members, planned...); err != nil {
		return nil, err
	}
	groups := d.groups
	if d.look = d.look || d.offersLeads(); !d.look { // nothing is written of a lead that is offered by which it would show that it is gone
		return groups, nil
	}
	var err error
	if d.barred, err = t.barredLeads(ctx, d.workspace, leads); err != nil {
		return nil, err
	}
	d.holdAsked()
	return groups, t.readHoldings(ctx, d.workspace, leads, d.roster.held)
}

// groupRings reads groups with their rings.
func (t *Tx) groupRings(ctx context.Context, workspace uuid.UUID, ids []uuid.UUID) (map[uuid.UUID]groupRing, error) {
	if len(ids) == 0 {
		return nil, nil
	}
	var rows []groupRing
	if err := sqlx.SelectContext(ctx, t.q, &rows, `
		SELECT `+ringColumns+`, g.deleted_at IS NOT NULL AS deleted, g.method, g.overflow, g.answer_within, g.when_away, g.owe_at_most,
			g.when_away = 'owe' AND EXISTS (SELECT 1 FROM debts d WHERE d.workspace_id = $1 AND d.group_id = g.group_id) AS indebted,
			(SELECT duplicates_policy = 'same_member' FROM workspaces WHERE workspace_id = $1) AS same_member, m.active, m.restricted
		FROM groups g JOIN rings r USING (workspace_id, group_id, version) CROSS JOIN LATERAL (
			SELECT coalesce(array_agg(m.member_id), '{}') AS active, coalesce(array_agg(m.member_id) FILTER (
				WHERE NOT m.on_duty OR m.working_hours IS NOT NULL OR m.counted OR m.absent_until > $3), '{}') AS restricted
			FROM members m WHERE m.workspace_id = $1 AND m.active AND m.removed_at IS NULL AND m.member_id IN (
				SELECT (id #>> '{}')::uuid FROM jsonb_path_query(r.slots, '$[*][*].member_id') AS id)) m
		WHERE g.workspace_id = $1 AND g.group_id = ANY($2::uuid[])`, workspace, uuids(ids), t.now()); err != nil {
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

func (d *distribution) fail(c claim, reason lead.Reason) {
	d.decisions = append(d.decisions, c.decided(reason))
}

// decided is a claim decided for the member it names, if it names one, with the turn that chose them, if one did.
func (c claim) decided(reason lead.Reason) decision {
	return decision{
		claim: c, member: c.MemberID.UUID, version: int(c.Version.Int64), turn: c.Turn.Int64, reason: reason, skipped: c.Skipped,
	}
}

// drawsOf is what the batch draws of a group, which may be dealt leads more than once: first its own, then those that come from others.
// It is good until another group's is asked for.
func (d *distribution) drawsOf(g groupRing) *draws {
	ring := g.cursor(d.workspace)
	at := slices.IndexFunc(d.draws, func(known draws) bool { return known.ring == ring })
	if at < 0 {
		at = len(d.draws)
		d.draws = append(d.draws, draws{ring: ring, batch: d.batch, gone: make(map[int]int)})
	}
	return &d.draws[at]
}

// draw gives turns of lanes, of each as many as it wants: those that an earlier deal drew and did not spend, then more. All that a batch
// draws of a group is remembered under the batch's id, of each lane in order, so that a run after one that failed goes through the same
// turns.
func (d *distribution) draw(ctx context.Context, drawn *draws, rings map[int]lead.Ring, want map[int]int) ([]int64, error) {
	more := drawn.spare(want)
	wants := make([]cursor.Want, 0, len(want))
	for lane, n := range want {
		if n > 0 {
			wants = append(wants, cursor.Want{Lane: lane, N: drawn.gone[lane] + n, First: rings[lane].First})
		}
	}
	if len(wants) == 0 {
		return more, nil
	}
	epoch, turns, err := d.turnsOf.draw(ctx, drawn.ring, drawn.batch, wants)
	var stale *cursor.StaleError
	switch {
	case errors.As(err, &stale):
		return nil, &staleCursor{draws: []draws{{ring: drawn.ring, epoch: stale.Epoch}}, cause: err}
	case err != nil:
		return nil, err
	}
	drawn.epoch, drawn.turns = epoch, turns
	passed := make(map[int]int, len(want))
	for _, turn := range turns {
		lane := rings[0].LaneOf(turn)
		if passed[lane]++; passed[lane] > drawn.gone[lane] && passed[lane] <= drawn.gone[lane]+want[lane] {
			more = append(more, turn)
		}
	}
	for lane, n := range want {
		drawn.gone[lane] += n
	}
	return more, nil
}
