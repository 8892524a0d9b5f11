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
)

// A PendingAction is what becomes of what a member has pending when they get no more leads.
type PendingAction string

const (
	// LeavePending leaves it: it fails with its reason when it is due, unless they are active again by then.
	LeavePending PendingAction = "leave"
	// SpreadPending gives it to others.
	SpreadPending PendingAction = "spread"
	// DropPending deletes it; the source leads stay.
	DropPending PendingAction = "delete"
)

// PendingActions lists every action.
func PendingActions() []PendingAction {
	return []PendingAction{LeavePending, SpreadPending, DropPending}
}

// A PendingChoice is an action and, for SpreadPending, who gets the leads: the members of the group, those named or, with
// neither, for each lead those of the group by which it was dealt.
type PendingChoice struct {
	Action    PendingAction
	GroupID   uuid.UUID
	MemberIDs []uuid.UUID
}

// MemberPending is what a member has pending on schedule.
type MemberPending struct {
	Count int `db:"count"`
	// NextDueAt is nil where there is none.
	NextDueAt *time.Time `db:"next_due_at"`
}

// MemberPending counts what a member has pending on schedule.
func (q Queries) MemberPending(ctx context.Context, workspace, member uuid.UUID) (MemberPending, error) {
	var p MemberPending
	err := sqlx.GetContext(often(ctx), q.q, &p, `
		SELECT count(*), min(due_at) AS next_due_at FROM pending_leads
		WHERE workspace_id = $1 AND member_id = $2 AND trigger <> 'immediate'`, workspace, member)
	return p, translate(err)
}

// HandOver does with a member's planned leads what was chosen, after the same transaction has deactivated or removed them.
// It returns how many leads it gave to others or deleted.
//
// Leads that are spread keep their order, and their pace: each is planned anew for the active member who has been given
// the fewest so far, a member listed twice in a ring counting twice, and who neither has it nor is to get it already.
// Where there is none it stays. Leads without a pace keep their time. The turns that were spent on them stay those of the
// member for whom they were planned, which history tells.
func (t *Tx) HandOver(ctx context.Context, workspace, member uuid.UUID, choice PendingChoice) (int, error) {
	return t.handOver(ctx, workspace, plannedFor{of: []uuid.UUID{member}}, choice)
}

// HandOverActive does the same for a member who stays active, or whom it leaves as they are.
func (t *Tx) HandOverActive(ctx context.Context, workspace, member uuid.UUID, choice PendingChoice) (int, error) {
	if err := t.passGate(ctx, workspace); err != nil {
		return 0, err
	}
	if _, err := t.Member(ctx, workspace, member); err != nil {
		return 0, err
	}
	return t.HandOver(ctx, workspace, member, choice)
}

// plannedFor are leads that are planned: of these members or, where there are none, of anybody, and through a group where one
// is named.
type plannedFor struct {
	of    []uuid.UUID
	group uuid.UUID
}

// where is what the leads have in common, as SQL, its arguments numbered from $2 on.
func (p plannedFor) where() (condition string, args []any) {
	condition = `p.workspace_id = $1 AND p.trigger = 'scheduled' AND p.refused IS NULL AND p.member_id IS NOT NULL`
	if p.of != nil {
		args = append(args, uuids(p.of))
		condition += fmt.Sprintf(` AND p.member_id = ANY($%d::uuid[])`, len(args)+1)
	}
	if p.group != uuid.Nil {
		args = append(args, p.group)
		condition += fmt.Sprintf(` AND p.group_id = $%d`, len(args)+1)
	}
	return condition, args
}

func (t *Tx) handOver(ctx context.Context, workspace uuid.UUID, p plannedFor, choice PendingChoice) (int, error) {
	switch choice.Action {
	case DropPending:
		return t.drop(ctx, workspace, p)
	case SpreadPending:
		if err := t.take(ctx, lockPlans, workspace); err != nil {
			return 0, err
		}
		w, err := t.Workspace(ctx, workspace)
		if err != nil {
			return 0, err
		}
		h := handOver{t: t, w: w, plannedFor: p, groups: make(map[uuid.UUID][]*receiver)}
		if err := h.choose(ctx, choice); err != nil {
			return 0, err
		}
		n, err := h.run(ctx)
		if err != nil {
			return 0, fmt.Errorf("spreading what is planned: %w", err)
		}
		return n, t.armSoon(ctx, workspace)
	}
	return 0, nil
}

