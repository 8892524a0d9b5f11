package store

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/jmoiron/sqlx"

	"github.com/leadwheel/leadwheel/internal/lead"
	"github.com/leadwheel/leadwheel/internal/route"
	"github.com/leadwheel/leadwheel/internal/simulation"
)

const (
	// MaxSimulated is how many leads a simulation replays at the most.
	MaxSimulated = 100_000
	// SimulationAge is for how long what came of a simulation is kept.
	SimulationAge = 7 * 24 * time.Hour
	// simulationLease is for how long a worker has a simulation: longer than its task may take.
	simulationLease = 3 * time.Minute
	// simulationTries is how often one is begun that does not come to its end.
	simulationTries = 3
	// simulationsOwed bounds those of a workspace that are still to be done.
	simulationsOwed = 20
	// simulationPlans has the many lookups be joins, and nothing be compiled for the one query.
	simulationPlans = `SET LOCAL work_mem = '64MB'; SET LOCAL jit = off; SET LOCAL statement_timeout = '120s'`
)

// The states of a simulation.
const (
	SimulationOwed   = "owed"
	SimulationDone   = "done"
	SimulationFailed = "failed"
)

// A SimulationSpec says which leads to replay, and through what: those from one time to another, or the last ones that came in; nothing
// drafted is as it is.
type SimulationSpec struct {
	From    time.Time     `json:"from,omitzero"`
	To      time.Time     `json:"to,omitzero"`
	Last    int           `json:"last,omitempty"`
	Groups  []DraftGroup  `json:"groups,omitempty"`
	Rules   *[]route.Rule `json:"rules,omitempty"`
	Members []MemberDraft `json:"members,omitempty"`
}

// A DraftGroup is what a group might be.
type DraftGroup struct {
	ID uuid.UUID
	GroupSpec
}

// A MemberDraft is when a member might take leads: each of the three counts where it is set.
type MemberDraft struct {
	ID                             uuid.UUID
	SetHours, SetCaps, SetAbsences bool
	WorkingHours                   *lead.Week
	Caps                           lead.Caps
	Absences                       []Absence
}

// A Simulation is what leads would have come to.
type Simulation struct {
	ID         uuid.UUID                    `db:"simulation_id"`
	State      string                       `db:"state"`
	Spec       jsonColumn[SimulationSpec]   `db:"spec"`
	Result     jsonColumn[SimulationReport] `db:"result"`
	Error      string                       `db:"error"`
	CreatedAt  time.Time                    `db:"created_at"`
	FinishedAt *time.Time                   `db:"finished_at"`
}

// A SimulationReport is what came of one.
type SimulationReport struct {
	// From and To are between which its leads came in.
	From, To time.Time
	simulation.Report
	// Why says why a lead differs that the setting as it is does not give to whom it went.
	Why SimulationWhy
}

// jsonColumn reads a jsonb column; NULL is the zero value.
type jsonColumn[T any] struct{ Value T }

// Scan implements sql.Scanner.
func (c *jsonColumn[T]) Scan(src any) error { return readJSON(src, &c.Value) }

const simulationColumns = `simulation_id, state, spec, result, coalesce(error, '') AS error, created_at, finished_at`

// AddSimulation has leads be replayed. It returns a *FieldError or a *RulesError for what cannot be, and leaves a hint for the queue.
func (t *Tx) AddSimulation(ctx context.Context, workspace uuid.UUID, spec SimulationSpec) (Simulation, error) {
	if err := t.checkSimulation(ctx, workspace, &spec); err != nil {
		return Simulation{}, err
	}
	var owed int
	if err := sqlx.GetContext(ctx, t.q, &owed, `
		SELECT count(*) FROM simulations WHERE workspace_id = $1 AND state = 'owed'`, workspace); err != nil {
		return Simulation{}, translate(err)
	}
	if owed >= simulationsOwed {
		return Simulation{}, &Violation{Field: "id", Exists: true, Message: fmt.Sprintf("%d simulations are still under way; wait for one to end", owed)}
	}
	id, err := t.newID()
	if err != nil {
		return Simulation{}, err
	}
	insert, args := row{
		{"workspace_id", workspace}, {"simulation_id", id}, {"spec", asJSON(spec)}, {"created_at", t.now()}, {"leased_until", t.now()},
	}.insert("simulations")
	if _, err := t.q.ExecContext(ctx, insert, args...); err != nil {
		return Simulation{}, fmt.Errorf("storing a simulation: %w", translate(err))
	}
	t.hint(lead.Hint{Workspace: workspace, ID: id, Queue: lead.QueueSimulate})
	return t.Simulation(ctx, workspace, id)
}

