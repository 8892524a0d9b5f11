package api

import (
	"context"
	"fmt"
	"net/http"
	"time"

	"github.com/google/uuid"

	"github.com/leadwheel/leadwheel/store"
)

// MemberPending is what a member has pending on schedule.
type MemberPending struct {
	Count     int        `json:"count" doc:"How many planned leads wait for this member. Those of a member who is not active fail with member_inactive when they are due."`
	NextDueAt *time.Time `json:"next_due_at" doc:"When the soonest of them is due."`
	Spread    int        `json:"spread,omitempty" doc:"How many this request gave to others."`
	Deleted   int        `json:"deleted,omitempty" doc:"How many this request deleted."`
}

// PendingChoice says what becomes of the planned leads of a member.
type PendingChoice struct {
	Action    store.PendingAction `json:"action" doc:"leave: they fail when they are due, unless the member is active again. spread: others get them, at the same pace and in the same order. delete: they are deleted, and the source leads stay."`
	GroupID   uuid.UUID           `json:"group_id,omitempty" format:"uuid" doc:"For spread: the active members of this group. With neither this nor member_ids, those of the group by which each lead was dealt."`
	MemberIDs []uuid.UUID         `json:"member_ids,omitempty" format:"uuid" maxItems:"1000" doc:"For spread: these active members."`
}

// toStore returns a *store.FieldError where the choice does not say exactly what and to whom.
func (p PendingChoice) toStore() (store.PendingChoice, error) {
	switch i := repeated(p.MemberIDs); {
	case p.Action != store.SpreadPending && p.GroupID != uuid.Nil:
		return store.PendingChoice{}, &store.FieldError{Field: "group_id", Message: "only the action spread takes this"}
	case p.Action != store.SpreadPending && len(p.MemberIDs) > 0:
		return store.PendingChoice{}, &store.FieldError{Field: "member_ids", Message: "only the action spread takes this"}
	case p.GroupID != uuid.Nil && len(p.MemberIDs) > 0:
		return store.PendingChoice{}, &store.FieldError{Field: "group_id", Message: "give either group_id or member_ids"}
	case i >= 0:
		return store.PendingChoice{}, &store.FieldError{Field: "member_ids", Message: "a member is listed twice; list each once"}
	}
	return store.PendingChoice(p), nil
}

// queryChoice reads a choice from the parameters of a request.
func queryChoice(action store.PendingAction, group uuid.UUID, members []string) (store.PendingChoice, error) {
	choice := PendingChoice{action, group, make([]uuid.UUID, len(members))}
	for i, text := range members {
		id, err := uuid.Parse(text)
		if err != nil {
			return store.PendingChoice{}, badQuery(fmt.Sprintf("query.member_ids[%d]", i), "this is not the id of a member")
		}
		choice.MemberIDs[i] = id
	}
	made, err := choice.toStore()
	return made, inQuery(err)
}

// handOver does with a member's planned leads what was chosen, by one of the store's ways, and tells what is left.
func handOver(ctx context.Context, tx *store.Tx, workspace, member uuid.UUID, choice store.PendingChoice,
	do func(context.Context, uuid.UUID, uuid.UUID, store.PendingChoice) (int, error),
) (MemberPending, error) {
	n, err := do(ctx, workspace, member, choice)
	if err != nil {
		return MemberPending{}, err
	}
	left, err := memberPending(ctx, tx.Queries, workspace, member)
	switch choice.Action {
	case store.SpreadPending:
		left.Spread = n
	case store.DropPending:
		left.Deleted = n
	}
	return left, err
}

// postMemberPending does with what is planned for a member, who stays as they are, what the admin chooses.
func (a *API) postMemberPending(ctx context.Context, c *call, in *struct {
	ItemID
	Body PendingChoice
}) (*posted[MemberPending], error) {
	choice, err := in.Body.toStore()
	if err != nil {
		return nil, err
	}
	return once(ctx, a, c, func(tx *store.Tx) (effect[MemberPending], error) {
		pending, err := handOver(ctx, tx, c.Workspace, in.ID, choice, tx.HandOverActive)
		moved := pending.Spread + pending.Deleted
		return effect[MemberPending]{status: http.StatusOK, body: pending, count: &moved}, err
	})
}

func memberPending(ctx context.Context, q store.Queries, workspace, member uuid.UUID) (MemberPending, error) {
	p, err := q.MemberPending(ctx, workspace, member)
	return MemberPending{Count: p.Count, NextDueAt: p.NextDueAt}, err
}
