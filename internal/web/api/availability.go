package api

import (
	"context"
	"encoding/json"
	"net/http"
	"reflect"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/google/uuid"

	"github.com/leadwheel/leadwheel/internal/lead"
	"github.com/leadwheel/leadwheel/store"
)

// WorkingHours are when a member takes leads: by weekday the spans of time, by their own clock.
type WorkingHours map[string][]Hours

// Schema implements huma.SchemaProvider: the registry's own schemas of objects cannot be null.
func (WorkingHours) Schema(huma.Registry) *huma.Schema {
	most := 24
	span := func() *huma.Schema {
		s := &huma.Schema{
			Type: huma.TypeObject, Required: []string{"from", "to"}, AdditionalProperties: false,
			Properties: map[string]*huma.Schema{
				"from": {Type: huma.TypeString, Description: "As in 09:00."},
				"to":   {Type: huma.TypeString, Description: "Not included; 24:00 is the end of the day. Earlier than from, the span passes midnight."},
			},
		}
		s.PrecomputeMessages()
		return s
	}
	s := &huma.Schema{Type: huma.TypeObject, Nullable: true, Properties: map[string]*huma.Schema{}, AdditionalProperties: false}
	for _, day := range []string{"mon", "tue", "wed", "thu", "fri", "sat", "sun"} {
		s.Properties[day] = &huma.Schema{Type: huma.TypeArray, Items: span(), MaxItems: &most}
	}
	s.PrecomputeMessages()
	return s
}

// week reads working hours; nil is always.
func (w WorkingHours) week() (*lead.Week, error) {
	if w == nil {
		return nil, nil
	}
	text, err := json.Marshal(w)
	if err != nil {
		return nil, err
	}
	var week lead.Week
	if err := json.Unmarshal(text, &week); err != nil {
		return nil, &store.FieldError{Field: "working_hours", Message: err.Error()}
	}
	return &week, nil
}

// workingHoursOrNull is working hours as JSON has them: null for always.
func workingHoursOrNull(w *lead.Week) (hours WorkingHours) {
	if w == nil {
		return nil
	}
	text, err := json.Marshal(w)
	if err == nil {
		err = json.Unmarshal(text, &hours)
	}
	if err != nil {
		panic(err) // clocks and names of days always marshal
	}
	return hours
}

// Caps bound how many leads a member gets, in calendar windows by their own clock, and how many of their copies are open.
type Caps struct {
	PerHour  *int `json:"per_hour"`
	PerDay   *int `json:"per_day"`
	PerWeek  *int `json:"per_week" doc:"From Monday to Sunday."`
	PerMonth *int `json:"per_month"`
	Open     *int `json:"open" doc:"Copies whose status is none of the workspace's closed_statuses."`
}

// Schema implements huma.SchemaProvider.
func (Caps) Schema(huma.Registry) *huma.Schema {
	least, most := 1.0, 1e6
	return numbersOrNull(reflect.TypeFor[Caps](), huma.Schema{Type: huma.TypeInteger, Nullable: true, Minimum: &least, Maximum: &most})
}

// numbersOrNull describes an object of numbers that may be null, which the registry's own schemas of objects cannot.
func numbersOrNull(shape reflect.Type, number huma.Schema) *huma.Schema {
	s := &huma.Schema{Type: huma.TypeObject, Nullable: true, Properties: map[string]*huma.Schema{}, AdditionalProperties: false}
	for i := range shape.NumField() {
		f, one := shape.Field(i), number
		one.Description = f.Tag.Get("doc")
		s.Properties[f.Tag.Get("json")] = &one
	}
	s.PrecomputeMessages()
	return s
}

// toStore is the caps as the domain has them; nil is none.
func (c *Caps) toStore() lead.Caps {
	if c == nil {
		return lead.Caps{}
	}
	return lead.Caps(*c)
}

