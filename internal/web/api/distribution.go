package api

import (
	"context"
	"fmt"
	"net/http"
	"time"

	"github.com/google/uuid"

	"github.com/leadwheel/leadwheel/internal/lead"
	"github.com/leadwheel/leadwheel/internal/web/problem"
	"github.com/leadwheel/leadwheel/store"
)

// maxDecisions bounds what one request decides: leads times receivers. It is one transaction.
const maxDecisions = 1_000_000

// Distribution says who gets leads, the next receiver of a group or each of some members, and when: now, where it has
// neither pace nor at.
type Distribution struct {
	GroupID   *uuid.UUID  `json:"group_id,omitempty" format:"uuid" doc:"One turn a lead. Either this, or member_ids, or route."`
	Route     bool        `json:"route,omitempty" doc:"The workspace's rules say which group it is, when the lead is stored. Not for leads that are here already."`
	MemberIDs []uuid.UUID `json:"member_ids,omitempty" format:"uuid" maxItems:"1000" doc:"Each gets a copy of each lead."`
	Pace      lead.Pace   `json:"pace,omitempty" doc:"Spreads the leads over days: 4-6, 5-7 or 8-12 a day for each member, within the distribution hours."`
	At        *time.Time  `json:"at,omitempty" doc:"When all of them go out, within a year. Either this, or pace, or neither for now."`
}

// toStore returns a *store.FieldError, its field below at, where the distribution does not say exactly who and when.
func (a *API) toStore(d Distribution, at string) (store.Distribution, error) {
	switch {
	case d.Route && (d.GroupID != nil || len(d.MemberIDs) > 0):
		return store.Distribution{}, &store.FieldError{Field: at + "route", Message: "give either route, or group_id, or member_ids"}
	case !d.Route && (d.GroupID != nil) == (len(d.MemberIDs) > 0):
		return store.Distribution{}, &store.FieldError{Field: at + "group_id", Message: "give either group_id or member_ids, or have the rules say it by route"}
	}
	if d.GroupID != nil && *d.GroupID == uuid.Nil { // which the store takes for none
		return store.Distribution{}, &store.FieldError{Field: at + "group_id", Message: "there is no such group in this workspace"}
	}
	if i := repeated(d.MemberIDs); i >= 0 {
		return store.Distribution{}, &store.FieldError{
			Field: fmt.Sprintf("%smember_ids[%d]", at, i), Message: "this member is listed before; list each once",
		}
	}
	made := store.Distribution{GroupID: idOrNil(d.GroupID), MemberIDs: d.MemberIDs, Route: d.Route, Pace: d.Pace}
	switch {
	case d.At == nil:
		return made, nil
	case d.Pace != "":
		return made, &store.FieldError{Field: at + "at", Message: "give either pace or at"}
	}
	made.At = *d.At
	return made, a.Store.CheckDue(at+"at", made.At)
}

// mayDistribute returns lead.FeatureDisabled where the workspace has switched off what the distribution needs.
func (c *call) mayDistribute(d store.Distribution) error {
	if !c.LeadsDistribution || d.Scheduled() && !c.ScheduledDistribution {
		return lead.FeatureDisabled
	}
	return nil
}

// distribution is to whom the call's new leads go: those it names, or the group to which its key is bound. It checks
// that the caller may name them, and that they are there. A default that cannot be followed is a warning.
func (a *API) distribution(ctx context.Context, c *call, named *Distribution) (d store.Distribution, warning string, err error) {
	switch {
	case named == nil && c.GroupID == nil:
		return d, "", nil
	case named == nil && !c.LeadsDistribution:
		return d, "not distributed: " + lead.FeatureDisabled.Text(), nil
	case named == nil:
		return store.Distribution{GroupID: *c.GroupID}, "", nil
	case c.GroupID != nil && (named.Route || len(named.MemberIDs) > 0 || named.GroupID != nil && *named.GroupID != *c.GroupID):
		return d, "", problem.New(http.StatusForbidden, "this API key is bound to a distribution group; leave distribute out",
			problem.Field{Location: "body.distribute", Message: "this is not the key's group"})
	}
	if d, err = a.toStore(*named, "distribute."); err != nil {
		return d, "", err
	}
	if err := c.mayDistribute(d); err != nil {
		return d, "", err
	}
	return d, "", store.Under("distribute.", a.Store.CheckDistribution(ctx, c.Workspace, d))
}

// repeated is the place of the first id that is in ids before, or -1.
func repeated(ids []uuid.UUID) int {
	seen := make(map[uuid.UUID]bool, len(ids))
	for i, id := range ids {
		if seen[id] {
			return i
		}
		seen[id] = true
	}
	return -1
}

// checkDecisions returns a *store.FieldError where a request would decide too much at once.
func checkDecisions(leads int, d store.Distribution) error {
	if n := leads * d.Decisions(); n > maxDecisions {
		return &store.FieldError{Field: "member_ids", Message: fmt.Sprintf(
			"this makes %d assigned leads, and one request makes %d at the most; send it in parts", n, maxDecisions)}
	}
	return nil
}
