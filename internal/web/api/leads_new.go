package api

import (
	"context"
	"fmt"
	"net/http"
	"reflect"
	"slices"

	"github.com/danielgtaylor/huma/v2"
	"github.com/google/uuid"

	"github.com/leadwheel/leadwheel/internal/ingest"
	"github.com/leadwheel/leadwheel/internal/lead"
	"github.com/leadwheel/leadwheel/internal/web/problem"
	"github.com/leadwheel/leadwheel/store"
)

// maxExternalID is what the index over external ids holds, in bytes.
const maxExternalID = 2000

// LeadInput is a lead on its way in.
type LeadInput struct {
	Name       string     `json:"name,omitempty" maxLength:"200" doc:"At least one of name, email and phone. A name that stands for nothing, such as N/A, is none where there is no address or number that may be one."`
	Email      string     `json:"email,omitempty" maxLength:"1000"`
	Phone      string     `json:"phone,omitempty" maxLength:"1000" doc:"As it was given."`
	Fields     Fields     `json:"fields,omitempty"`
	SourceID   *uuid.UUID `json:"source_id,omitempty" format:"uuid"`
	ExternalID string     `json:"external_id,omitempty" maxLength:"1000" doc:"The caller's own id. Pushed again, it answers 200 with the lead that is there. With another person's e-mail and phone it is a lead of its own, with a warning; after the lead was deleted it is a new one. What stands for no id, such as null or an unfilled template, is none."`
}

// NewLead is one lead to be stored, and perhaps distributed.
type NewLead struct {
	LeadInput
	Distribute *Distribution `json:"distribute,omitempty"`
}

// NewLeads are leads to be stored, all or none, and perhaps distributed.
type NewLeads struct {
	Leads      []LeadInput   `json:"leads" minItems:"1" maxItems:"1000"`
	Distribute *Distribution `json:"distribute,omitempty"`
}

// AddedLeads answers for leads, in their order.
type AddedLeads struct {
	IDs      []uuid.UUID `json:"ids" format:"uuid"`
	Warnings []string    `json:"warnings,omitempty" doc:"What was left out of the leads, or not done with them."`
}

func (a *API) registerNewLeads() {
	register(a, huma.Operation{
		OperationID: "post-lead", Method: http.MethodPost, Path: "/v1/leads", Summary: "Add a lead, and distribute it",
		DefaultStatus: http.StatusCreated,
		Responses: map[string]*huma.Response{"200": {
			Description: "The external id is here already, with this lead; it is not distributed again. Integrations are told that, and nothing else of the lead.",
			Content: map[string]*huma.MediaType{"application/json": {Schema: &huma.Schema{OneOf: []*huma.Schema{
				a.huma.OpenAPI().Components.Schemas.Schema(reflect.TypeFor[Lead](), true, ""),
				a.huma.OpenAPI().Components.Schemas.Schema(reflect.TypeFor[KnownLead](), true, ""),
			}}}},
		}},
	}, a.postLead)
	register(a, huma.Operation{
		OperationID: "post-lead-batch", Method: http.MethodPost, Path: "/v1/leads/batch", Summary: "Add up to 1,000 leads, all or none, and distribute them",
		DefaultStatus: http.StatusCreated,
	}, a.postLeadBatch)
}

func (a *API) postLead(ctx context.Context, c *call, in *struct{ Body NewLead }) (*posted[pushedLead], error) {
	leads, warnings, err := a.incoming(ctx, c, []LeadInput{in.Body.LeadInput}, in.Body.Distribute, func(int) string { return "" })
	if err != nil {
		return a.pushedBefore(ctx, c, in.Body, err)
	}
	if c.idempotencyKey == "" {
		added, err := a.Intake.Add(ctx, c.Workspace, leads[0])
		if err != nil {
			return nil, err
		}
		did, err := answerFor(ctx, a.Store.Queries, c, added, leads[0].ExternalID, warnings)
		if err != nil {
			return nil, err
		}
		out, err := post(did.status, did.body)
		return &out, err
	}
	return once(ctx, a, c, func(tx *store.Tx) (effect[pushedLead], error) {
		added, err := tx.AddLeads(ctx, c.Workspace, lead.QueueFresh, leads)
		if err != nil {
			return effect[pushedLead]{}, err
		}
		return answerFor(ctx, tx.Queries, c, added[0], leads[0].ExternalID, warnings)
	})
}

// pushedBefore answers with the lead that is there by the external id of one that is refused, where there is one: what was to become of it when it
// came the first time may be over since, as a time is that it named, or be gone.
func (a *API) pushedBefore(ctx context.Context, c *call, in NewLead, refusal error) (*posted[pushedLead], error) {
	if in.ExternalID == "" || in.Distribute == nil {
		return nil, refusal
	}
	leads, _, err := a.incoming(ctx, c, []LeadInput{in.LeadInput}, nil, func(int) string { return "" })
	if err != nil {
		return nil, refusal
	}
	return once(ctx, a, c, func(tx *store.Tx) (effect[pushedLead], error) {
		added, err := tx.AddLeads(ctx, c.Workspace, lead.QueueFresh, leads)
		if err == nil && !added[0].Existing {
			err = refusal // and nothing is added
		}
		if err != nil {
			return effect[pushedLead]{}, err
		}
		return answerFor(ctx, tx.Queries, c, added[0], leads[0].ExternalID, nil)
	})
}

