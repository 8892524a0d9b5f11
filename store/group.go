package store

import (
	"context"
	"fmt"
	"reflect"
	"time"

	"github.com/google/uuid"
	"github.com/jmoiron/sqlx"

	"github.com/leadwheel/leadwheel/internal/lead"
)

// MaxSlots is the largest number of slots that a ring may have.
const MaxSlots = 1000

// A Group is a distribution group: a ring of receivers plus a method.
type Group struct {
	ID uuid.UUID `db:"group_id"`
	Reference
	Name      string               `db:"name"`
	Method    lead.Method          `db:"method"`
	Version   int                  `db:"version"`
	Listed    objects[lead.Listed] `db:"listed"`
	WhenAway  WhenAway             `db:"when_away"`
	OweAtMost int                  `db:"owe_at_most"`
	Overflow  overflowColumn       `db:"overflow"`
	Answer    answerColumn         `db:"answer_within"`
	BalanceBy lead.BalanceBy       `db:"balance_by"`
	CreatedAt time.Time            `db:"created_at"`
	UpdatedAt time.Time            `db:"updated_at"`
}

// A GroupSpec is what an operator says of a group.
type GroupSpec struct {
	Name   string
	Method lead.Method
	Listed []lead.Listed
	GroupPolicy
	// ExternalID and Metadata are left as they are where they are nil.
	ExternalID *string
	Metadata   map[string]string
	// Read is the version at which an edited group was read, nil where that is not known.
	Read *int
}

const groupColumns = `group_id, name, method, version, listed, when_away, owe_at_most, overflow, answer_within,
	coalesce(balance_by, '') AS balance_by, ` + referenceColumns + `, created_at, updated_at`

// Group returns a group, ErrNotFound where there is none or it was deleted.
func (q Queries) Group(ctx context.Context, workspace, group uuid.UUID) (Group, error) {
	var g Group
	err := sqlx.GetContext(ctx, q.q, &g, `
		SELECT `+groupColumns+` FROM groups WHERE workspace_id = $1 AND group_id = $2 AND deleted_at IS NULL`,
		workspace, group)
	return g, translate(err)
}

// Groups lists a page of groups, newest first, or the one that has an external id where that is given.
func (q Queries) Groups(ctx context.Context, workspace uuid.UUID, externalID string, p Page) ([]Group, error) {
	var groups []Group
	l := listOf("groups", "group_id", workspace, p, uuid.Nil, uuid.Nil)
	l.withReference(externalID)
	l.others = append(l.others, "deleted_at IS NULL")
	err := l.read(ctx, q, &groups, "SELECT "+groupColumns+" FROM", "groups", "")
	return groups, translate(err)
}

// CreateGroup makes a group with version 1 of its ring.
func (t *Tx) CreateGroup(ctx context.Context, workspace uuid.UUID, spec GroupSpec) (Group, error) {
	spec.GroupPolicy = spec.or(Group{})
	if err := t.checkSpec(ctx, workspace, spec, nil); err != nil {
		return Group{}, err
	}
	if err := t.checkPolicy(ctx, workspace, uuid.Nil, spec.GroupPolicy); err != nil {
		return Group{}, err
	}
	reference := spec.reference(Reference{})
	if err := reference.checkReference(); err != nil {
		return Group{}, err
	}
	if spec.capped() {
		if err := t.closeGate(ctx, workspace); err != nil {
			return Group{}, err
		}
	}
	id, err := uuid.NewV7()
	if err != nil {
		return Group{}, err
	}
	insert, args := append(append(spec.row(), reference.reference()...), row{
		{"workspace_id", workspace}, {"group_id", id}, {"version", 1}, {"created_at", t.now()}, {"updated_at", t.now()},
	}...).insert("groups")
	if _, err := t.q.ExecContext(ctx, insert, args...); err != nil {
		return Group{}, translate(err)
	}
	if err := t.countReceivers(ctx, workspace, nil, spec.Listed); err != nil {
		return Group{}, err
	}
	if err := t.insertRing(ctx, workspace, id, lead.Ring{Version: 1, Slots: lead.Spread(spec.Listed)}, lanesFrom(*spec.BalanceBy, 1)); err != nil {
		return Group{}, err
	}
	return t.Group(ctx, workspace, id)
}

// reference is what a group that had one is to have.
func (s GroupSpec) reference(had Reference) Reference {
	if s.ExternalID != nil {
		had.ExternalID = *s.ExternalID
	}
	if s.Metadata != nil {
		had.Metadata = s.Metadata
	}
	return had
}

// differs reports whether a spec has other receivers than the group, another method, or other lanes: its ring would be another one.
func (g Group) differs(spec GroupSpec) bool {
	return g.BalanceBy != *spec.BalanceBy || g.Method != spec.Method || !reflect.DeepEqual([]lead.Listed(g.Listed), spec.Listed)
}

