package store

import (
	"context"
	"errors"
	"fmt"

	"github.com/google/uuid"
	"github.com/jmoiron/sqlx"

	"github.com/leadwheel/leadwheel/internal/lead"
	"github.com/leadwheel/leadwheel/internal/route"
)

// RetryHistory decides anew a distribution that failed, for the group or member it was meant for. Each failure can be
// driven again once; what comes of it is a history row of its own. A row that succeeded, or was driven again already,
// is a *Violation.
func (t *Tx) RetryHistory(ctx context.Context, workspace, history uuid.UUID) error {
	var row struct {
		failure
		Outcome lead.Outcome `db:"outcome"`
	}
	if err := sqlx.GetContext(ctx, t.q, &row, `
		SELECT `+failureColumns+`, h.outcome
		FROM history h `+failureLead+`
		WHERE h.workspace_id = $1 AND h.history_id = $2`,
		workspace, history); err != nil {
		return translate(err)
	}
	if row.Outcome != lead.Failed {
		return &Violation{Field: "id", Message: "this distribution succeeded; only failed ones can be retried", Exists: true}
	}
	result, err := t.q.ExecContext(ctx, `
		INSERT INTO history_retries (workspace_id, history_id, created_at) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING`,
		workspace, history, t.now())
	if err := oneRow(result, err); err != nil {
		if errors.Is(err, ErrNotFound) {
			return &Violation{Field: "id", Message: "this distribution was retried already; look for its later outcome", Exists: true}
		}
		return err
	}
	return t.retry(ctx, workspace, lead.QueueFresh, []failure{row.failure})
}

// failure is a distribution that failed and is to be decided anew.
type failure struct {
	ID     uuid.UUID     `db:"history_id"`
	Lead   uuid.UUID     `db:"lead_id"`
	Member uuid.NullUUID `db:"member_id"`
	Group  uuid.NullUUID `db:"group_id"`
	// ByRule is set where the rules chose the group, or none: they are asked again where that led nowhere.
	ByRule bool `db:"by_rule"`
	// SameAs is the earlier lead of the same person, where it failed on its way in rather than being assigned.
	SameAs uuid.NullUUID `db:"same_as"`
}

// A failure's columns, and what they are read from beside its history h.
const (
	failureColumns = `h.history_id, h.lead_id, h.member_id, h.group_id, CASE WHEN h.assignment_id IS NULL THEN l.duplicate_of END AS same_as,
		h.group_id IS NULL AND h.member_id IS NULL
			OR h.reason = 'group_deleted' AND h.assignment_id IS NULL AND coalesce(l.rule, '') <> '' AS by_rule`
	failureLead = `LEFT JOIN leads l ON l.workspace_id = h.workspace_id AND l.lead_id = h.lead_id`
)

func (t *Tx) retry(ctx context.Context, workspace uuid.UUID, queue lead.Queue, all []failure) error {
	w, err := t.Workspace(ctx, workspace)
	if err != nil {
		return err
	}
	if !w.LeadsDistribution {
		return lead.FeatureDisabled
	}
	var unrouted []uuid.UUID
	for _, f := range all {
		if f.ByRule {
			unrouted = append(unrouted, f.Lead)
		}
	}
	verdicts, err := t.reroute(ctx, w, unrouted)
	if err != nil {
		return err
	}
	var again []pendingLead
	for _, f := range all {
		p := f.again(verdicts)
		if p.none() {
			continue // a rule has it that nobody gets the lead, which is no failure
		}
		if p.group != uuid.Nil && w.Policy == SameMember {
			p.sameAs = f.SameAs.UUID
		}
		again = append(again, p)
	}
	return t.addPending(ctx, workspace, queue, again)
}

// again is the decision by which a failure is driven again, for nobody where a rule has it so.
func (f failure) again(verdicts map[uuid.UUID]route.Verdict) pendingLead {
	p := pendingLead{lead: f.Lead, group: f.Group.UUID, retryOf: f.ID}
	v, asked := verdicts[f.Lead]
	switch {
	case f.ByRule && asked && !v.Decided():
		p.group, p.refused = uuid.Nil, lead.NoRule
	case f.ByRule && asked:
		p.group = v.GroupID
	case !f.Group.Valid:
		p.member = f.Member.UUID
	}
	return p
}

// A HistorySelection says which failed distributions are meant: those with the IDs or, where there is a Filter, all that match
// it and were not driven again yet, which are said to be Matched many.
type HistorySelection struct {
	IDs     []uuid.UUID
	Filter  *HistoryFilter
	Matched int
}

// RetryMany decides failed distributions anew, the oldest first, and returns which: of those named, the ones that failed
// and were not driven again yet. It returns a *MatchedError where another number matches than is said, and a *FieldError for
// more than MaxSelected.
func (t *Tx) RetryMany(ctx context.Context, workspace uuid.UUID, s HistorySelection) ([]uuid.UUID, error) {
	ids := s.IDs
	if s.Filter != nil {
		f, open := *s.Filter, false
		f.Outcome, f.Retried = lead.Failed, &open
		if err := historyList(workspace, f, Page{Limit: MaxSelected + 1}).read(ctx, t.Queries, &ids, "SELECT history_id FROM", "h", ""); err != nil {
			return nil, err
		}
		if len(ids) > MaxSelected {
			return nil, &FieldError{"filter", fmt.Sprintf("more than %d match, which is the most that one request takes; narrow it, as by when they failed", MaxSelected)}
		}
		if err := matched(len(ids), &s.Matched); err != nil {
			return nil, err
		}
	}
	var all []failure
	if err := sqlx.SelectContext(ctx, t.q, &all, `
		WITH r AS (
			INSERT INTO history_retries (workspace_id, history_id, created_at)
			SELECT workspace_id, history_id, $3 FROM history
			WHERE workspace_id = $1 AND history_id = ANY($2::uuid[]) AND outcome = 'failed' ORDER BY history_id
			ON CONFLICT DO NOTHING RETURNING history_id
		)
		SELECT `+failureColumns+` FROM r JOIN history h USING (history_id) `+failureLead+` WHERE h.workspace_id = $1
		ORDER BY h.history_id`, workspace, uuids(ids), t.now()); err != nil {
		return nil, fmt.Errorf("noting what is tried again: %w", translate(err))
	}
	if s.Filter != nil { // somebody else may have driven some of them again meanwhile
		if err := matched(len(all), &s.Matched); err != nil {
			return nil, err
		}
	}
	err := t.retry(ctx, workspace, lead.QueueBulk, all)
	retried := make([]uuid.UUID, len(all))
	for i, f := range all {
		retried[i] = f.ID
	}
	return retried, err
}
