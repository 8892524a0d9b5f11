package api

import (
	"context"
	"encoding/json"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/google/uuid"

	"github.com/leadwheel/leadwheel/internal/lead"
	"github.com/leadwheel/leadwheel/store"
)

// HistoryEntry is the final outcome of one decision to distribute a lead.
type HistoryEntry struct {
	ID              uuid.UUID    `json:"id" format:"uuid"`
	LeadID          uuid.UUID    `json:"lead_id" format:"uuid"`
	MemberID        *uuid.UUID   `json:"member_id" format:"uuid" nullable:"true"`
	GroupID         *uuid.UUID   `json:"group_id" format:"uuid" nullable:"true"`
	AssignmentID    *uuid.UUID   `json:"assignment_id" format:"uuid" nullable:"true"`
	RetryOf         *uuid.UUID   `json:"retry_of" format:"uuid" nullable:"true" doc:"The failed entry that was retried."`
	Retried         bool         `json:"retried" doc:"Whether this entry failed and was retried."`
	RingVersion     *int         `json:"ring_version"`
	Turn            *int64       `json:"turn"`
	Lane            *LaneTurn    `json:"lane" doc:"The lane of the turn; null where the group had none."`
	MovedFrom       *uuid.UUID   `json:"moved_from" format:"uuid" nullable:"true" doc:"The member for whom it was planned, where someone chose another."`
	Replanned       *time.Time   `json:"replanned_from" doc:"When it was to go out first, where it was planned anew: its member was unavailable, or an outage outlasted that day."`
	Outcome         lead.Outcome `json:"outcome"`
	Reason          *lead.Reason `json:"reason" nullable:"true"`
	Trigger         lead.Trigger `json:"trigger"`
	Pace            *lead.Pace   `json:"pace" nullable:"true" doc:"At which it was planned; null where it was not."`
	RulesVersion    *int         `json:"rules_version" doc:"By which rules the lead was decided on its way in; null where it was by none."`
	Rule            *string      `json:"rule" doc:"The name of the rule that took it; null where none did."`
	Skipped         []Skip       `json:"skipped" doc:"Members who were passed over."`
	Overflowed      []uuid.UUID  `json:"overflowed" format:"uuid" doc:"Groups that could not take it, before it went on to this one."`
	AcceptedAt      time.Time    `json:"accepted_at" doc:"When it was asked for, or brought forward."`
	DueAt           time.Time    `json:"due_at" doc:"For when it was planned."`
	At              time.Time    `json:"at" doc:"When it was done."`
	PendingID       uuid.UUID    `json:"pending_id" format:"uuid" doc:"Its id while it was pending."`
	ActID           *uuid.UUID   `json:"act_id" format:"uuid" nullable:"true" doc:"The entry of the audit log that tells of the request which cancelled it."`
	CancelledBy     *uuid.UUID   `json:"cancelled_by" format:"uuid" nullable:"true" doc:"The API key whose request cancelled it."`
	CancelledByName *string      `json:"cancelled_by_name" doc:"Who cancelled it: a person, a key by its name, or an operator."`
}

func (h HistoryEntry) itemID() uuid.UUID { return h.ID }

// Skip is a member who was passed over, and why.
type Skip struct {
	MemberID uuid.UUID     `json:"member_id" format:"uuid"`
	Reason   lead.Obstacle `json:"reason"`
}

// Retry answers for an entry that is driven again.
type Retry struct {
	ID uuid.UUID `json:"id" format:"uuid" doc:"The entry that failed; what comes of it now has an entry with this as retry_of."`
}

type historyInput struct {
	Paging
	HistoryQuery
}

// HistoryQuery are the filters of history.
type HistoryQuery struct {
	Outcome  lead.Outcome `query:"outcome" doc:"Only what ended so."`
	Reason   lead.Reason  `query:"reason" maxLength:"100" doc:"Only what ended so for this reason."`
	Trigger  lead.Trigger `query:"trigger" doc:"Only what was set off by this."`
	MemberID uuid.UUID    `query:"member_id" format:"uuid" doc:"Only what is about this member."`
	LeadID   uuid.UUID    `query:"lead_id" format:"uuid" doc:"Only what became of this source lead."`
	GroupID  uuid.UUID    `query:"group_id" format:"uuid" doc:"Only what went through this group."`
	Retried  string       `query:"retried" enum:"true,false" doc:"Only what failed and was retried, or only what failed and was not."`
	Assigned uuid.UUID    `query:"assignment_id" format:"uuid" doc:"Only what was asked for by this assignment."`
	ActID    uuid.UUID    `query:"act_id" format:"uuid" doc:"Only what was cancelled by the request of which this entry of the audit log tells."`
	From     time.Time    `query:"from" doc:"Inclusive."`
	To       time.Time    `query:"to" doc:"Exclusive."`
}