// answerFor answers with the lead that was added, or was there.
func answerFor(ctx context.Context, q store.Queries, c *call, added store.AddedLead, externalID string, warnings []string) (effect[pushedLead], error) {
	l, err := q.PushedLead(ctx, c.Workspace, added.ID)
	did := effect[pushedLead]{status: http.StatusCreated, body: leadBody(l).seenBy(c, added, externalID)}
	if added.Existing {
		did.status, warnings = http.StatusOK, nil
	}
	did.body.Warnings = append(warnings, warningsOf([]store.AddedLead{added}, func(int) string { return "" })...)
	return did, err
}

func (a *API) postLeadBatch(ctx context.Context, c *call, in *struct{ Body NewLeads }) (*posted[AddedLeads], error) {
	place := func(i int) string { return fmt.Sprintf("leads[%d].", i) }
	leads, warnings, err := a.incoming(ctx, c, in.Body.Leads, in.Body.Distribute, place)
	if err != nil {
		return nil, err
	}
	queue := lead.QueueFresh
	if len(leads)*leads[0].Distribute.Decisions() > 2*lead.MaxBatch {
		queue = lead.QueueBulk // or it would hold up fresh leads
	}
	return once(ctx, a, c, func(tx *store.Tx) (effect[AddedLeads], error) {
		added, err := tx.AddLeads(ctx, c.Workspace, queue, leads)
		ids := each(added, func(l store.AddedLead) uuid.UUID { return l.ID })
		told := append(slices.Clone(warnings), warningsOf(added, place)...) // it may run again
		return effect[AddedLeads]{
			status: http.StatusCreated,
			body:   AddedLeads{IDs: ids, Warnings: told},
		}, err
	})
}

// warningsOf says which leads share their external id with another person's, and which do not come in any more.
func warningsOf(added []store.AddedLead, place func(int) string) (warnings []string) {
	for i, l := range added {
		switch {
		case l.Erased:
			warnings = append(warnings, place(i)+"external_id is that of a person whose data was erased at their request; the lead did not come in")
		case l.Beside != uuid.Nil:
			warnings = append(warnings, place(i)+"external_id is another person's too, of lead "+l.Beside.String()+"; this one came in as a lead of its own")
		}
	}
	return warnings
}

// incoming checks leads on their way in, and gives them the distribution, the source and the origin that the call has
// for them. place says where in the request the i-th stands. Warnings say what was left out.
func (a *API) incoming(ctx context.Context, c *call, inputs []LeadInput, named *Distribution, place func(int) string) ([]store.NewLead, []string, error) {
	d, warning, err := a.distribution(ctx, c, named)
	if err != nil {
		return nil, nil, err
	}
	if err := store.Under("distribute.", checkDecisions(len(inputs), d)); err != nil {
		return nil, nil, err
	}
	var warnings []string
	if warning != "" {
		warnings = append(warnings, warning)
	}
	leads := make([]store.NewLead, len(inputs))
	for i, in := range inputs {
		if leads[i], err = in.toStore(place(i)); err != nil {
			return nil, nil, err
		}
		leads[i].Channel, leads[i].Distribute = string(lead.WayAPI), d
		leads[i].Origin = c.Origin(string(lead.WayAPI)) // an admin's; that of an integration is its key's
	}
	dropped, err := a.sources(ctx, c, inputs, leads, place)
	return leads, append(warnings, dropped...), err
}

// toStore returns a *store.FieldError, its field below at, for what cannot be stored.
func (in LeadInput) toStore(at string) (store.NewLead, error) {
	if err := needSomebody(at, &in.Name, &in.Email, &in.Phone); err != nil {
		return store.NewLead{}, err
	}
	if err := in.Fields.check(at + "fields"); err != nil {
		return store.NewLead{}, err
	}
	if len(in.ExternalID) > maxExternalID {
		return store.NewLead{}, &store.FieldError{Field: at + "external_id", Message: fmt.Sprintf("this is longer than %d bytes", maxExternalID)}
	}
	fields, attribution, err := ingest.TakeMoments([]byte(in.Fields)) // members see fields, and nothing from before they have the lead
	return store.NewLead{
		Name: in.Name, Email: in.Email, Phone: in.Phone, Fields: fields, Attribution: attribution, ExternalID: in.ExternalID,
	}, err
}

// sources gives leads their sources. An admin is told of those that are not offered for new leads; an integration's
// leads come in without, with a warning: nobody is there to choose another.
func (a *API) sources(ctx context.Context, c *call, inputs []LeadInput, leads []store.NewLead, place func(int) string) ([]string, error) {
	var named []uuid.UUID
	for i, in := range inputs {
		switch {
		case in.SourceID == nil && c.SourceID != nil:
			leads[i].SourceID = *c.SourceID
		case in.SourceID != nil && c.SourceID != nil && *in.SourceID != *c.SourceID:
			return nil, problem.New(http.StatusForbidden, "this API key is bound to a source; leave source_id out",
				problem.Field{Location: "body." + place(i) + "source_id", Message: "this is not the key's source"})
		case in.SourceID != nil:
			leads[i].SourceID = *in.SourceID
		default:
			continue
		}
		named = append(named, leads[i].SourceID)
	}
	if len(named) == 0 {
		return nil, nil
	}
	offered, err := a.Store.OfferedForLeads(ctx, c.Workspace, named)
	if err != nil {
		return nil, err
	}
	var warnings []string
	for i, in := range inputs {
		if in.SourceID == nil && c.SourceID == nil {
			continue
		}
		if actual, is := offered[leads[i].SourceID]; is {
			leads[i].SourceID = actual
			continue
		}
		if c.Role != lead.RoleIntegration {
			return nil, notEligible("body." + place(i) + "source_id")
		}
		leads[i].SourceID = uuid.Nil
		warnings = append(warnings, place(i)+"source_id left out: "+lead.SourceNotEligible.Text())
	}
	return warnings, nil
}
