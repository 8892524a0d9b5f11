package api

import (
	"context"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/google/uuid"

	"github.com/leadwheel/leadwheel/internal/lead"
	"github.com/leadwheel/leadwheel/internal/simulation"
	"github.com/leadwheel/leadwheel/store"
)

// NewSimulation says which leads to replay, and through what.
type NewSimulation struct {
	From    *time.Time    `json:"from,omitempty" doc:"Leads that came in from then on, inclusive. With to; at most 100,000 leads."`
	To      *time.Time    `json:"to,omitempty" doc:"Exclusive."`
	Last    *int          `json:"last,omitempty" doc:"The last so many leads that came in, 1 to 100,000, instead of from and to."`
	Groups  []GroupTrial  `json:"groups,omitempty" maxItems:"100" doc:"Groups as they might be, each as for saving it. Others are as they are."`
	Rules   []Rule        `json:"rules,omitempty" maxItems:"500" doc:"All rules as they might be; those that are saved unless given."`
	Members []MemberTrial `json:"members,omitempty" maxItems:"1000" doc:"Members as they might be. What is left out of one is as it is."`
}

// GroupTrial is a group as it might be.
type GroupTrial struct {
	ID uuid.UUID `json:"id" format:"uuid"`
	GroupSpec
}

// MemberTrial is when a member might take leads.
type MemberTrial struct {
	ID           uuid.UUID           `json:"id" format:"uuid"`
	WorkingHours Patch[WorkingHours] `json:"working_hours,omitempty" doc:"Null: always."`
	Caps         Patch[Caps]         `json:"caps,omitempty" doc:"Null: none."`
	Absences     *[]AbsenceTrial     `json:"absences,omitempty" maxItems:"200" doc:"All that they would have, instead of those that they have."`
}

// AbsenceTrial is time in which a member would take no leads.
type AbsenceTrial struct {
	From string `json:"from" maxLength:"40" doc:"An instant, or a date by the member's clock."`
	To   string `json:"to" maxLength:"40" doc:"An instant, not included, or the last date, included."`
}

// Simulation is what leads would have come to.
type Simulation struct {
	ID    uuid.UUID `json:"id" format:"uuid"`
	State string    `json:"state" enum:"running,done,failed" doc:"While it is running, and where it failed, all numbers are 0."`
	Error *string   `json:"error" doc:"Why it failed."`
	From  time.Time `json:"from" doc:"Since when its leads came in, and until when."`
	To    time.Time `json:"to"`
	// Leads and what follows is what came of it.
	Leads   int              `json:"leads" doc:"How many leads came in that went to somebody, then or now."`
	Moved   int              `json:"moved" doc:"How many of them would have ended otherwise."`
	Members []SimulatedShare `json:"per_member"`
	Groups  []SimulatedGroup `json:"per_group"`
	Waiting int              `json:"waiting" doc:"How many would still wait for somebody."`
	Failed  int              `json:"failed" doc:"How many would have gone to nobody, for a reason."`
	Changed []ChangedLead    `json:"first_changed" doc:"The first 20 that would have ended otherwise, in the order in which they came in."`
	Differs *DifferingLead   `json:"differs,omitempty" doc:"From which lead on the settings as they are do not reproduce what happened, and why. Absent: they reproduce all of it."`

	CreatedAt  time.Time  `json:"created_at"`
	FinishedAt *time.Time `json:"finished_at"`
}

func (s Simulation) itemID() uuid.UUID { return s.ID }

// SimulatedShare is what a member got and would have got.
type SimulatedShare struct {
	MemberID uuid.UUID         `json:"member_id" format:"uuid"`
	Was      int               `json:"was"`
	Would    int               `json:"would"`
	BySource []SimulatedSource `json:"by_source"`
}

// SimulatedSource is what a member got and would have got of a source.
type SimulatedSource struct {
	SourceID *uuid.UUID `json:"source_id" format:"uuid" nullable:"true"`
	Was      int        `json:"was"`
	Would    int        `json:"would"`
}

