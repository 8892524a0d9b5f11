package api

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/google/uuid"

	"github.com/leadwheel/leadwheel/internal/contact"
	"github.com/leadwheel/leadwheel/internal/lead"
	"github.com/leadwheel/leadwheel/internal/web/problem"
	"github.com/leadwheel/leadwheel/store"
)

// Lead is a source lead.
type Lead struct {
	ID          uuid.UUID  `json:"id" format:"uuid"`
	Name        *string    `json:"name"`
	Email       *string    `json:"email"`
	Phone       *string    `json:"phone" doc:"As it was given."`
	PhoneE164   *string    `json:"phone_e164" doc:"As in +60123456789; null where the phone is no valid number. Numbers without a country's prefix are the workspace's region's."`
	Fields      Fields     `json:"fields"`
	SourceID    *uuid.UUID `json:"source_id" format:"uuid" nullable:"true"`
	DuplicateOf *uuid.UUID `json:"duplicate_of" format:"uuid" nullable:"true" doc:"The earlier lead with the same phone or e-mail, where the workspace looks for duplicates."`
	Channel     lead.WayIn `json:"channel" doc:"The way it came in by."`
	ExternalID  *string    `json:"external_id"`
	PushChannel *string    `json:"push_channel" doc:"What the program that pushed it through the queue calls itself; null where none did."`

	IntegrationID *uuid.UUID        `json:"integration_id" format:"uuid" nullable:"true" doc:"The integration that delivered it."`
	Test          bool              `json:"test" doc:"A test by the ad platform, which is never distributed."`
	Attribution   map[string]string `json:"attribution,omitempty" doc:"What brought it in: campaign_id, campaign_name, adset_id, adset_name, ad_id, ad_name, form_id, form_name, platform, click_id, utm_source and so on, as far as they are known."`
	Consent       map[string]any    `json:"consent,omitempty" doc:"What the person agreed to or not, by its name."`

	RulesVersion *int         `json:"rules_version,omitempty" doc:"By which rules it was decided when it came in; left out where it was by none."`
	Rule         *string      `json:"rule,omitempty" doc:"The name of the rule that took it; left out where none did."`
	RulesBroken  []BrokenRule `json:"rules_broken,omitempty" doc:"Rules that could not be worked out for it, and so did not take it; the first 20."`

	CreatedAt time.Time  `json:"created_at"`
	UpdatedAt time.Time  `json:"updated_at"`
	ErasedAt  *time.Time `json:"erased_at,omitempty" doc:"When the person's data was erased at their request. This is what is left of the lead: it is listed nowhere, and whoever pushes it again is answered with it."`
	Warnings  []string   `json:"warnings,omitempty" doc:"What was left out of a pushed lead, or not done with it."`

	GivenTo *[]Given `json:"given_to,omitempty" doc:"Who has a copy of it, in the order in which they got it; where leads are read, and not where they are pushed."`
}

func (l Lead) itemID() uuid.UUID    { return l.ID }
func (l Lead) changedAt() time.Time { return l.UpdatedAt }

// Given is a copy of a lead and whose it is.
type Given struct {
	MemberID       uuid.UUID `json:"member_id" format:"uuid"`
	AssignedLeadID uuid.UUID `json:"assigned_lead_id" format:"uuid"`
}

// LeadPatch changes a source lead.
type LeadPatch struct {
	Name     Patch[string]    `json:"name,omitempty" maxLength:"200"`
	Email    Patch[string]    `json:"email,omitempty" maxLength:"1000"`
	Phone    Patch[string]    `json:"phone,omitempty" maxLength:"1000"`
	Fields   Patch[Fields]    `json:"fields,omitempty" doc:"Merged with the fields that are there; null removes all."`
	SourceID Patch[uuid.UUID] `json:"source_id,omitempty" format:"uuid"`
}

type leadOutput struct{ Body Lead }

type leadListInput struct {
	Changes
	LeadQuery
	IDs []string `query:"ids" maxItems:"500" doc:"Only the leads with these ids, separated by commas, as many as a query string of 16 KiB holds."`
}

