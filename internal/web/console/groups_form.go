package console

import (
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/leadwheel/leadwheel/internal/client"
	"github.com/leadwheel/leadwheel/internal/lead"
)

// A groupForm is the page on which a group is made or edited.
type groupForm struct {
	*form
	*draft
	Fields []input
	// Members are those who can be chosen.
	Members []option
	// Groups are those whose members can be given what is planned for whoever leaves.
	Groups  []option
	Preview *groupPreview
	// Tried is what it would have come to on last month's leads, and Trial says that it can be tried.
	Tried *tried
	Trial bool
	// Planned is for whom of those who leave something is planned; Choice what is to become of it.
	Planned []planShare
	Choice  string
}

// A groupPreview is what saving would change.
type groupPreview struct {
	Wheel         *wheel
	Next          []nextTurn
	Joins, Leaves []string
	Edit          bool
}

func newGroup(v *visit) (*page, error) {
	d := &draft{Method: string(lead.RoundRobin)}
	d.settle()
	return v.groupPage(&groupForm{form: v.newForm(home+"groups/new", home+"groups", url.Values{}), draft: d}, nil)
}

func addGroup(v *visit) (*page, error) { return v.sentGroup(nil) }

func editGroup(v *visit) (*page, error) {
	one, err := v.item("groups")
	if err != nil {
		return nil, err
	}
	here := home + "groups/" + one.text("id")
	g := &groupForm{form: v.newForm(here+"/edit", here, groupValues(one)), draft: draftFrom(one)}
	g.opened(v.tags["/v1/groups/"+one.text("id")], g.values)
	if err := v.previewGroup(g, one); unfit(err) {
		return nil, err
	}
	return v.groupPage(g, one)
}

func saveGroup(v *visit) (*page, error) {
	one, err := v.item("groups")
	if err != nil {
		return nil, err
	}
	return v.sentGroup(one)
}

// sentGroup does what a button of a group's form says; one is the group that is edited, nil for a new one.
func (v *visit) sentGroup(one object) (*page, error) {
	back := home + "groups"
	if one != nil {
		back += "/" + one.text("id")
	}
	f, err := v.sentForm(back)
	if err != nil {
		return nil, err
	}
	g := &groupForm{form: f, draft: draftOf(f.values), Choice: f.value("pending")}
	switch do := f.value("do"); {
	case do == "save":
		return v.storeGroup(g, one)
	case one != nil && isTrial(do):
		return v.tryGroup(g, one, do)
	default:
		g.change(do)
		err := v.previewGroup(g, one)
		if err != nil && (do == "preview" || do == "") && !g.refuses(err) || unfit(err) {
			return nil, err
		}
		return v.groupPage(g, one)
	}
}

// unfit says whether an error is none of what somebody filled in.
func unfit(err error) bool {
	refused := &client.Problem{}
	return err != nil && (!errors.As(err, &refused) || !refused.Refused())
}

// body is what the API is sent, and rows the rows that its slots come from.
func (g *groupForm) body() (body map[string]any, rows []int) {
	slots, rows := g.listed()
	body = map[string]any{"name": g.value("name"), "method": g.Method, "slots": slots}
	if g.values.Has("mix") {
		body["balance_by"] = g.balanceBy()
	}
	return body, rows
}

// refuses puts what the API says beside the fields, and says whether that is all there is to an error.
func (g *groupForm) refuses(err error) bool {
	_, rows := g.listed()
	messages := map[string]string{}
	if refused := (&client.Problem{}); errors.As(err, &refused) {
		for _, e := range refused.Errors {
			messages[e.Location] = e.Message
		}
	}
	return g.refused(err, func(field string) string {
		name := g.refuse(field, g.heard(messages["body."+field]), rows)
		if field == "slots" || name == "receivers" {
			return "receivers"
		}
		switch name {
		case "name", "method":
			return name
		case "balance_by":
			return g.field()
		}
		return ""
	})
}