// SimulatedGroup is how many leads went through a group to somebody, and would have.
type SimulatedGroup struct {
	GroupID uuid.UUID `json:"group_id" format:"uuid"`
	Was     int       `json:"was"`
	Would   int       `json:"would"`
}

// ChangedLead is a lead that would have ended otherwise.
type ChangedLead struct {
	LeadID uuid.UUID     `json:"lead_id" format:"uuid"`
	At     time.Time     `json:"at" doc:"When it was to be distributed."`
	Was    SimulatedLead `json:"was"`
	Would  SimulatedLead `json:"would"`
}

// SimulatedLead is how a lead ended.
type SimulatedLead struct {
	State     string       `json:"state" enum:"nobody,given,waiting,failed" doc:"nobody: it was to go to nobody, or what was planned was deleted."`
	GroupID   *uuid.UUID   `json:"group_id" format:"uuid" nullable:"true"`
	MemberIDs []uuid.UUID  `json:"member_ids" format:"uuid"`
	Reason    *lead.Reason `json:"reason" nullable:"true"`
}

// DifferingLead is the first lead that the settings as they are do not give to whom it went.
type DifferingLead struct {
	ChangedLead
	Why       store.DifferenceReason `json:"why" doc:"The likeliest reason. undone: something was undone before. moved: somebody gave it to another by hand. copies_closed: a cap counts open copies, and when they were closed is not known."`
	GroupID   *uuid.UUID             `json:"group_id" format:"uuid" nullable:"true" doc:"The group that it is about."`
	MemberID  *uuid.UUID             `json:"member_id" format:"uuid" nullable:"true" doc:"Who was changed since."`
	ChangedAt *time.Time             `json:"changed_at" doc:"When that was changed last."`
}

type simulationOutput struct{ Body Simulation }

func (a *API) registerSimulations() {
	const collection = "/v1/simulations"
	register(a, huma.Operation{
		OperationID: "post-simulation", Method: http.MethodPost, Path: collection, DefaultStatus: http.StatusAccepted,
		Summary: "Replay leads that came in through other groups, rules or members, without effect",
		Description: "They are dealt in their order and at their times, from where the turns stood when the first of them came in. With nothing " +
			"but a time it shows whether the settings as they are reproduce what happened. What came of it is kept for 7 days.",
		Errors: []int{http.StatusConflict},
	}, a.postSimulation)
	registerList(a, huma.Operation{OperationID: "list-simulations", Path: collection, Summary: "List the simulations of the last days"}, nil,
		func(ctx context.Context, c *call, _ *struct{ Paging }, p store.Page) ([]Simulation, error) {
			all, err := a.Store.Simulations(ctx, c.Workspace, p)
			return each(all, simulationBody), err
		})
	register(a, huma.Operation{
		OperationID: "get-simulation", Method: http.MethodGet, Path: collection + "/{id}", Summary: "Read what came of a simulation",
	}, func(ctx context.Context, c *call, in *itemInput) (*simulationOutput, error) {
		found, err := a.Store.Simulation(ctx, c.Workspace, in.ID)
		return &simulationOutput{simulationBody(found)}, err
	})
}

func (a *API) postSimulation(ctx context.Context, c *call, in *struct{ Body NewSimulation }) (*posted[Simulation], error) {
	spec, err := in.Body.toStore()
	if err != nil {
		return nil, err
	}
	return once(ctx, a, c, func(tx *store.Tx) (effect[Simulation], error) {
		made, err := tx.AddSimulation(ctx, c.Workspace, spec)
		return effect[Simulation]{status: http.StatusAccepted, body: simulationBody(made)}, err
	})
}

func (n NewSimulation) toStore() (spec store.SimulationSpec, err error) {
	if n.From != nil {
		spec.From = *n.From
	}
	if n.To != nil {
		spec.To = *n.To
	}
	if n.Last != nil {
		if spec.Last = *n.Last; spec.Last < 1 {
			return spec, &store.FieldError{Field: "last", Message: fmt.Sprintf("give 1 to %d leads", store.MaxSimulated)}
		}
	}
	for i, g := range n.Groups {
		of, err := g.spec()
		if err != nil {
			return spec, store.Under(fmt.Sprintf("groups[%d].", i), err)
		}
		spec.Groups = append(spec.Groups, store.DraftGroup{ID: g.ID, GroupSpec: of})
	}
	if n.Rules != nil {
		rules, err := rulesToStore(n.Rules)
		if err != nil {
			return spec, err
		}
		spec.Rules = &rules
	}
	for i, m := range n.Members {
		draft, err := m.toStore()
		if err != nil {
			return spec, store.Under(fmt.Sprintf("members[%d].", i), err)
		}
		spec.Members = append(spec.Members, draft)
	}
	return spec, nil
}

