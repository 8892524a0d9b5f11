package store

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/google/uuid"
	"github.com/jmoiron/sqlx"

	"github.com/leadwheel/leadwheel/internal/lead"
)

// OfferState is what became of an offer.
type OfferState string

// The states of offers.
const (
	// OfferOpen can be accepted.
	OfferOpen OfferState = "open"
	// OfferAccepted was: the member has the copy.
	OfferAccepted OfferState = "accepted"
	// OfferTaken means that another receiver was first.
	OfferTaken OfferState = "taken"
	// OfferLapsed means that its time was over, and the lead went on.
	OfferLapsed OfferState = "lapsed"
	// OfferCancelled means that it was ended by somebody: the lead or what is pending of it was deleted, or the member can take none.
	OfferCancelled OfferState = "cancelled"
)

// OfferStates lists every state.
func OfferStates() []OfferState {
	return []OfferState{OfferOpen, OfferAccepted, OfferTaken, OfferLapsed, OfferCancelled}
}

// A LeadOffer is an offer of a lead to a member: the first who accepts it gets it.
type LeadOffer struct {
	ID        uuid.UUID  `db:"offer_id"`
	PendingID uuid.UUID  `db:"pending_id"`
	LeadID    uuid.UUID  `db:"lead_id"`
	MemberID  uuid.UUID  `db:"member_id"`
	GroupID   uuid.UUID  `db:"group_id"`
	GroupName string     `db:"group_name"`
	State     OfferState `db:"state"`
	OfferedAt time.Time  `db:"offered_at"`
	// AnswerBy is until when it is to be accepted, nil where the group wants no answer. EndedAt is when it was, or could be no more.
	AnswerBy *time.Time `db:"answer_by"`
	EndedAt  *time.Time `db:"ended_at"`
	// AssignedLeadID is the member's copy, where they accepted.
	AssignedLeadID *uuid.UUID `db:"assigned_lead_id"`
	// Name and Place are all that is told of the lead before it is accepted.
	Name  string `db:"-"`
	Place string `db:"-"`
}

type offerRow struct {
	LeadOffer
	LeadName string          `db:"name"`
	Fields   json.RawMessage `db:"fields"`
}

func (r offerRow) offer() LeadOffer {
	r.Name, r.Place = lead.OfferedName(r.LeadName), lead.Place(r.Fields)
	return r.LeadOffer
}

const offerColumns = `o.offer_id, o.pending_id, o.lead_id, o.member_id, o.group_id, g.name AS group_name, o.state, o.offered_at, o.answer_by,
	o.ended_at, o.assigned_lead_id, coalesce(l.name, '') AS name, l.fields
	FROM offers o JOIN groups g USING (workspace_id, group_id) JOIN leads l USING (workspace_id, lead_id)`

// An OfferFilter narrows a list of offers; zero fields don't.
type OfferFilter struct {
	MemberID, GroupID, LeadID uuid.UUID
	State                     OfferState
}

// Offers lists a page of offers, newest first. Those of leads that were deleted are open no more, and not in it where only open ones are.
func (q Queries) Offers(ctx context.Context, workspace uuid.UUID, f OfferFilter, p Page) ([]LeadOffer, error) {
	query, args := `SELECT `+offerColumns+` WHERE o.workspace_id = $1 AND ($2::uuid IS NULL OR o.offer_id < $2)`,
		[]any{workspace, nullID(p.After), p.Limit}
	narrow := func(column string, value any) {
		args = append(args, value)
		query += fmt.Sprintf(" AND o.%s = $%d", column, len(args))
	}
	for _, one := range []struct {
		column string
		id     uuid.UUID
	}{{"member_id", f.MemberID}, {"group_id", f.GroupID}, {"lead_id", f.LeadID}} {
		if one.id != uuid.Nil {
			narrow(one.column, one.id)
		}
	}
	switch f.State {
	case "":
	case OfferOpen: // written out for the sake of the index of these
		query += ` AND o.state = 'open' AND l.deleted_at IS NULL`
	default:
		narrow("state", string(f.State))
	}
	var rows []offerRow
	err := sqlx.SelectContext(ctx, q.q, &rows, query+` ORDER BY o.offer_id DESC LIMIT $3`, args...)
	all := make([]LeadOffer, len(rows))
	for i, r := range rows {
		all[i] = r.offer()
	}
	return all, translate(err)
}

// Offer returns an offer, ErrNotFound where there is none or, with a member, where it is another's.
func (q Queries) Offer(ctx context.Context, workspace, member, id uuid.UUID) (LeadOffer, error) {
	var row offerRow
	err := sqlx.GetContext(ctx, q.q, &row, `
		SELECT `+offerColumns+` WHERE o.workspace_id = $1 AND o.offer_id = $2 AND ($3::uuid IS NULL OR o.member_id = $3)`,
		workspace, id, nullID(member))
	return row.offer(), translate(err)
}

// ErrTaken means that another receiver was first to accept what was offered to several.
var ErrTaken = errors.New("somebody else was first: this lead is taken")

// ended says why an offer cannot be accepted any more, nil where it can.
func (o LeadOffer) ended() error {
	refuse := func(why string) error { return &Violation{Field: "id", Message: why, Exists: true} }
	switch o.State {
	case OfferTaken:
		return ErrTaken
	case OfferLapsed:
		return refuse("the time for this offer was over, and the lead went on to others")
	case OfferCancelled:
		return refuse("this offer was ended before it was accepted")
	}
	return nil
}

