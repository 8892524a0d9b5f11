package api

import (
	"context"
	"net/http"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/google/uuid"

	"github.com/leadwheel/leadwheel/store"
)

// Absence is time in which a member takes no leads by turn.
type Absence struct {
	ID        uuid.UUID `json:"id" format:"uuid"`
	From      string    `json:"from" doc:"An instant, or a date by the member's clock."`
	To        string    `json:"to" doc:"An instant, not included, or the last date, included."`
	Note      string    `json:"note"`
	CreatedAt time.Time `json:"created_at"`
}

func (a Absence) itemID() uuid.UUID { return a.ID }

// NewAbsence is an absence to be added.
type NewAbsence struct {
	From string `json:"from" maxLength:"40" doc:"An instant, as in 2026-12-24T12:00:00+08:00, or a date by the member's clock, as in 2026-12-24."`
	To   string `json:"to" maxLength:"40" doc:"As from: an instant, at which they are back, or the last date of the absence."`
	Note string `json:"note,omitempty" maxLength:"1000"`
}

// absenceInput is one absence of a member.
type absenceInput struct {
	ItemID
	Absence uuid.UUID `path:"absence_id"`
}

type absenceListInput struct {
	ItemID
	Paging
}

func (a *API) registerAbsences() {
	const collection = "/v1/members/{id}/absences"
	register(a, huma.Operation{
		OperationID: "post-absence", Method: http.MethodPost, Path: collection, DefaultStatus: http.StatusCreated,
		Summary: "Add an absence of a member; those that overlap are one", Errors: []int{http.StatusConflict},
	}, a.postAbsence)
	registerList(a, huma.Operation{OperationID: "list-absences", Path: collection, Summary: "List the absences of a member"}, nil,
		func(ctx context.Context, c *call, in *absenceListInput, p store.Page) ([]Absence, error) {
			all, err := a.Store.Absences(ctx, c.Workspace, in.ID, p)
			return each(all, absenceBody), err
		})
	register(a, huma.Operation{
		OperationID: "delete-absence", Method: http.MethodDelete, Path: collection + "/{absence_id}", Summary: "Delete an absence of a member",
	}, func(ctx context.Context, c *call, in *absenceInput) (*none, error) {
		return nil, a.Store.WithTx(ctx, func(tx *store.Tx) error {
			return tx.DeleteAbsence(ctx, c.Workspace, in.ID, in.Absence)
		})
	})
}

func (a *API) postAbsence(ctx context.Context, c *call, in *patchInput[NewAbsence]) (*posted[Absence], error) {
	return once(ctx, a, c, func(tx *store.Tx) (effect[Absence], error) {
		if _, err := tx.Member(ctx, c.Workspace, in.ID); err != nil {
			return effect[Absence]{}, err
		}
		absence, err := in.Body.toStore()
		if err != nil {
			return effect[Absence]{}, err
		}
		absence.MemberID = in.ID
		added, err := tx.AddAbsence(ctx, c.Workspace, absence)
		return effect[Absence]{status: http.StatusCreated, body: absenceBody(added)}, err
	})
}

// toStore reads both ends of an absence, which are of one kind.
func (n NewAbsence) toStore() (absence store.Absence, err error) {
	absence.Note = n.Note
	dates := !strings.Contains(n.From, "T")
	for _, end := range []struct {
		name, text string
		at, date   **time.Time
	}{{"from", n.From, &absence.FromAt, &absence.FromDate}, {"to", n.To, &absence.ToAt, &absence.ToDate}} {
		layout, into := time.RFC3339, end.at
		if dates {
			layout, into = time.DateOnly, end.date
		}
		t, err := time.Parse(layout, end.text)
		if err != nil {
			return absence, &store.FieldError{Field: end.name, Message: "give both from and to as instants, as in 2026-12-24T12:00:00Z, or both as dates, as in 2026-12-24"}
		}
		if t.Year() < 2000 || t.Year() > 2200 {
			return absence, &store.FieldError{Field: end.name, Message: "give a year from 2000 to 2200"}
		}
		t = t.UTC().Truncate(time.Second)
		*into = &t
	}
	return absence, nil
}

func absenceBody(a store.Absence) Absence {
	body := Absence{ID: a.ID, Note: a.Note, CreatedAt: a.CreatedAt}
	if a.FromAt != nil {
		body.From, body.To = a.FromAt.UTC().Format(time.RFC3339), a.ToAt.UTC().Format(time.RFC3339)
	} else {
		body.From, body.To = a.FromDate.Format(time.DateOnly), a.ToDate.Format(time.DateOnly)
	}
	return body
}
