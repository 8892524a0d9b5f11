package store

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/jmoiron/sqlx"

	"github.com/leadwheel/leadwheel/internal/contact"
	"github.com/leadwheel/leadwheel/internal/route"
)

// A RulesTrial is rules, nil for those that are saved, and leads to ask them about: some that are here, and one that is made up.
type RulesTrial struct {
	Rules   *[]route.Rule
	LeadIDs []uuid.UUID
	Lead    *TrialLead
}

// A TrialLead is a lead that is made up; its texts may be empty, and ReceivedAt nil for now.
type TrialLead struct {
	Source, Channel, Integration, Email, Phone string
	Fields                                     json.RawMessage
	Attribution                                map[string]string
	Test                                       bool
	ReceivedAt                                 *time.Time
}

// A Verdict is what rules say of a lead, nil for the one that is made up.
type Verdict struct {
	LeadID uuid.UUID
	route.Verdict
}

// TryRules asks rules about leads, without effect. It returns the version of the rules, 0 where they are not saved, and a
// *RulesError for what is wrong with them. Leads that were deleted are left out.
func (q Queries) TryRules(ctx context.Context, workspace uuid.UUID, trial RulesTrial) (version int, said []Verdict, err error) {
	w, err := q.Workspace(ctx, workspace)
	if err != nil {
		return 0, nil, err
	}
	r, err := q.router(ctx, w)
	if err != nil {
		return 0, nil, err
	}
	if trial.Rules != nil {
		if r.list, err = q.CheckRules(ctx, workspace, *trial.Rules); err != nil {
			return 0, nil, err
		}
		for _, group := range r.list.Groups() {
			r.live[group] = true
		}
	}
	if err := q.checkLeads(ctx, workspace, trial.LeadIDs); err != nil {
		return 0, nil, err
	}
	var leads []Lead
	if err := sqlx.SelectContext(ctx, q.q, &leads, `
		SELECT `+leadColumnList+` FROM leads WHERE workspace_id = $1 AND lead_id = ANY($2::uuid[]) AND deleted_at IS NULL
		ORDER BY array_position($2::uuid[], lead_id)`, workspace, uuids(trial.LeadIDs)); err != nil {
		return 0, nil, fmt.Errorf("reading %d leads for the rules: %w", len(trial.LeadIDs), translate(err))
	}
	of := make([]route.Lead, len(leads))
	for i, l := range leads {
		of[i] = l.asked()
	}
	verdicts, err := r.decide(ctx, q, of)
	if err != nil {
		return 0, nil, err
	}
	for i, v := range verdicts {
		said = append(said, Verdict{leads[i].ID, v})
	}
	if trial.Lead != nil {
		said = append(said, Verdict{Verdict: r.ask(trial.Lead.asked(w, q.now()))})
	}
	return r.list.Version, said, nil
}

// asked is a lead that is here as rules see it, without the names of its source and its integration.
func (l Lead) asked() route.Lead {
	attribution, _ := json.Marshal(l.Attribution)
	return route.Lead{
		Channel: l.Channel, Email: l.Email, PhoneE164: l.PhoneE164, Fields: l.Fields, Attribution: attribution, Test: l.Test,
		Received: l.CreatedAt, SourceID: idTextOrNone(l.SourceID), IntegrationID: idTextOrNone(l.IntegrationID),
	}
}

// asked is a lead that is made up as rules see it.
func (l TrialLead) asked(w Workspace, now time.Time) route.Lead {
	attribution, _ := json.Marshal(l.Attribution)
	if l.ReceivedAt != nil {
		now = *l.ReceivedAt
	}
	return route.Lead{
		Source: l.Source, Channel: l.Channel, Integration: l.Integration, Email: l.Email, PhoneE164: contact.Phone(l.Phone, w.Region),
		Fields: l.Fields, Attribution: attribution, Test: l.Test, Received: now,
	}
}