var historyColumns = []column[HistoryEntry]{
	{"id", func(h HistoryEntry) string { return h.ID.String() }},
	{"at", func(h HistoryEntry) string { return cellOfTime(h.At) }},
	{"lead_id", func(h HistoryEntry) string { return h.LeadID.String() }},
	{"member_id", func(h HistoryEntry) string { return cellOfID(h.MemberID) }},
	{"group_id", func(h HistoryEntry) string { return cellOfID(h.GroupID) }},
	{"assignment_id", func(h HistoryEntry) string { return cellOfID(h.AssignmentID) }},
	{"turn", func(h HistoryEntry) string { return cellOfTurn(h.Turn) }},
	{"outcome", func(h HistoryEntry) string { return string(h.Outcome) }},
	{"reason", func(h HistoryEntry) string { return cellOfText(h.Reason) }},
	{"trigger", func(h HistoryEntry) string { return string(h.Trigger) }},
	{"skipped", func(h HistoryEntry) string { return cellOfSkipped(h.Skipped) }},
	{"retry_of", func(h HistoryEntry) string { return cellOfID(h.RetryOf) }},
	{"due_at", func(h HistoryEntry) string { return cellOfTime(h.DueAt) }},
	{"moved_from", func(h HistoryEntry) string { return cellOfID(h.MovedFrom) }},
	{"replanned_from", func(h HistoryEntry) string { return cellOfMoment(h.Replanned) }},
	{"accepted_at", func(h HistoryEntry) string { return cellOfTime(h.AcceptedAt) }},
	{"pace", func(h HistoryEntry) string { return cellOfText(h.Pace) }},
	{"pending_id", func(h HistoryEntry) string { return h.PendingID.String() }},
	{"act_id", func(h HistoryEntry) string { return cellOfID(h.ActID) }},
	{"cancelled_by", func(h HistoryEntry) string { return cellOfID(h.CancelledBy) }},
	{"rules_version", func(h HistoryEntry) string { return cellOfVersion(h.RulesVersion) }},
	{"rule", func(h HistoryEntry) string { return cellOfText(h.Rule) }},
	{"lane", func(h HistoryEntry) string { return cellOfLane(h.Lane) }},
}

func (a *API) registerHistory() {
	registerList(a, huma.Operation{
		OperationID: "list-history", Path: "/v1/history", Summary: "List what became of distributions",
	}, historyColumns, a.listHistory)
	register(a, huma.Operation{
		OperationID: "count-history", Method: http.MethodGet, Path: "/v1/history/count",
		Summary: "Count the failed distributions that match and were not tried again", Errors: []int{http.StatusUnprocessableEntity},
	}, bounded(a, a.countHistory))
	register(a, huma.Operation{
		OperationID: "retry-history", Method: http.MethodPost, Path: "/v1/history/{id}/retry",
		Summary: "Drive a failed distribution again", DefaultStatus: http.StatusAccepted, Errors: []int{http.StatusConflict},
	}, a.retryHistory)
	register(a, huma.Operation{
		OperationID: "retry-histories", Method: http.MethodPost, Path: "/v1/history/retry",
		Summary: "Drive many failed distributions again", DefaultStatus: http.StatusAccepted, Errors: []int{http.StatusConflict},
	}, a.retryHistories)
}

// SelectedHistory says which failed distributions are meant.
type SelectedHistory struct {
	IDs    []uuid.UUID   `json:"ids,omitempty" format:"uuid" maxItems:"100000" doc:"The entries with these ids. Either this or filter."`
	Filter *HistoryMatch `json:"filter,omitempty" doc:"All that match, failed and were not tried again yet, up to 100,000."`
}

// Retries is how many distributions are driven again.
type Retries struct {
	Count int `json:"count" doc:"How many had failed and were not tried again yet."`
}

func (a *API) retryHistories(ctx context.Context, c *call, in *struct{ Body SelectedHistory }) (*posted[Retries], error) {
	s := store.HistorySelection{IDs: in.Body.IDs}
	switch f := in.Body.Filter; {
	case (s.IDs != nil) == (f != nil):
		return nil, &store.FieldError{Field: "ids", Message: "give either ids or filter"}
	case f != nil && f.Reason != "" && !slices.Contains(lead.Reasons(), f.Reason):
		return nil, &store.FieldError{Field: "filter.reason", Message: "this is not one of the reasons; see the entries of history that failed"}
	case f != nil:
		s.Filter, s.Matched = f.toStore(), f.Matched.Matched
	}
	return once(ctx, a, c, func(tx *store.Tx) (effect[Retries], error) {
		retried, err := tx.RetryMany(ctx, c.Workspace, s)
		count := len(retried)
		return effect[Retries]{status: http.StatusAccepted, body: Retries{count}, count: &count, ids: retried}, err
	})
}