// capsOrNull is caps as JSON has them: null where nothing is bounded.
func capsOrNull(c lead.Caps) *Caps {
	if c.None() {
		return nil
	}
	caps := Caps(c)
	return &caps
}

// AvailabilityPatch is what changes of when a member can take leads.
type AvailabilityPatch struct {
	OnDuty       Patch[bool]         `json:"on_duty,omitempty" nullable:"false"`
	WorkingHours Patch[WorkingHours] `json:"working_hours,omitempty"`
	Caps         Patch[Caps]         `json:"caps,omitempty"`
}

func (p AvailabilityPatch) apply(m *store.Member) error {
	on := !m.OffDuty
	if err := p.OnDuty.overNeeded("on_duty", &on); err != nil {
		return err
	}
	m.OffDuty = !on
	if p.Caps.set {
		m.Caps = p.Caps.value.toStore()
	}
	if p.Caps.null {
		m.Caps = lead.Caps{}
	}
	if !p.WorkingHours.set {
		return nil
	}
	week, err := p.WorkingHours.value.week()
	if p.WorkingHours.null {
		week, err = nil, nil
	}
	m.WorkingHours = week
	return err
}

// Availability says whether a receiver of a group can take a lead by turn at an instant.
type Availability struct {
	MemberID   uuid.UUID      `json:"member_id" format:"uuid"`
	Available  bool           `json:"available"`
	Reason     *lead.Obstacle `json:"reason" nullable:"true" doc:"What keeps them, where something does."`
	Until      *time.Time     `json:"until" nullable:"true" doc:"When that changes as hours, absences and windows have it; null: when somebody changes it."`
	Caps       *Caps          `json:"caps" doc:"Over all groups."`
	Count      *CapCount      `json:"count" doc:"What those caps count; null without caps."`
	GroupCaps  *Caps          `json:"group_caps" doc:"In this group."`
	GroupCount *CapCount      `json:"group_count"`
}

// CapCount is what a member got in the windows under way, and how many of their copies are open.
type CapCount struct {
	Hour  int `json:"hour"`
	Day   int `json:"day"`
	Week  int `json:"week"`
	Month int `json:"month"`
	Open  int `json:"open"`
}

// Schema implements huma.SchemaProvider.
func (CapCount) Schema(huma.Registry) *huma.Schema {
	return numbersOrNull(reflect.TypeFor[CapCount](), huma.Schema{Type: huma.TypeInteger})
}

type availabilityInput struct {
	ItemID
	At time.Time `query:"at" doc:"The instant; now unless given. What members got is counted as of now."`
}

func (a *API) registerAvailability() {
	register(a, huma.Operation{
		OperationID: "get-group-availability", Method: http.MethodGet, Path: "/v1/groups/{id}/availability",
		Summary: "See which receivers of a group can take a lead, why others cannot, and until when", Errors: []int{http.StatusUnprocessableEntity},
	}, bounded(a, a.getAvailability))
}

func (a *API) getAvailability(ctx context.Context, c *call, in *availabilityInput) (*struct{ Body List[Availability] }, error) {
	at := in.At
	if at.IsZero() {
		at = a.Store.Now()
	}
	all, err := a.Store.Availability(ctx, c.Workspace, in.ID, at)
	if err != nil {
		return nil, err
	}
	return &struct{ Body List[Availability] }{List[Availability]{Items: each(all, func(one store.Availability) Availability {
		return Availability{
			MemberID: one.MemberID, Available: one.Obstacle == "", Reason: textOrNull(one.Obstacle), Until: one.Until,
			Caps: capsOrNull(one.Caps), Count: countBody(one.Count), GroupCaps: capsOrNull(one.GroupCaps), GroupCount: countBody(one.GroupCount),
		}
	})}}, nil
}

func countBody(n *lead.Count) *CapCount {
	if n == nil {
		return nil
	}
	return &CapCount{n.Hour, n.Day, n.Week, n.Month, n.Open}
}
