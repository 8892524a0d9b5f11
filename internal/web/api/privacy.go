package api

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/leadwheel/leadwheel/internal/web/problem"
	"github.com/leadwheel/leadwheel/store"
	"github.com/leadwheel/leadwheel/tasks"
)

// DataSubject is somebody who is or was a lead.
type DataSubject struct {
	Email string `json:"email,omitempty" maxLength:"1000" doc:"In any spelling. Either this or phone, or both: what has either of them is taken to be the person's."`
	Phone string `json:"phone,omitempty" maxLength:"100" doc:"In any spelling; without a country's prefix it is the workspace's region's." example:"+60 12-345 6789"`
}

// PersonalData is all that is known of a person.
type PersonalData struct {
	ExportedAt time.Time        `json:"exported_at"`
	Records    map[string][]Row `json:"records" doc:"The rows that are about the person, by the table in which they are."`
	Waiting    []WaitingLead    `json:"waiting" doc:"Leads that were pushed through the queue and are not stored yet."`
}

// Row is a stored row: a JSON object with its columns.
type Row json.RawMessage

// MarshalJSON implements json.Marshaler.
func (r Row) MarshalJSON() ([]byte, error) { return r, nil }

// Schema implements huma.SchemaProvider.
func (Row) Schema(huma.Registry) *huma.Schema {
	return &huma.Schema{Type: huma.TypeObject, AdditionalProperties: true}
}

// WaitingLead is a pushed lead that is not stored yet.
type WaitingLead struct {
	ExternalID string `json:"external_id"`
	Name       string `json:"name"`
	Email      string `json:"email"`
	Phone      string `json:"phone"`
	Fields     Fields `json:"fields"`
}

// Erased is what was erased.
type Erased struct {
	Records map[string]int `json:"records" doc:"How many rows were emptied, or ended, by their table. Empty where nothing was known of the person."`
	Waiting int            `json:"waiting" doc:"How many leads were taken out of the queue."`
}

func (a *API) registerPrivacy() {
	register(a, huma.Operation{
		OperationID: "export-person", Method: http.MethodPost, Path: "/v1/privacy/export", Summary: "Export all that is known of a person",
		Description:   "What they are found by is the e-mail and phone of leads, copies and customers, and any text of rejected rows, kept requests and deliveries. An Idempotency-Key is not needed, and nothing is kept under it.",
		DefaultStatus: http.StatusOK,
	}, a.exportPerson)
	register(a, huma.Operation{
		OperationID: "erase-person", Method: http.MethodPost, Path: "/v1/privacy/erase", Summary: "Erase a person; there is no way back",
		Description: "Source leads are deleted and emptied, copies and customers emptied, what is pending for them is ended. Turns, " +
			"counts and history stay, without anything of the person. A lead with the same external id that is sent again is " +
			"recognised and does not come back. Repeat the request where it fails.",
		DefaultStatus: http.StatusOK,
	}, a.erasePerson)
}

func (a *API) exportPerson(ctx context.Context, c *call, in *struct{ Body DataSubject }) (*struct{ Body PersonalData }, error) {
	i, err := a.Store.Identify(ctx, c.Workspace, in.Body.Email, in.Body.Phone)
	if err != nil {
		return nil, err
	}
	waiting, err := a.Waiting.Find(ctx, c.Workspace, i.Is)
	if err != nil {
		return nil, a.queueTrouble(ctx, "export-person", err)
	}
	var all store.PersonalRecords
	if err := a.reading(ctx, c, false, func(ctx context.Context) (err error) {
		all, err = a.Store.ExportPerson(ctx, c.Workspace, i)
		return err
	}); err != nil {
		return nil, err
	}
	records, total := make(map[string][]Row), len(waiting)
	for table, rows := range all {
		records[table] = each(rows, func(row json.RawMessage) Row { return Row(row) })
		total += len(rows)
	}
	err = a.Store.WithTx(ctx, func(*store.Tx) error {
		c.concerns(&total)
		return nil
	})
	return &struct{ Body PersonalData }{PersonalData{a.Store.Now(), records, each(waiting, waitingBody)}}, err
}

func (a *API) erasePerson(ctx context.Context, c *call, in *struct{ Body DataSubject }) (*posted[Erased], error) {
	i, err := a.Store.Identify(ctx, c.Workspace, in.Body.Email, in.Body.Phone)
	if err != nil {
		return nil, err
	}
	waiting, err := a.Waiting.Remove(ctx, c.Workspace, i.Is)
	if err != nil {
		return nil, a.queueTrouble(ctx, "erase-person", err)
	}
	without := func(payload []byte) ([]byte, error) { return tasks.Without(payload, i.Is) }
	e, err := a.Store.BeginErasure(ctx, c.Workspace, i, without)
	if err != nil {
		return nil, err
	}
	return once(ctx, a, c, func(tx *store.Tx) (effect[Erased], error) {
		done, err := tx.Erase(ctx, e)
		total := 0
		for _, n := range done.Records {
			total += n
		}
		return effect[Erased]{status: http.StatusOK, body: Erased{done.Records, waiting}, count: &total, ids: done.Leads}, err
	})
}

// queueTrouble is what trouble with the queue means to the caller: nothing was done, and it passes.
func (a *API) queueTrouble(ctx context.Context, operation string, err error) error {
	a.logFailure(ctx, operation, err)
	message := "the queue cannot be reached, and leads of this person may wait in it; try again shortly"
	if errors.Is(err, tasks.ErrBusy) {
		message = tasks.ErrBusy.Error()
	}
	return problem.New(http.StatusServiceUnavailable, message).WithHeader("Retry-After", "5")
}

func waitingBody(l tasks.PushedLead) WaitingLead {
	return WaitingLead{ExternalID: l.ExternalID, Name: l.Name, Email: l.Email, Phone: l.Phone, Fields: Fields(l.Fields)}
}