func (a *API) listHistory(ctx context.Context, c *call, in *historyInput, p store.Page) ([]HistoryEntry, error) {
	f, err := in.toStore()
	if err != nil {
		return nil, err
	}
	all, err := a.Store.History(ctx, c.Workspace, f, p)
	return each(all, historyBody), err
}

func (q HistoryQuery) toStore() (f store.HistoryFilter, err error) {
	if q.Reason != "" && !slices.Contains(lead.Reasons(), q.Reason) {
		return f, badQuery("query.reason", "this is not one of the reasons; see the entries of history that failed")
	}
	return store.HistoryFilter{
		Outcome: q.Outcome, Reason: q.Reason, Trigger: q.Trigger, MemberID: q.MemberID, LeadID: q.LeadID, GroupID: q.GroupID,
		AssignmentID: q.Assigned, ActID: q.ActID, From: q.From, To: q.To, Retried: boolOrNil(q.Retried),
	}, nil
}

// HistoryCount is how many distributions match that failed and were not tried again.
type HistoryCount struct {
	Count   int         `json:"count" doc:"How many match, up to 100,000: what filter.matched takes."`
	More    bool        `json:"more" doc:"Whether more match than that."`
	Reasons []FailedFor `json:"reasons" doc:"Those that match, by why they failed."`
}

func (a *API) countHistory(ctx context.Context, c *call, in *struct{ HistoryQuery }) (*struct{ Body HistoryCount }, error) {
	f, err := in.toStore()
	if err != nil {
		return nil, err
	}
	counts, err := a.Store.Failures(ctx, c.Workspace, f)
	body := HistoryCount{Reasons: []FailedFor{}}
	for _, reason := range slices.Sorted(maps.Keys(counts)) {
		body.Count += counts[reason]
		body.Reasons = append(body.Reasons, FailedFor{reason, counts[reason], counts[reason]})
	}
	body.More, body.Count = body.Count > store.MaxSelected, min(body.Count, store.MaxSelected)
	return &struct{ Body HistoryCount }{body}, err
}

func (a *API) retryHistory(ctx context.Context, c *call, in *itemInput) (*posted[Retry], error) {
	return once(ctx, a, c, func(tx *store.Tx) (effect[Retry], error) {
		err := tx.RetryHistory(ctx, c.Workspace, in.ID)
		return effect[Retry]{status: http.StatusAccepted, body: Retry{in.ID}}, err
	})
}

func historyBody(h store.HistoryEntry) HistoryEntry {
	return HistoryEntry{
		ID: h.ID, LeadID: h.LeadID, MemberID: h.MemberID, GroupID: h.GroupID, AssignmentID: h.AssignmentID,
		RetryOf: h.RetryOf, Retried: h.Retried, RingVersion: h.RingVersion, Turn: h.Turn, Lane: laneTurnBody(h.Lane),
		MovedFrom: h.MovedFrom, Replanned: h.ReplannedFrom, Outcome: h.Outcome,
		Reason: textOrNull(h.Reason), Trigger: h.Trigger, Pace: textOrNull(h.Pace),
		AcceptedAt: h.AcceptedAt, DueAt: h.DueAt, At: h.At, PendingID: h.PendingID, ActID: h.ActID, CancelledBy: h.CancelledBy,
		CancelledByName: textOrNull(h.CancelledByName), RulesVersion: positiveOrNull(h.RulesVersion), Rule: textOrNull(h.Rule),
		Skipped:    each(h.Skipped, func(s lead.Skip) Skip { return Skip(s) }),
		Overflowed: append([]uuid.UUID{}, h.Overflowed...),
	}
}

func cellOfMoment(at *time.Time) string {
	if at == nil {
		return ""
	}
	return cellOfTime(*at)
}

// positiveOrNull is a number that counts from 1, null for 0.
func positiveOrNull(n int) *int {
	if n == 0 {
		return nil
	}
	return &n
}

func cellOfVersion(version *int) string {
	if version == nil {
		return ""
	}
	return strconv.Itoa(*version)
}

func cellOfTurn(turn *int64) string {
	if turn == nil {
		return ""
	}
	return strconv.FormatInt(*turn, 10)
}

func cellOfSkipped(skipped []Skip) string {
	if len(skipped) == 0 {
		return ""
	}
	text, _ := json.Marshal(skipped) // ids and words always marshal
	return string(text)
}