// UpdateGroup replaces what the operator says of a group. Where the receivers, the method or the lanes change, the ring gets a new
// version in which whoever was next stays next, see lead.Ring.Succeed; distributions in progress end under the old one first.
func (t *Tx) UpdateGroup(ctx context.Context, workspace, group uuid.UUID, spec GroupSpec) (Group, error) {
	if err := t.closeGate(ctx, workspace); err != nil {
		return Group{}, err
	}
	old, err := t.Group(ctx, workspace, group)
	if err != nil {
		return Group{}, err
	}
	spec.GroupPolicy = spec.or(old)
	if err := t.checkSpec(ctx, workspace, spec, old.Listed); err != nil {
		return Group{}, err
	}
	if err := t.checkPolicy(ctx, workspace, group, spec.GroupPolicy); err != nil {
		return Group{}, err
	}
	reference := spec.reference(old.Reference)
	if err := reference.checkReference(); err != nil {
		return Group{}, err
	}
	version := old.Version
	if old.differs(spec) {
		if version, err = t.succeedRing(ctx, workspace, group, old.Version, ringEdit{slots: lead.Spread(spec.Listed), by: *spec.BalanceBy}); err != nil {
			return Group{}, err
		}
	}
	update, args := append(append(spec.row(), reference.reference()...), row{{"version", version}, {"updated_at", t.after(old.UpdatedAt)}}...).
		update("groups", "workspace_id = $1 AND group_id = $2", workspace, group)
	if _, err := t.q.ExecContext(ctx, update, args...); err != nil {
		return Group{}, translate(err)
	}
	if err := t.countReceivers(ctx, workspace, old.Listed, spec.Listed); err != nil {
		return Group{}, err
	}
	if err := t.forgetDebts(ctx, workspace, group, spec); err != nil {
		return Group{}, err
	}
	if err := t.wakeGroup(ctx, workspace, group); err != nil {
		return Group{}, err
	}
	return t.Group(ctx, workspace, group)
}

// DeleteGroup ends a group. What is still pending for it fails with its reason; its turns and history stay.
func (t *Tx) DeleteGroup(ctx context.Context, workspace, group uuid.UUID) error {
	if err := t.closeGate(ctx, workspace); err != nil {
		return err
	}
	if err := t.wakeGroup(ctx, workspace, group); err != nil {
		return err
	}
	if err := t.hurryOffers(ctx, workspace, `p.group_id = $3`, group); err != nil {
		return err
	}
	result, err := t.q.ExecContext(ctx, `
		UPDATE groups SET deleted_at = $3, updated_at = $3
		WHERE workspace_id = $1 AND group_id = $2 AND deleted_at IS NULL`, workspace, group, t.now())
	return oneRow(result, err)
}

// checkSpec returns a *FieldError where the receivers cannot make a ring. Whoever was removed can be listed only where they
// are already: so a group can be saved as it was read, and they are passed over in it as before.
func (q Queries) checkSpec(ctx context.Context, workspace uuid.UUID, spec GroupSpec, listed []lead.Listed) error {
	if len(spec.Listed) == 0 {
		return &FieldError{"slots", "a group needs at least one slot"}
	}
	present, err := q.PresentMembers(ctx, workspace, spec.Listed)
	if err != nil {
		return err
	}
	for _, id := range members(listed) {
		present[id] = true
	}
	total := 0
	for i, l := range spec.Listed {
		at := fmt.Sprintf("slots[%d]", i)
		if l.Weight < 1 {
			return &FieldError{at + ".weight", "a weight is 1 or more"}
		}
		if total += l.Weight; total > MaxSlots {
			return &FieldError{"slots", fmt.Sprintf("the weights add up to more than %d slots", MaxSlots)}
		}
		if len(l.Members) == 0 {
			return &FieldError{at + ".members", "a slot needs at least one member"}
		}
		if spec.Method == lead.RoundRobin && len(l.Members) > 1 {
			return &FieldError{at + ".members", "a round_robin slot has one member; use round_robin_multiple to give several members a copy each"}
		}
		seen := make(map[uuid.UUID]bool)
		for j, m := range l.Members {
			where := fmt.Sprintf("%s.members[%d].member_id", at, j)
			if !present[m.MemberID] {
				return &FieldError{where, "there is no such member in this workspace, or they were removed"}
			}
			if m.Caps != nil {
				if err := checkCaps(fmt.Sprintf("%s.members[%d].caps", at, j), *m.Caps); err != nil {
					return err
				}
			}
			if seen[m.MemberID] {
				return &FieldError{where, "the member is already in this slot"}
			}
			seen[m.MemberID] = true
		}
	}
	return nil
}

// PresentMembers tells which of the listed members exist and were not removed.
func (q Queries) PresentMembers(ctx context.Context, workspace uuid.UUID, listed ...[]lead.Listed) (map[uuid.UUID]bool, error) {
	var ids []uuid.UUID
	for _, l := range listed {
		ids = append(ids, members(l)...)
	}
	var found []uuid.UUID
	err := sqlx.SelectContext(ctx, q.q, &found, `
		SELECT member_id FROM members
		WHERE workspace_id = $1 AND member_id = ANY($2::uuid[]) AND removed_at IS NULL`, workspace, uuids(ids))
	present := make(map[uuid.UUID]bool, len(found))
	for _, id := range found {
		present[id] = true
	}
	return present, translate(err)
}

// members are the listed members in their order, each once.
func members(listed []lead.Listed) (ids []uuid.UUID) {
	seen := make(map[uuid.UUID]bool)
	for _, l := range listed {
		for _, m := range l.Members {
			if !seen[m.MemberID] {
				seen[m.MemberID] = true
				ids = append(ids, m.MemberID)
			}
		}
	}
	return ids
}