// AcceptOffer gives a lead that is offered to several to the member whose offer it is, if they are the first: of any number that accept at
// once, and of an acceptance and the end of its time, one has its way. Accepting it again returns the same copy. It returns ErrTaken where
// another was first, a *Violation where it can be accepted no more or the member can take no lead, and with a member ErrNotFound for
// another's offer. Hours and absences are no matter, since they ask.
func (t *Tx) AcceptOffer(ctx context.Context, workspace, member, id uuid.UUID) (AssignedLead, error) {
	if err := t.passGate(ctx, workspace); err != nil {
		return AssignedLead{}, err
	}
	o, err := t.Offer(ctx, workspace, member, id)
	if err != nil {
		return AssignedLead{}, err
	}
	// Whoever accepts, deals or deletes it has this row. Of those who wait for it all but one then find it gone.
	var c claim
	gone := translate(sqlx.GetContext(ctx, t.q, &c, `
		SELECT `+claimColumns+` FROM pending_leads p WHERE p.workspace_id = $1 AND p.pending_id = $2 FOR UPDATE`, workspace, o.PendingID))
	if gone != nil && !errors.Is(gone, ErrNotFound) {
		return AssignedLead{}, gone
	}
	if o, err = t.Offer(ctx, workspace, member, id); err != nil {
		return AssignedLead{}, err
	}
	switch err := o.ended(); {
	case err != nil:
		return AssignedLead{}, err
	case o.State == OfferAccepted:
		return t.AssignedLead(ctx, workspace, o.MemberID, *o.AssignedLeadID)
	case gone != nil:
		return AssignedLead{}, fmt.Errorf("offer %s is open, and nothing is pending of it: %w", id, gone)
	}
	return t.giveOffered(ctx, workspace, o, c)
}

// giveOffered gives a locked claim to the member who accepted an offer of it.
func (t *Tx) giveOffered(ctx context.Context, workspace uuid.UUID, o LeadOffer, c claim) (AssignedLead, error) {
	d := distribution{workspace: workspace, look: true}
	if err := d.readAccepter(ctx, t, o); err != nil {
		return AssignedLead{}, err
	}
	if _, err := t.q.ExecContext(ctx, `
		DELETE FROM pending_leads WHERE workspace_id = $1 AND pending_id = $2`, workspace, c.PendingID); err != nil {
		return AssignedLead{}, translate(err)
	}
	c.MemberID, c.Trigger = nullID(o.MemberID), lead.Accepted
	d.claims = []claim{c}
	d.give(c)
	if err := t.writeCounts(ctx, workspace, d.roster.counts); err != nil {
		return AssignedLead{}, err
	}
	if _, err := t.record(ctx, workspace, d.decisions, nil); errors.Is(err, errUnseen) {
		return AssignedLead{}, &Violation{Field: "id", Message: "this lead was deleted, or the member has it already", Exists: true}
	} else if err != nil {
		return AssignedLead{}, err
	}
	copied, now := d.decisions[0].copy, t.now()
	if _, err := t.q.ExecContext(ctx, `
		UPDATE assigned_leads SET answered_at = $3 WHERE workspace_id = $1 AND assigned_lead_id = $2`, workspace, copied, now); err != nil {
		return AssignedLead{}, translate(err)
	}
	if _, err := t.q.ExecContext(ctx, `
		UPDATE offers SET state = CASE WHEN offer_id = $3 THEN $4 ELSE $5 END, ended_at = $6,
			assigned_lead_id = CASE WHEN offer_id = $3 THEN $7::uuid END
		WHERE workspace_id = $1 AND pending_id = $2 AND state = $8`,
		workspace, c.PendingID, o.ID, string(OfferAccepted), string(OfferTaken), now, copied, string(OfferOpen)); err != nil {
		return AssignedLead{}, fmt.Errorf("noting who accepted offer %s: %w", o.ID, translate(err))
	}
	t.left.Answered = append(t.left.Answered, Answer{After: now.Sub(o.OfferedAt), Late: o.AnswerBy != nil && now.After(*o.AnswerBy)})
	if err := t.tellOutcomes(ctx, workspace, d.decisions); err != nil {
		return AssignedLead{}, err
	}
	return t.AssignedLead(ctx, workspace, o.MemberID, copied)
}

// readAccepter reads whether the member whose offer it is can take one more lead, and locks what is counted of them. It returns a
// *Violation where they cannot.
func (d *distribution) readAccepter(ctx context.Context, t *Tx, o LeadOffer) error {
	var onDuty []bool
	if err := sqlx.SelectContext(ctx, t.q, &onDuty, `
		SELECT on_duty FROM members WHERE workspace_id = $1 AND member_id = $2 AND active AND removed_at IS NULL`,
		d.workspace, o.MemberID); err != nil {
		return translate(err)
	}
	refuse := func(why string) error { return &Violation{Field: "id", Message: why, Exists: true} }
	switch {
	case len(onDuty) == 0:
		return refuse("the member is deactivated or removed")
	case !slices.Contains(onDuty, true):
		return refuse("you are off duty; go on duty to take leads")
	}
	if err := d.readGroups(ctx, t, []uuid.UUID{o.GroupID}, []uuid.UUID{o.MemberID}); err != nil {
		return err
	}
	for _, key := range [2]capKey{{o.MemberID, uuid.Nil}, {o.MemberID, o.GroupID}} {
		if n := d.roster.counts[key]; n != nil && d.roster.caps[key].Full(n.count()) != "" {
			return refuse("you have as many leads as your caps allow for now")
		}
	}
	return nil
}

// offersLeads reports whether a group, if it is there, offers its leads.
func (q Queries) offersLeads(ctx context.Context, workspace, group uuid.UUID) (bool, error) {
	var offers bool
	err := sqlx.GetContext(often(ctx), q.q, &offers, `
		SELECT EXISTS (SELECT 1 FROM groups WHERE workspace_id = $1 AND group_id = $2 AND method = $3 AND deleted_at IS NULL)`,
		workspace, group, string(lead.FirstToAccept))
	return offers, translate(err)
}