// drop deletes planned leads.
func (t *Tx) drop(ctx context.Context, workspace uuid.UUID, p plannedFor) (n int, err error) {
	of := p.of
	if of == nil {
		of = []uuid.UUID{uuid.Nil} // anybody
	}
	for _, member := range of {
		deleted, err := t.cancelAll(ctx, workspace, PendingFilter{MemberID: member, GroupID: p.group, trigger: lead.Scheduled})
		if err != nil {
			return n, err
		}
		n += deleted
	}
	return n, nil
}

// handOver is planned leads on their way to others.
type handOver struct {
	t *Tx
	w Workspace
	plannedFor
	// chosen are who get the leads; nil means those of each lead's group, which are read when they are needed.
	chosen []*receiver
	groups map[uuid.UUID][]*receiver
	held   map[holding]int // how many copies and pending leads make that a member has, or is to get, one of the leads at hand
}

// receiver is somebody who can be given leads, and how many they were given.
type receiver struct {
	id            uuid.UUID
	weight, given int
}

// choose reads who was chosen to get the leads. It returns a *FieldError, its field that of the choice, for those who
// cannot.
func (h *handOver) choose(ctx context.Context, choice PendingChoice) (err error) {
	switch {
	case choice.GroupID != uuid.Nil:
		if _, err := h.t.Group(ctx, h.w.ID, choice.GroupID); errors.Is(err, ErrNotFound) {
			return &FieldError{"group_id", "there is no such group in this workspace"}
		} else if err != nil {
			return err
		}
		if h.chosen, err = h.receivers(ctx, choice.GroupID); err == nil && len(h.chosen) == 0 {
			err = &FieldError{"group_id", "nobody else in this group is active; name members or another group"}
		}
	case len(choice.MemberIDs) > 0:
		active, err := h.t.activeMembers(ctx, h.w.ID, nil, choice.MemberIDs)
		if err != nil {
			return err
		}
		for i, id := range choice.MemberIDs {
			if !active[id] || slices.Contains(h.of, id) {
				return &FieldError{fmt.Sprintf("member_ids[%d]", i), "this is not another active member of this workspace"}
			}
			h.chosen = append(h.chosen, &receiver{id: id, weight: 1})
		}
	}
	return err
}

// receivers are the active members of a group's ring but for those whose leads these are; nobody of a deleted group.
func (h *handOver) receivers(ctx context.Context, group uuid.UUID) ([]*receiver, error) {
	if found, known := h.groups[group]; known {
		return found, nil
	}
	var rows []ringRow
	if err := sqlx.SelectContext(ctx, h.t.q, &rows, `
		SELECT `+ringColumns+` FROM groups g JOIN rings r USING (workspace_id, group_id, version)
		WHERE g.workspace_id = $1 AND g.group_id = $2 AND g.deleted_at IS NULL`, h.w.ID, group); err != nil {
		return nil, translate(err)
	}
	var rings []lead.Ring
	for _, r := range rows {
		rings = append(rings, r.ring())
	}
	active, err := h.t.activeMembers(ctx, h.w.ID, rings, nil)
	if err != nil {
		return nil, err
	}
	var all []*receiver
	for _, r := range rings {
		for _, slot := range r.Slots {
			for _, m := range slot {
				i := slices.IndexFunc(all, func(one *receiver) bool { return one.id == m.MemberID })
				switch {
				case !active[m.MemberID] || slices.Contains(h.of, m.MemberID):
				case i >= 0:
					all[i].weight++
				default:
					all = append(all, &receiver{id: m.MemberID, weight: 1})
				}
			}
		}
	}
	h.groups[group] = all
	return all, nil
}