func (m MemberTrial) toStore() (d store.MemberDraft, err error) {
	d = store.MemberDraft{
		ID: m.ID, SetHours: m.WorkingHours.set || m.WorkingHours.null, SetCaps: m.Caps.set || m.Caps.null, SetAbsences: m.Absences != nil,
	}
	if m.Caps.set && !m.Caps.null {
		d.Caps = m.Caps.value.toStore()
	}
	if m.WorkingHours.set && !m.WorkingHours.null {
		if d.WorkingHours, err = m.WorkingHours.value.week(); err != nil {
			return d, err
		}
	}
	if m.Absences == nil {
		return d, nil
	}
	for i, one := range *m.Absences {
		absence, err := NewAbsence{From: strings.TrimSpace(one.From), To: strings.TrimSpace(one.To)}.toStore()
		if err != nil {
			return d, store.Under(fmt.Sprintf("absences[%d].", i), err)
		}
		d.Absences = append(d.Absences, absence)
	}
	return d, nil
}

func simulationBody(s store.Simulation) Simulation {
	spec, r := s.Spec.Value, s.Result.Value
	body := Simulation{
		ID: s.ID, State: "running", Error: textOrNull(s.Error), From: spec.From, To: spec.To, Leads: r.Leads, Moved: r.Moved, Waiting: r.Waiting, Failed: r.Failed,
		Members: each(r.Members, simulatedShare), CreatedAt: s.CreatedAt, FinishedAt: s.FinishedAt,
		Groups:  each(r.Groups, func(g simulation.GroupTally) SimulatedGroup { return SimulatedGroup{g.Group, g.Was, g.Would} }),
		Changed: each(r.Changed, changedLead),
	}
	if body.From.IsZero() {
		body.From, body.To = s.CreatedAt, s.CreatedAt
	}
	switch s.State {
	case store.SimulationDone:
		body.State, body.From, body.To = "done", r.From, r.To
	case store.SimulationFailed:
		body.State = "failed"
	}
	if d := r.Differs; d != nil {
		body.Differs = &DifferingLead{
			ChangedLead: changedLead(d.Change), Why: r.Why.Why, GroupID: idOrNull(r.Why.Group), MemberID: idOrNull(r.Why.Member),
		}
		if !r.Why.At.IsZero() {
			body.Differs.ChangedAt = &r.Why.At
		}
	}
	return body
}

func simulatedShare(m simulation.MemberTally) SimulatedShare {
	share := SimulatedShare{MemberID: m.Member, Was: m.Was, Would: m.Would, BySource: []SimulatedSource{}}
	for _, source := range slices.SortedFunc(maps.Keys(m.Sources), func(a, b uuid.UUID) int { return slices.Compare(a[:], b[:]) }) {
		of := m.Sources[source]
		share.BySource = append(share.BySource, SimulatedSource{idOrNull(source), of.Was, of.Would})
	}
	return share
}

func changedLead(c simulation.Change) ChangedLead {
	return ChangedLead{LeadID: c.Lead, At: c.At, Was: simulatedLead(c.Was), Would: simulatedLead(c.Would)}
}

func simulatedLead(o simulation.Outcome) SimulatedLead {
	state := map[simulation.State]string{
		simulation.Nobody: "nobody", simulation.Given: "given", simulation.Waiting: "waiting", simulation.Failed: "failed",
	}[o.State]
	return SimulatedLead{
		State: state, GroupID: idOrNull(o.Group), MemberIDs: each(o.Members, func(id uuid.UUID) uuid.UUID { return id }), Reason: textOrNull(o.Reason),
	}
}
