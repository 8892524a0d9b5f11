package console

import (
	"encoding/json"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/google/uuid"

	"github.com/leadwheel/leadwheel/internal/lead"
)

// A draft is a group as a form has it.
type draft struct {
	Name, Method string
	mixDraft
	Rows []draftRow
}

// A draftRow is a place in the order: a receiver, or a receivers group.
type draftRow struct {
	// Key tells it from the others, wherever it moves.
	Key, Weight string
	Seats       []draftSeat
	// Error is what is wrong with it, WeightError with its weight.
	Error, WeightError string
	// misweighed says that its weight is no number.
	misweighed bool
}

// A draftSeat is a member in a row.
type draftSeat struct {
	Key, Member string
	Notify      bool
	// Capped are the member and, behind a space, their caps in the group as JSON, which the form keeps; empty without caps.
	Capped string
	Error  string
}

// caps are the seat's, nil where it has none, or another member sits there by now.
func (s draftSeat) caps() json.RawMessage {
	if member, caps, _ := strings.Cut(s.Capped, " "); member == s.Member && json.Valid([]byte(caps)) {
		return json.RawMessage(caps)
	}
	return nil
}

// Several says that each turn is a receivers group's.
func (d *draft) Several() bool {
	return d.Method == string(lead.RoundRobinMultiple) || d.Method == string(lead.FirstToAccept)
}

// draftOf reads what a form has of a group.
func draftOf(sent url.Values) *draft {
	d := &draft{Name: sent.Get("name"), Method: sent.Get("method"), mixDraft: mixOf(sent)}
	for _, key := range sent["row"] {
		row := draftRow{Key: key, Weight: strings.TrimSpace(sent.Get("weight." + key))}
		for _, seat := range sent["seat."+key] {
			at := "." + key + "." + seat
			row.Seats = append(row.Seats, draftSeat{Key: seat, Member: sent.Get("member" + at), Notify: sent.Get("notify"+at) != "", Capped: sent.Get("caps" + at)})
		}
		d.Rows = append(d.Rows, row)
	}
	return d
}

// draftFrom is a group that there is, to be edited.
func draftFrom(group object) *draft {
	d := &draft{Name: group.text("name"), Method: group.text("method"), mixDraft: mixFrom(group.text("balance_by"))}
	for i, l := range receiversOf(group) {
		row := draftRow{Key: strconv.Itoa(i), Weight: strconv.Itoa(l.Weight)}
		for j, m := range l.Members {
			seat := draftSeat{Key: strconv.Itoa(j), Member: m.MemberID.String(), Notify: m.Notify}
			if caps, err := json.Marshal(m.Caps); err == nil && m.Caps != nil {
				seat.Capped = seat.Member + " " + string(caps)
			}
			row.Seats = append(row.Seats, seat)
		}
		d.Rows = append(d.Rows, row)
	}
	return d
}

// change does to the draft what a button of its form says.
func (d *draft) change(do string) {
	what, at, _ := strings.Cut(do, ":")
	key, seat, _ := strings.Cut(at, ".")
	i := slices.IndexFunc(d.Rows, func(r draftRow) bool { return r.Key == key })
	switch {
	case what == "add":
		d.Rows = append(d.Rows, d.blank())
	case what == "add-group":
		if !d.Several() {
			d.Method = string(lead.RoundRobinMultiple)
		}
		d.Rows = append(d.Rows, d.blank())
	case i < 0:
	case what == "add-in":
		d.Rows[i].Seats = append(d.Rows[i].Seats, draftSeat{Key: freeKey(d.Rows[i].Seats, func(s draftSeat) string { return s.Key }), Notify: true})
	case what == "up" && i > 0:
		d.Rows[i-1], d.Rows[i] = d.Rows[i], d.Rows[i-1]
	case what == "down" && i < len(d.Rows)-1:
		d.Rows[i+1], d.Rows[i] = d.Rows[i], d.Rows[i+1]
	case what == "drop":
		d.Rows = slices.Delete(d.Rows, i, i+1)
	case what == "drop-seat":
		d.Rows[i].Seats = slices.DeleteFunc(d.Rows[i].Seats, func(s draftSeat) bool { return s.Key == seat })
	}
	d.settle()
}