// Simulation returns a simulation and how far it is.
func (q Queries) Simulation(ctx context.Context, workspace, id uuid.UUID) (s Simulation, err error) {
	err = sqlx.GetContext(ctx, q.q, &s, `
		SELECT `+simulationColumns+` FROM simulations WHERE workspace_id = $1 AND simulation_id = $2`, workspace, id)
	return s, translate(err)
}

// Simulations lists a page of them, newest first.
func (q Queries) Simulations(ctx context.Context, workspace uuid.UUID, p Page) (all []Simulation, err error) {
	err = sqlx.SelectContext(ctx, q.q, &all, `
		SELECT `+simulationColumns+` FROM simulations WHERE workspace_id = $1 AND ($2::uuid IS NULL OR simulation_id < $2)
		ORDER BY simulation_id DESC LIMIT $3`, workspace, nullID(p.After), p.Limit)
	return all, translate(err)
}

// OwedSimulations are hints at simulations that nobody has had in hand since a time.
func (q Queries) OwedSimulations(ctx context.Context, since time.Time, limit int) (hints []lead.Hint, err error) {
	err = sqlx.SelectContext(often(ctx), q.q, &hints, `
		SELECT workspace_id, simulation_id AS batch_id, $3::text AS queue, tries AS generation FROM simulations
		WHERE state = 'owed' AND leased_until <= $1 ORDER BY leased_until LIMIT $2`, since, limit, string(lead.QueueSimulate))
	return hints, translate(err)
}

// DeleteOldSimulations deletes those that were asked for before a time.
func (q Queries) DeleteOldSimulations(ctx context.Context, before time.Time) (int64, error) {
	result, err := q.q.ExecContext(ctx, `DELETE FROM simulations WHERE created_at < $1`, before)
	if err != nil {
		return 0, translate(err)
	}
	return result.RowsAffected()
}

// Simulate does a simulation that nobody else has in hand. What keeps it from being done is noted on it, unless the database is away.
func (s *Store) Simulate(ctx context.Context, workspace, id uuid.UUID) error {
	var claimed struct {
		Spec  jsonColumn[SimulationSpec] `db:"spec"`
		Tries int                        `db:"tries"`
	}
	now := s.now()
	err := translate(sqlx.GetContext(ctx, s.q, &claimed, `
		UPDATE simulations SET leased_until = $4, tries = tries + 1
		WHERE workspace_id = $1 AND simulation_id = $2 AND state = 'owed' AND leased_until <= $3 RETURNING spec, tries`,
		workspace, id, now, now.Add(simulationLease)))
	if errors.Is(err, ErrNotFound) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("beginning simulation %s: %w", id, err)
	}
	report, err := s.simulate(ctx, workspace, claimed.Spec.Value)
	var field *FieldError
	var rules *RulesError
	var said string
	switch {
	case err == nil:
	case errors.As(err, &field), errors.As(err, &rules):
		said = err.Error()
	case claimed.Tries >= simulationTries:
		said = "it could not be worked out in time; ask for fewer leads"
	default:
		free, cancel := context.WithTimeout(context.WithoutCancel(ctx), redisTimeout)
		defer cancel()
		_, freed := s.q.ExecContext(free, `
			UPDATE simulations SET leased_until = $3 WHERE workspace_id = $1 AND simulation_id = $2 AND state = 'owed'`, workspace, id, s.now())
		return fmt.Errorf("working out simulation %s: %w", id, errors.Join(err, freed))
	}
	state, result := SimulationDone, any(asJSON(report))
	if said != "" {
		state, result = SimulationFailed, nil
	}
	_, err = s.q.ExecContext(ctx, `
		UPDATE simulations SET state = $3, result = $4, error = $5, finished_at = $6
		WHERE workspace_id = $1 AND simulation_id = $2 AND state = 'owed'`, workspace, id, state, result, nullText(said), s.now())
	return translate(err)
}