// storeGroup saves a group. Where leads are planned for who leaves it asks what is to become of them.
func (v *visit) storeGroup(g *groupForm, one object) (*page, error) {
	body, _ := g.body()
	if g.misweighed() {
		g.sayMisweighed()
		return v.groupPage(g, one)
	}
	if one == nil {
		g.does(v)
		var made struct{ ID string }
		switch err := v.api.Call(v.Context(), http.MethodPost, "/v1/groups", body, &made); {
		case err == nil:
			return v.done(home+"groups/"+url.PathEscape(made.ID), "added")
		case !g.refuses(err):
			return nil, err
		}
		return v.groupPage(g, nil)
	}
	if g.Choice != "" {
		choice := map[string]any{"action": g.Choice}
		if group := g.value("pending_group"); g.Choice == "spread" && group != "" {
			choice["group_id"] = group
		}
		body["pending"] = choice
	}
	g.values.Set("receivers", g.receivers())
	again, err := v.edit(g.form, edit{http.MethodPut, "/v1/groups/" + one.text("id"), body, "group", groupValues, nil})
	if refused := (&client.Problem{}); errors.As(err, &refused) && len(refused.Pending) > 0 {
		g.planned(v, refused.Pending)
		return v.groupPage(g, one)
	}
	switch {
	case err == nil && again:
		return v.overtaken(g)
	case err == nil:
		return v.done(home+"groups/"+one.text("id"), "saved")
	case !g.refuses(err):
		return nil, err
	}
	return v.groupPage(g, one)
}

// sayMisweighed says beside each weight that is no number that it is none.
func (g *groupForm) sayMisweighed() {
	for i := range g.Rows {
		if g.Rows[i].misweighed {
			g.Rows[i].WeightError = g.say("This is no whole number.")
		}
	}
	g.errors["receivers"] = g.say("A weight is no whole number.")
}

// groupValues are what a group's form holds, its receivers as one text.
func groupValues(one object) url.Values {
	d := draftFrom(one)
	return url.Values{"name": {d.Name}, "method": {d.Method}, "mix": {d.Mix}, "mix_field": {d.Field}, "receivers": {d.receivers()}}
}

// receivers are the draft's as one text, which is another for others.
func (d *draft) receivers() string {
	slots, _ := d.listed()
	text, err := json.Marshal(slots)
	if err != nil {
		return "" // they are texts, numbers and truths
	}
	return string(text)
}

// overtaken shows the form of a group that somebody else has changed meanwhile, with theirs where it was left alone here.
func (v *visit) overtaken(g *groupForm) (*page, error) {
	one, err := v.item("groups")
	if err != nil {
		return nil, err
	}
	theirs := draftFrom(one)
	g.Name, g.Method, g.mixDraft = g.values.Get("name"), g.values.Get("method"), mixOf(g.values)
	if changed, is := g.theirs["receivers"]; is {
		changed.value = strings.Join(v.receiverNames(theirs), ", ")
		if changed.taken {
			g.Rows = theirs.Rows
		}
		i := input{Name: "receivers", Label: v.say("Receivers")}
		i.Note = changed.note(g.form, i)
		g.Meanwhile = append(g.Meanwhile, i)
	}
	if err := v.previewGroup(g, one); unfit(err) {
		return nil, err
	}
	return v.groupPage(g, one)
}

// receiverNames are a draft's receivers by name, in their order.
func (v *visit) receiverNames(d *draft) (all []string) {
	for _, row := range d.Rows {
		var names []string
		for _, seat := range row.Seats {
			name, _ := v.names.of("members", seat.Member)
			names = append(names, name)
		}
		text := strings.Join(names, " + ")
		if row.Weight != "1" {
			text += " ×" + row.Weight
		}
		all = append(all, text)
	}
	return all
}

// planned notes for whom of those who leave something is planned.
func (g *groupForm) planned(v *visit, pending []client.Pending) {
	for _, p := range pending {
		name, _ := v.names.of("members", p.MemberID.String())
		g.Planned = append(g.Planned, planShare{Name: name, Count: p.Count})
	}
	if g.Choice == "" {
		g.Choice = "spread"
	}
}

