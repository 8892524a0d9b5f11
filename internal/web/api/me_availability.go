package api

import (
	"context"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/leadwheel/leadwheel/internal/lead"
	"github.com/leadwheel/leadwheel/store"
)

// MyAvailability is when the member who calls takes leads.
type MyAvailability struct {
	OnDuty       bool           `json:"on_duty" doc:"The switch by which one takes no leads for now."`
	WorkingHours WorkingHours   `json:"working_hours" doc:"By the clock of timezone; null: always."`
	Absences     []Absence      `json:"absences" doc:"Those that are not over."`
	Timezone     string         `json:"timezone"`
	Available    bool           `json:"available" doc:"Whether one takes leads now."`
	Reason       *lead.Obstacle `json:"reason" nullable:"true" doc:"What is in the way, where something is."`
	Until        *time.Time     `json:"until" nullable:"true" doc:"When that changes by itself."`
}

// MyAvailabilityPatch switches oneself on or off duty.
type MyAvailabilityPatch struct {
	OnDuty Patch[bool] `json:"on_duty" nullable:"false"`
}

type myAvailabilityOutput struct{ Body MyAvailability }

func (a *API) registerMyAvailability() {
	const one = "/v1/me/availability"
	register(a, huma.Operation{
		OperationID: "get-my-availability", Method: http.MethodGet, Path: one, Summary: "Read when one takes leads",
		Errors:      []int{http.StatusNotFound},
		Description: "For members: with a member's key, or signed in as an agent.",
	}, func(ctx context.Context, c *call, _ *struct{}) (*myAvailabilityOutput, error) {
		return a.myAvailability(ctx, c, a.Store.Queries)
	})
	register(a, huma.Operation{
		OperationID: "patch-my-availability", Method: http.MethodPatch, Path: one, Summary: "Go on or off duty",
		Errors: []int{http.StatusNotFound},
	}, func(ctx context.Context, c *call, in *struct{ Body MyAvailabilityPatch }) (out *myAvailabilityOutput, err error) {
		id, err := c.itself()
		if err != nil {
			return nil, err
		}
		err = a.Store.WithTx(ctx, func(tx *store.Tx) error {
			_, err := tx.EditMember(ctx, c.Workspace, id, AvailabilityPatch{OnDuty: in.Body.OnDuty}.apply)
			if err == nil {
				out, err = a.myAvailability(ctx, c, tx.Queries)
			}
			return err
		})
		return out, err
	})
}

func (a *API) myAvailability(ctx context.Context, c *call, q store.Queries) (*myAvailabilityOutput, error) {
	id, err := c.itself()
	if err != nil {
		return nil, err
	}
	m, err := q.Member(ctx, c.Workspace, id)
	if err != nil {
		return nil, err
	}
	body := MyAvailability{OnDuty: !m.OffDuty, WorkingHours: workingHoursOrNull(m.WorkingHours)}
	if body.Timezone, err = q.Clock(ctx, c.Workspace, id); err != nil {
		return nil, err
	}
	absences, err := q.AbsencesToCome(ctx, c.Workspace, id)
	if err != nil {
		return nil, err
	}
	body.Absences = each(absences, absenceBody)
	now, err := q.AvailabilityOf(ctx, c.Workspace, id)
	body.Available, body.Reason, body.Until = now.Obstacle == "", textOrNull(now.Obstacle), now.Until
	return &myAvailabilityOutput{body}, err
}