// LeadQuery are the filters of the list of leads.
type LeadQuery struct {
	SourceID    uuid.UUID `query:"source_id" format:"uuid" doc:"Only leads with this source."`
	Channel     string    `query:"channel" maxLength:"100" doc:"Only leads that came in by this way: api, import, queue or an integration's kind."`
	ExternalID  string    `query:"external_id" maxLength:"1000" doc:"Only leads with this id of the sender's own."`
	PushChannel string    `query:"push_channel" maxLength:"1000" doc:"Only leads that a program pushed through the queue which calls itself so."`
	Email       string    `query:"email" maxLength:"1000" doc:"Only leads with this address as a whole, in any of its spellings."`
	Search
	From time.Time `query:"from" doc:"Created at or after."`
	To   time.Time `query:"to" doc:"Created before."`

	IntegrationID uuid.UUID `query:"integration_id" format:"uuid" doc:"Only leads that this integration delivered."`
	CampaignID    string    `query:"campaign_id" maxLength:"1000" doc:"Only leads of this campaign, by the platform's id."`
	AdSetID       string    `query:"adset_id" maxLength:"1000" doc:"Only leads of this ad set, by the platform's id."`
	AdID          string    `query:"ad_id" maxLength:"1000" doc:"Only leads of this ad, by the platform's id."`
	FormID        string    `query:"form_id" maxLength:"1000" doc:"Only leads of this form, by the platform's id."`
	Test          string    `query:"test" enum:"true,false" doc:"Only the platforms' tests, or all but those."`
	Assigned      string    `query:"assigned" enum:"true,false" doc:"Only leads that somebody has, or only those that nobody has."`
}

var leadColumns = append(contactColumns(func(l Lead) contactCells {
	return contactCells{l.ID, l.Name, l.Email, l.Phone, l.PhoneE164, l.Fields}
}), []column[Lead]{
	{"source_id", func(l Lead) string { return cellOfID(l.SourceID) }},
	{"duplicate_of", func(l Lead) string { return cellOfID(l.DuplicateOf) }},
	{"channel", func(l Lead) string { return string(l.Channel) }},
	{"external_id", func(l Lead) string { return cellOfText(l.ExternalID) }},
	{"integration_id", func(l Lead) string { return cellOfID(l.IntegrationID) }},
	{"test", func(l Lead) string { return strconv.FormatBool(l.Test) }},
	{"campaign_id", func(l Lead) string { return l.Attribution["campaign_id"] }},
	{"campaign_name", func(l Lead) string { return l.Attribution["campaign_name"] }},
	{"adset_id", func(l Lead) string { return l.Attribution["adset_id"] }},
	{"ad_id", func(l Lead) string { return l.Attribution["ad_id"] }},
	{"form_id", func(l Lead) string { return l.Attribution["form_id"] }},
	{"created_at", func(l Lead) string { return cellOfTime(l.CreatedAt) }},
	{"updated_at", func(l Lead) string { return cellOfTime(l.UpdatedAt) }},
	{"rules_version", func(l Lead) string { return cellOfVersion(l.RulesVersion) }},
	{"rule", func(l Lead) string { return cellOfText(l.Rule) }},
	{"attribution", func(l Lead) string { return cellOfObject(l.Attribution) }},
	{"consent", func(l Lead) string { return cellOfObject(l.Consent) }},
	{"push_channel", func(l Lead) string { return cellOfText(l.PushChannel) }},
}...)

func (a *API) registerLeads() {
	const collection, one = "/v1/leads", "/v1/leads/{id}"
	a.registerNewLeads()
	registerList(a, huma.Operation{OperationID: "list-leads", Path: collection, Summary: "List the source leads"}, leadColumns, a.listLeads)
	register(a, huma.Operation{
		OperationID: "count-leads", Method: http.MethodGet, Path: collection + "/count", Summary: "Count the source leads that match",
		Errors: []int{http.StatusUnprocessableEntity},
	}, bounded(a, a.countLeads))
	register(a, huma.Operation{
		OperationID: "get-lead", Method: http.MethodGet, Path: one, Summary: "Read a source lead",
		Description: "A deleted lead is 404. Of one whose person was erased its id and times are left.",
	}, func(ctx context.Context, c *call, in *itemInput) (*leadOutput, error) {
		l, err := a.Store.LeadOrShell(ctx, c.Workspace, in.ID)
		if err != nil {
			return nil, err
		}
		return a.leadOutput(ctx, c, l)
	})
	register(a, huma.Operation{
		OperationID: "patch-lead", Method: http.MethodPatch, Path: one, Summary: "Change a source lead; copies given out keep what they have",
	}, a.patchLead)
	register(a, huma.Operation{
		OperationID: "delete-lead", Method: http.MethodDelete, Path: one, Summary: "Delete a source lead; copies given out stay",
	}, func(ctx context.Context, c *call, in *itemInput) (*none, error) {
		return nil, a.Store.WithTx(ctx, func(tx *store.Tx) error { return tx.DeleteLead(ctx, c.Workspace, in.ID) })
	})
	register(a, huma.Operation{
		OperationID: "delete-leads", Method: http.MethodPost, Path: collection + "/delete", Summary: "Delete source leads; copies given out stay",
		Errors: []int{http.StatusConflict},
	}, a.deleteLeads)
}

