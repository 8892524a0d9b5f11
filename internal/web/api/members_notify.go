package api

import (
	"reflect"

	"github.com/danielgtaylor/huma/v2"

	"github.com/leadwheel/leadwheel/internal/lead"
	"github.com/leadwheel/leadwheel/store"
)

// NotifyBy are channels by which a member is told of their leads.
type NotifyBy []lead.Channel

// EmailOff is why nothing is sent to a member's e-mail address.
type EmailOff string

// Schema implements huma.SchemaProvider.
func (NotifyBy) Schema(r huma.Registry) *huma.Schema {
	most := len(lead.Channels())
	return &huma.Schema{Type: huma.TypeArray, Items: r.Schema(reflect.TypeFor[lead.Channel](), false, ""), MaxItems: &most, UniqueItems: true}
}

// QuietHours are when a member gets no messages.
type QuietHours Hours

// Schema implements huma.SchemaProvider: the registry's own schemas of objects cannot be null.
func (QuietHours) Schema(huma.Registry) *huma.Schema {
	clock := func() *huma.Schema { return &huma.Schema{Type: huma.TypeString, Description: "As in 22:00."} }
	s := &huma.Schema{
		Type: huma.TypeObject, Nullable: true, Properties: map[string]*huma.Schema{"from": clock(), "to": clock()},
		Required: []string{"from", "to"}, AdditionalProperties: false,
	}
	s.PrecomputeMessages()
	return s
}

// quietHours reads hours, nil for none.
func quietHours(h *QuietHours) (*lead.Hours, error) {
	if h == nil {
		return nil, nil
	}
	from, err := lead.ParseClock(h.From)
	if err != nil {
		return nil, &store.FieldError{Field: "quiet_hours.from", Message: notAClock}
	}
	to, err := lead.ParseClock(h.To)
	if err != nil {
		return nil, &store.FieldError{Field: "quiet_hours.to", Message: notAClock}
	}
	return &lead.Hours{From: from, To: to}, nil
}

func (n *NotifyBy) channels() []lead.Channel {
	if n == nil {
		return nil
	}
	return *n
}

// applyNotify changes how a member is told of their leads. Who says anew how they are reached has their e-mail address
// used again.
func (p MemberPatch) applyNotify(m *store.Member) error {
	if before := m.Email; p.NotifyBy.set || p.Email.set && p.Email.value != before {
		m.EmailOff = ""
	}
	by := NotifyBy(m.NotifyBy)
	p.NotifyBy.over(&by)
	m.NotifyBy = []lead.Channel(by)
	if !p.QuietHours.set {
		return nil
	}
	hours := &p.QuietHours.value
	if p.QuietHours.null {
		hours = nil
	}
	var err error
	m.QuietHours, err = quietHours(hours)
	return err
}

func notifyByBody(by []lead.Channel) *NotifyBy {
	if by == nil {
		return nil
	}
	return (*NotifyBy)(&by)
}

func hoursOrNull(h *lead.Hours) *QuietHours {
	if h == nil {
		return nil
	}
	return &QuietHours{From: h.From.String(), To: h.To.String()}
}
