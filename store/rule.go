package store

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/jmoiron/sqlx"

	"github.com/leadwheel/leadwheel/internal/route"
)

// Rules are a workspace's at one version: version 0 is none, which were never saved.
type Rules struct {
	Version int                 `db:"version"`
	Rules   objects[route.Rule] `db:"rules"`
	SavedAt *time.Time          `db:"saved_at"`
}

// A RulesError is why rules cannot be saved: all that is wrong with them, in their order.
type RulesError struct{ Faults []route.Fault }

func (e *RulesError) Error() string {
	all := make([]string, len(e.Faults))
	for i, f := range e.Faults {
		all[i] = f.Error()
	}
	return strings.Join(all, "; ")
}

// A VersionError is why something was not saved that was read before somebody else saved theirs.
type VersionError struct {
	// Of is what was read, as sentences have it.
	Of string
	// Version is the one that it has now.
	Version int
}

func (e *VersionError) Error() string {
	return fmt.Sprintf("somebody else saved %s meanwhile, as version %d; read this again and decide anew", e.Of, e.Version)
}

// Rules returns a workspace's rules as they are now.
func (q Queries) Rules(ctx context.Context, workspace uuid.UUID) (Rules, error) {
	return q.readRules(ctx, workspace, 0)
}

// RulesOf returns a workspace's rules as they were at a version, ErrNotFound where there is none.
func (q Queries) RulesOf(ctx context.Context, workspace uuid.UUID, version int) (Rules, error) {
	r, err := q.readRules(ctx, workspace, version)
	if err == nil && r.Version != version {
		err = ErrNotFound
	}
	return r, err
}

// readRules reads rules at a version, 0 for the newest one.
func (q Queries) readRules(ctx context.Context, workspace uuid.UUID, version int) (r Rules, err error) {
	err = translate(sqlx.GetContext(often(ctx), q.q, &r, `
		SELECT version, rules, saved_at FROM rules WHERE workspace_id = $1 AND ($2 = 0 OR version = $2)
		ORDER BY version DESC LIMIT 1`, workspace, version))
	if errors.Is(err, ErrNotFound) {
		return Rules{}, nil
	}
	return r, err
}

// CheckRules compiles rules that are not saved, and checks that their groups are there. It returns a *RulesError for what is wrong.
func (q Queries) CheckRules(ctx context.Context, workspace uuid.UUID, rules []route.Rule) (*route.List, error) {
	rules = route.Normal(rules)
	list, faults := route.Compile(0, rules)
	ids := groupsOf(rules)
	there := make(map[uuid.UUID]bool, len(ids))
	if len(ids) > 0 {
		var rows []struct {
			ID      uuid.UUID `db:"group_id"`
			Deleted bool      `db:"deleted"`
		}
		if err := sqlx.SelectContext(ctx, q.q, &rows, `
			SELECT group_id, deleted_at IS NOT NULL AS deleted FROM groups WHERE workspace_id = $1 AND group_id = ANY($2::uuid[])`,
			workspace, uuids(ids)); err != nil {
			return nil, fmt.Errorf("looking for the groups of rules: %w", translate(err))
		}
		for _, g := range rows {
			there[g.ID] = !g.Deleted
		}
	}
	for i, r := range rules {
		live, known := there[r.GroupID]
		switch {
		case r.GroupID == uuid.Nil || live:
		case !known:
			faults = append(faults, route.Fault{Rule: i, Field: "then.group_id", Message: "there is no such group in this workspace"})
		case r.Enabled:
			faults = append(faults, route.Fault{Rule: i, Field: "then.group_id", Message: "this group was deleted; choose another, or switch the rule off"})
		}
	}
	if len(faults) > 0 {
		slices.SortStableFunc(faults, func(a, b route.Fault) int { return a.Rule - b.Rule })
		return nil, &RulesError{faults}
	}
	return list, nil
}

// SaveRules puts rules in the place of those that were read at a version, and returns them at the next one. Nil is whatever version
// they have, which takes a Precondition. Rules that are as they were keep their version, and changed is unset. It returns a *VersionError where they have another
// version by now, and a *RulesError for what is wrong with them.
func (t *Tx) SaveRules(ctx context.Context, workspace uuid.UUID, read *int, rules []route.Rule) (saved Rules, changed bool, err error) {
	if err := t.holdItem(ctx, workspace, ItemRules, workspace); err != nil {
		return Rules{}, false, err
	}
	now, err := t.Rules(ctx, workspace)
	if err != nil {
		return Rules{}, false, err
	}
	if read == nil && preconditionOf(ctx) == nil {
		return Rules{}, false, &FieldError{"version", "give the version at which the rules were read, or If-Match, so that nobody's changes are lost"}
	}
	if read != nil && *read != now.Version {
		return Rules{}, false, &VersionError{"the rules", now.Version}
	}
	rules = route.Normal(rules)
	if _, err := t.CheckRules(ctx, workspace, rules); err != nil {
		return Rules{}, false, err
	}
	if slices.Equal(rules, now.Rules) {
		return now, false, nil
	}
	at := t.now()
	insert, args := row{
		{"workspace_id", workspace}, {"version", now.Version + 1}, {"rules", asJSON(rules)}, {"groups", uuids(groupsOf(rules))}, {"saved_at", at},
	}.insert("rules")
	if _, err := t.q.ExecContext(ctx, insert, args...); err != nil {
		return Rules{}, false, fmt.Errorf("saving %d rules: %w", len(rules), translate(err))
	}
	return Rules{Version: now.Version + 1, Rules: rules, SavedAt: &at}, true, nil
}

func groupsOf(rules []route.Rule) []uuid.UUID {
	ids := []uuid.UUID{}
	for _, r := range rules {
		if r.GroupID != uuid.Nil && !slices.Contains(ids, r.GroupID) {
			ids = append(ids, r.GroupID)
		}
	}
	return ids
}