// SelectedLeads says which source leads are meant.
type SelectedLeads struct {
	IDs    []uuid.UUID `json:"ids,omitempty" format:"uuid" maxItems:"100000" doc:"Those with these ids. Either this or filter."`
	Filter *LeadMatch  `json:"filter,omitempty" doc:"All that match, up to 100,000."`
}

// Deleted is how many there were.
type Deleted struct {
	Count int `json:"count" doc:"How many were still there."`
}

func (a *API) deleteLeads(ctx context.Context, c *call, in *struct{ Body SelectedLeads }) (*posted[Deleted], error) {
	selected, err := leadSelection("ids", in.Body.IDs, in.Body.Filter)
	if err != nil {
		return nil, err
	}
	return once(ctx, a, c, func(tx *store.Tx) (effect[Deleted], error) {
		ids, err := tx.SelectLeads(ctx, c.Workspace, selected)
		if err != nil {
			return effect[Deleted]{}, err
		}
		deleted, err := tx.DeleteLeads(ctx, c.Workspace, ids)
		count := len(deleted)
		return effect[Deleted]{status: http.StatusOK, body: Deleted{count}, count: &count, ids: deleted}, err
	})
}

func (q LeadQuery) toStore() store.LeadFilter {
	return store.LeadFilter{
		SourceID: q.SourceID, Channel: q.Channel, ExternalID: q.ExternalID, Email: q.Email, PushChannel: q.PushChannel, From: q.From, To: q.To, Search: q.Q,
		IntegrationID: q.IntegrationID, CampaignID: q.CampaignID, AdSetID: q.AdSetID, AdID: q.AdID, FormID: q.FormID,
		Test: boolOrNil(q.Test), Assigned: boolOrNil(q.Assigned),
	}
}

// LeadCount is how many leads match.
type LeadCount struct {
	Count int  `json:"count" doc:"How many match, up to 100,000: what filter.matched takes."`
	More  bool `json:"more" doc:"Whether more match than that."`
}

func (a *API) countLeads(ctx context.Context, c *call, in *struct{ LeadQuery }) (*struct{ Body LeadCount }, error) {
	n, err := a.Store.CountLeads(ctx, c.Workspace, in.toStore())
	return &struct{ Body LeadCount }{LeadCount{min(n, store.MaxSelected), n > store.MaxSelected}}, err
}

func (a *API) listLeads(ctx context.Context, c *call, in *leadListInput, p store.Page) ([]Lead, error) {
	filter := in.toStore()
	for i, text := range in.IDs {
		id, err := uuid.Parse(text)
		if err != nil {
			return nil, badQuery(fmt.Sprintf("query.ids[%d]", i), "this is not the id of a lead")
		}
		filter.IDs = append(filter.IDs, id)
	}
	all, err := a.Store.SourceLeads(ctx, c.Workspace, filter, p)
	if err != nil {
		return nil, err
	}
	return a.leadBodies(ctx, c, all...)
}

// leadBodies are leads with who has them.
func (a *API) leadBodies(ctx context.Context, c *call, leads ...store.Lead) ([]Lead, error) {
	holders, err := a.Store.Holders(ctx, c.Workspace, each(leads, func(l store.Lead) uuid.UUID { return l.ID }))
	return each(leads, func(l store.Lead) Lead {
		body := leadBody(l)
		given := each(holders[l.ID], func(h store.Holder) Given { return Given{h.MemberID, h.AssignedLeadID} })
		body.GivenTo = &given
		return body
	}), err
}