// previewGroup finds out what saving a group would change.
func (v *visit) previewGroup(g *groupForm, one object) error {
	body, _ := g.body()
	if g.value("name") == "" {
		body["name"] = "-" // who is next does not hang on it
	}
	if one != nil {
		body["id"] = one.text("id")
	}
	var p struct {
		Next          []turn
		Pending       []client.Pending
		Joins, Leaves []string
	}
	if err := v.api.Call(v.Context(), http.MethodPost, "/v1/groups/preview", body, &p); err != nil {
		return err
	}
	g.planned(v, p.Pending)
	g.Preview = &groupPreview{Wheel: v.wheelOf(g.ring(), p.Next), Next: v.nextTurns(p.Next, len(g.ring())), Edit: one != nil}
	for _, id := range p.Joins {
		name, _ := v.names.of("members", id)
		g.Preview.Joins = append(g.Preview.Joins, name)
	}
	for _, id := range p.Leaves {
		name, _ := v.names.of("members", id)
		g.Preview.Leaves = append(g.Preview.Leaves, name)
	}
	return nil
}

// groupPage shows the form of a group.
func (v *visit) groupPage(g *groupForm, one object) (*page, error) {
	g.settle()
	title, up := v.say("New group"), v.way(toGroups)
	if one != nil {
		title, up = v.say("Edit %s", v.called(one)), &link{v.called(one), home + "groups/" + one.text("id")}
	}
	name := g.made(input{Kind: "text", Name: "name", Label: v.say("Name"), Value: g.Name})
	method := g.made(input{Kind: "select", Name: "method", Label: v.say("Method"), Value: g.Method, Options: []option{
		{Value: string(lead.RoundRobin), Label: v.say("One member a turn: each lead goes to the next in order")},
		{Value: string(lead.RoundRobinMultiple), Label: v.say("A receivers group a turn: each of its members gets a copy")},
		{Value: string(lead.FirstToAccept), Label: v.say("Offered to a receivers group a turn: the first to accept gets it")},
	}})
	g.Fields = append([]input{name, method}, g.mixFields(v)...)
	if g.errors["receivers"] != "" {
		g.Wrong = append(g.Wrong, input{Name: "receivers", Label: v.say("Receivers"), Error: g.errors["receivers"]})
	}
	for _, m := range v.names.all("members") {
		o := option{Value: m.text("id"), Label: v.called(m)}
		if why := v.whyNot(o.Value); why != "" {
			o.Label += " (" + why + ")"
		}
		g.Members = append(g.Members, o)
	}
	g.keepRemoved()
	if len(g.Planned) > 0 {
		g.Groups = v.names.options("groups")
	}
	g.Trial = one != nil
	p := &page{Title: title, Template: "group-form", Data: g, Up: up}
	if len(g.errors) > 0 || g.Problem != "" {
		p.Status = http.StatusUnprocessableEntity
	}
	return p, nil
}

// keepRemoved leaves those who were removed where they are listed, until somebody takes them out.
func (g *groupForm) keepRemoved() {
	for _, row := range g.Rows {
		for _, s := range row.Seats {
			known := slices.ContainsFunc(g.Members, func(o option) bool { return o.Value == s.Member })
			if s.Member != "" && !known {
				g.Members = append(g.Members, option{Value: s.Member, Label: g.say("(removed)")})
			}
		}
	}
}

// maxChoices bounds how often members are listed in a form: every receiver's row could list every member. Beyond, rows with a member
// have that one only; a script fills in the others, and without one a receiver is removed and another added.
const maxChoices = 600

// Sparse says that rows do not list all members.
func (g *groupForm) Sparse() bool {
	seats := 0
	for _, row := range g.Rows {
		seats += len(row.Seats)
	}
	return seats*len(g.Members) > maxChoices
}

// A seatView is what a template needs to show a member in a row.
type seatView struct {
	Row     string
	Bad     bool
	Seat    draftSeat
	Members []option
}

func seatOf(g *groupForm, row draftRow, seat draftSeat) seatView {
	members := g.Members
	if seat.Member != "" && g.Sparse() {
		members = slices.DeleteFunc(slices.Clone(members), func(o option) bool { return o.Value != seat.Member })
	}
	return seatView{row.Key, row.Error != "", seat, members}
}