// settle gives each place what its method has: one member a receiver, and at least a seat a receivers group.
func (d *draft) settle() {
	if len(d.Rows) == 0 {
		d.Rows = append(d.Rows, d.blank())
	}
	var all []draftRow
	for _, row := range d.Rows {
		if len(row.Seats) == 0 {
			row.Seats = []draftSeat{{Key: "0", Notify: true}}
		}
		if d.Several() || len(row.Seats) == 1 {
			all = append(all, row)
			continue
		}
		for _, seat := range row.Seats {
			all = append(all, draftRow{Key: row.Key + "x" + seat.Key, Weight: row.Weight, Seats: []draftSeat{seat}})
		}
	}
	d.Rows = all
}

func (d *draft) blank() draftRow {
	return draftRow{
		Key: freeKey(d.Rows, func(r draftRow) string { return r.Key }), Weight: "1", Seats: []draftSeat{{Key: "0", Notify: true}},
	}
}

// freeKey is a key that none of the things has.
func freeKey[T any](all []T, key func(T) string) string {
	for i := len(all); ; i++ {
		free := strconv.Itoa(i)
		if !slices.ContainsFunc(all, func(one T) bool { return key(one) == free }) {
			return free
		}
	}
}

// listed are the draft's receivers for the API, with the row that each comes from, those left out where nobody is chosen.
func (d *draft) listed() (slots []map[string]any, rows []int) {
	for i := range d.Rows {
		row := &d.Rows[i]
		var members []map[string]any
		for _, s := range row.Seats {
			if s.Member != "" {
				one := map[string]any{"member_id": s.Member, "notify": s.Notify}
				if caps := s.caps(); caps != nil {
					one["caps"] = caps
				}
				members = append(members, one)
			}
		}
		if len(members) == 0 {
			continue
		}
		slot := map[string]any{"members": members}
		if weight, err := strconv.Atoi(row.Weight); err == nil {
			slot["weight"] = weight
		} else if row.Weight != "" {
			row.misweighed = true
		}
		slots, rows = append(slots, slot), append(rows, i)
	}
	return slots, rows
}

// misweighed says whether a weight is no number.
func (d *draft) misweighed() bool {
	return slices.ContainsFunc(d.Rows, func(r draftRow) bool { return r.misweighed })
}

// ring is the draft as a ring's slots.
func (d *draft) ring() []lead.Slot {
	var listed []lead.Listed
	for _, row := range d.Rows {
		l := lead.Listed{Weight: 1}
		if weight, err := strconv.Atoi(row.Weight); err == nil && weight > 0 && weight <= maxWeight {
			l.Weight = weight
		}
		for _, s := range row.Seats {
			if id, err := uuid.Parse(s.Member); err == nil {
				l.Members = append(l.Members, lead.Receiver{MemberID: id, Notify: s.Notify})
			}
		}
		if len(l.Members) > 0 {
			listed = append(listed, l)
		}
	}
	return lead.Spread(listed)
}

// maxWeight is the most that the API takes.
const maxWeight = 1000

// refuse puts what the API says of receivers beside them, and returns the name of the form's field for all else.
func (d *draft) refuse(field, message string, rows []int) (name string) {
	rest, is := strings.CutPrefix(field, "slots[")
	if !is {
		return field
	}
	number, rest, _ := strings.Cut(rest, "]")
	i, err := strconv.Atoi(number)
	if err != nil || i >= len(rows) {
		return ""
	}
	row := &d.Rows[rows[i]]
	switch {
	case strings.HasPrefix(rest, ".weight"):
		row.WeightError = message
	default:
		row.Error = message
	}
	return "receivers"
}