func (a *API) patchLead(ctx context.Context, c *call, in *patchInput[LeadPatch]) (*leadOutput, error) {
	var l store.Lead
	err := a.Store.WithTx(ctx, func(tx *store.Tx) (err error) {
		l, err = tx.EditLead(ctx, c.Workspace, in.ID, in.Body.apply)
		return err
	})
	if err != nil {
		return nil, err
	}
	return a.leadOutput(ctx, c, l)
}

// leadOutput answers with a lead.
func (a *API) leadOutput(ctx context.Context, c *call, l store.Lead) (*leadOutput, error) {
	bodies, err := a.leadBodies(ctx, c, l)
	if err != nil {
		return nil, err
	}
	return &leadOutput{bodies[0]}, nil
}

func notEligible(location string) error {
	return problem.Reason(lead.SourceNotEligible, problem.Field{Location: location, Message: lead.SourceNotEligible.Text()})
}

func (p LeadPatch) apply(l *store.Lead) error {
	p.Name.over(&l.Name)
	p.Email.over(&l.Email)
	p.Phone.over(&l.Phone)
	if err := overFields(p.Fields, &l.Fields); err != nil {
		return err
	}
	p.SourceID.overPointer(&l.SourceID)
	return needContact("", &l.Name, &l.Email, &l.Phone)
}

// needSomebody is needContact, and returns a *store.FieldError also where the texts say nothing of anybody.
func needSomebody(at string, name, email, phone *string) error {
	err := needContact(at, name, email, phone)
	if err != nil || contact.Somebody(*name, *email, *phone) {
		return err
	}
	switch {
	case *email != "" && !contact.Nothing(*email):
		return &store.FieldError{Field: at + "email", Message: "this is no address of e-mail, and there is no name or phone; give one of them"}
	case *phone != "":
		return &store.FieldError{Field: at + "phone", Message: "this is no number, and there is no name or e-mail; give one of them"}
	case *email != "":
		return &store.FieldError{Field: at + "email", Message: "this stands for nothing, and there is no name or phone; give one of them"}
	}
	return &store.FieldError{Field: at + "name", Message: "this stands for nothing, and there is no e-mail or phone; give one of them"}
}

// needContact takes what stands around them off the texts that say whose lead it is, and returns a *store.FieldError where nothing does.
func needContact(at string, name, email, phone *string) error {
	*name, *email, *phone = contact.Unguard(*name), contact.Unguard(*email), contact.Number(*phone)
	if *name == "" && *email == "" && *phone == "" {
		return &store.FieldError{Field: at + "name", Message: "a lead needs at least one of name, email and phone"}
	}
	return nil
}

// overFields changes custom fields; null removes all of them.
func overFields(p Patch[Fields], fields *json.RawMessage) error {
	switch {
	case p.null:
		*fields = json.RawMessage("{}")
	case p.set:
		return p.value.over(fields)
	}
	return nil
}

func leadBody(l store.Lead) Lead {
	return Lead{
		ID: l.ID, Name: textOrNull(l.Name), Email: textOrNull(l.Email), Phone: textOrNull(l.Phone),
		PhoneE164: textOrNull(l.PhoneE164), Fields: Fields(l.Fields),
		SourceID: l.SourceID, DuplicateOf: l.DuplicateOf, Channel: lead.WayIn(l.Channel), ExternalID: textOrNull(l.ExternalID), PushChannel: textOrNull(l.PushChannel),
		IntegrationID: l.IntegrationID, Test: l.Test, Attribution: l.Attribution, Consent: l.Consent,
		RulesVersion: positiveOrNull(l.RulesVersion), Rule: textOrNull(l.Rule), RulesBroken: brokenBody(l.RulesBroken),
		CreatedAt: l.CreatedAt, UpdatedAt: l.UpdatedAt, ErasedAt: l.ErasedAt,
	}
}

// boolOrNil is an optional switch in a query.
func boolOrNil(text string) *bool {
	if text == "" {
		return nil
	}
	is := text == "true"
	return &is
}