// simulate replays leads in a transaction that cannot write.
func (s *Store) simulate(ctx context.Context, workspace uuid.UUID, spec SimulationSpec) (report SimulationReport, err error) {
	err = s.nearby(ctx, simulationWait, func(db *sqlx.DB) error {
		return s.snapshotOf(ctx, db, simulationPlans, func(q Queries) (err error) {
			report, err = q.simulate(ctx, workspace, spec)
			return err
		})
	})
	return report, err
}

func (q Queries) simulate(ctx context.Context, workspace uuid.UUID, spec SimulationSpec) (report SimulationReport, err error) {
	r := simulating{workspace: workspace, spec: spec, moved: make(map[uuid.UUID]bool)}
	if r.window, err = q.simulationWindow(ctx, workspace, spec); err != nil {
		return report, err
	}
	base, draft, err := r.setting(ctx, q)
	if err != nil {
		return report, err
	}
	run := simulation.NewRun(base, draft)
	if err := r.feed(ctx, q, run); err != nil {
		return report, err
	}
	report = SimulationReport{From: r.window.from, To: r.window.to, Report: run.Finish(r.window.to)}
	if report.Differs != nil {
		report.Why, err = r.why(ctx, q, *report.Differs)
	}
	return report, err
}

// A simulationWindow is which leads are replayed: those that came in from a time until just before another, and the ids between which they are.
type simulationWindow struct {
	from, to  time.Time
	low, high uuid.UUID
	first     uuid.UUID // none of the leads has a lower id
}

// simulationWindow finds the leads of a simulation.
func (q Queries) simulationWindow(ctx context.Context, workspace uuid.UUID, spec SimulationSpec) (w simulationWindow, err error) {
	w = simulationWindow{from: spec.From, to: spec.To}
	if w.to.IsZero() || w.to.After(q.now()) {
		w.to = q.now().Add(time.Microsecond)
	}
	var first struct {
		ID uuid.UUID `db:"lead_id"`
		At time.Time `db:"created_at"`
	}
	if spec.Last > 0 {
		err = translate(sqlx.GetContext(ctx, q.q, &first, `
			SELECT lead_id, (SELECT min(created_at) FROM leads WHERE workspace_id = $1 AND lead_id >= last.lead_id) AS created_at
			FROM (SELECT lead_id FROM leads WHERE workspace_id = $1 ORDER BY lead_id DESC LIMIT $2) last
			ORDER BY lead_id LIMIT 1`, workspace, spec.Last))
		if w.from = first.At; errors.Is(err, ErrNotFound) {
			w.from, err = w.to, nil
		}
		if err != nil {
			return w, err
		}
	}
	w.low, w.high = idSpan(w.from, w.to, idSlack)
	if w.first = first.ID; spec.Last == 0 {
		w.first = w.low
	}
	return w, nil
}

// MarshalJSON implements json.Marshaler: a draft is its id and the spec beside it.
func (d DraftGroup) MarshalJSON() ([]byte, error) {
	return json.Marshal(struct {
		ID   uuid.UUID
		Spec GroupSpec
	}{d.ID, d.GroupSpec})
}

// UnmarshalJSON implements json.Unmarshaler.
func (d *DraftGroup) UnmarshalJSON(data []byte) error {
	var read struct {
		ID   uuid.UUID
		Spec GroupSpec
	}
	err := json.Unmarshal(data, &read)
	d.ID, d.GroupSpec = read.ID, read.Spec
	return err
}
