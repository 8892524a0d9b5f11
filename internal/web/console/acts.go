package console

import (
	"cmp"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/leadwheel/leadwheel/internal/client"
	"github.com/leadwheel/leadwheel/internal/language"
)

// An act is something that can be done to items of a collection. Either Each does it to one of them, or Many to several.
type act struct {
	Name  string
	Label language.Text
	// Done says what was done; a count comes after it.
	Done language.Text
	// Ask is asked before it is done. Without, it is done at once, but for what concerns All.
	Ask language.Text
	// Asks is what else is asked: "planned", "delete-group", asksUndo or asksMove.
	Asks string
	// All is what it is called where it is done to whatever filters leave, by Every or else Many; empty where it cannot be.
	All language.Text
	// Page is where a form is sent that orders it, where that is a page of its own.
	Page string
	// Alone says that it is offered on an item's own page, and not in lists.
	Alone bool
	// Gone says that what it was done to has no page any more.
	Gone bool
	// Admin says that only admins may do it.
	Admin bool
	// Fits says whether it can be done to an item.
	Fits func(object) bool
	// Each does it to the item at a path in the API, and returns how many things that were.
	Each func(v *visit, item string, o *order) (int, error)
	// Many does it to all that the order names and returns to how many, Matching to all leads that match.
	Many, Matching, Every func(v *visit, o *order) (int, error)
}

// An order is an act that somebody wants done.
type order struct {
	*act
	place
	IDs []string
	// chosen is what filters leave where the act concerns all of that, nil where it concerns IDs.
	chosen url.Values
	// leads are all that match, where the act concerns those.
	leads chosenLeads
	Form  formView
	sent  url.Values
	// next is the page of what was made of the one thing that it concerned, empty where nothing was.
	next string
}

// Filter and Matched say which leads are meant where all that match are.
func (o *order) Filter() string  { return o.leads.Filter }
func (o *order) Matched() string { return o.leads.Matched }

// acts are the place's.
func (p place) acts() []*act {
	all := make([]*act, 0, len(p.Acts))
	for _, name := range p.Acts {
		all = append(all, actOf(name))
	}
	return all
}

// fitting are those of the place's acts that can be done to an item.
func (p place) fitting(item object) []*act {
	return slices.DeleteFunc(p.acts(), func(a *act) bool { return !a.Fits(item) })
}

func actOf(name string) *act {
	if i := slices.IndexFunc(acts, func(a *act) bool { return a.Name == name }); i >= 0 {
		return acts[i]
	}
	return nil
}

// To is where a form is sent that orders the act for what is ticked.
func (a *act) To() string { return cmp.Or(a.Page, home+"acts/"+a.Name) }

// address is where a form sends that orders the act, for all that filters leave where chosen is not nil.
func (a *act) address(chosen url.Values) string {
	address := home + "acts/" + a.Name
	if chosen != nil {
		address += "?" + strings.TrimSuffix("all=1&"+chosen.Encode(), "&")
	}
	return address
}

// perform does what a form orders, after asking where that is due, and leads back.
func perform(v *visit) (*page, error) {
	o, err := v.order()
	if err != nil {
		return nil, err
	}
	if (o.Ask != "" || o.chosen != nil) && o.sent.Get("sure") == "" {
		return &page{Title: v.say(o.Label), Template: "ask", Data: v.ask(o)}, nil
	}
	v.api = v.site.client(v.Request, v.token, o.Form.Once)
	n, refusals, err := o.do(v)
	if err != nil {
		return v.notMoved(o, err)
	}
	if len(refusals) > 0 {
		return &page{Title: v.say("Not all of it was done"), Template: "refused", Status: http.StatusConflict, Data: refusedView{o, n, refusals}}, nil
	}
	back, err := url.Parse(o.Form.Back)
	if err != nil {
		return nil, fmt.Errorf("reading the address to go back to: %w", err)
	}
	if o.Gone && slices.ContainsFunc(o.IDs, func(id string) bool { return back.Path == home+o.item(id) }) {
		back = &url.URL{Path: o.Href()}
	}
	if o.next != "" && len(o.IDs) == 1 {
		back = &url.URL{Path: o.next}
	}
	query := back.Query()
	query.Set("done", o.Name)
	query.Set("count", strconv.Itoa(n))
	back.RawQuery = query.Encode()
	http.Redirect(v.w, v.Request, back.String(), http.StatusSeeOther)
	return nil, nil
}

// ask asks whether an act is meant, and what else there is to know.
func (v *visit) ask(o *order) askView {
	view := askView{order: o, Address: o.address(o.chosen), All: o.chosen != nil, Chosen: v.show("", valuesOf(o.chosen))}
	if o.chosen != nil {
		view.Matches = v.matches(o)
	}
	if o.Asks == "delete-group" {
		view.Groups = slices.DeleteFunc(slices.Clone(v.names.options("groups")), func(g option) bool { return slices.Contains(o.IDs, g.Value) })
	}
	if o.Asks == asksMove {
		view.Move = v.moveFields(v.newForm("", "", o.sent))
	}
	if o.Asks == asksUndo {
		view.Will = v.willUndo(o)
	}
	if o.Asks == "planned" {
		view.Groups, view.Planned = v.names.options("groups"), v.planned(o.IDs)
	}
	for _, item := range v.items(o.place, o.IDs[:min(len(o.IDs), maxNamed)]) {
		view.Named = append(view.Named, v.nameOf(item))
	}
	return view
}

// items are the things with these ids, as far as they are there and can be read one by one.
func (v *visit) items(p place, ids []string) (all []object) {
	if p.Unlisted {
		return nil
	}
	for _, id := range ids {
		var one object
		if v.get("/v1/"+p.item(id), &one) == nil { // a name is a help: what has none is asked about without
			all = append(all, one)
		}
	}
	v.names.learn(all)
	return all
}

// planned counts what is planned for members.
func (v *visit) planned(members []string) (n int) {
	for _, m := range v.items(place{&collection{}, "members"}, members) {
		if count, err := strconv.Atoi(m.text("pending.count")); err == nil {
			n += count
		}
	}
	return n
}

// goBack leads to where somebody came from who was asked something, with what they had ticked.
func goBack(v *visit) (*page, error) {
	if err := v.readForm(maxForm); err != nil {
		return nil, err
	}
	back, err := url.Parse(within(v.PostForm.Get("back")))
	if err != nil {
		return nil, fmt.Errorf("reading the address to go back to: %w", err)
	}
	name, rest, _ := strings.Cut(strings.TrimPrefix(back.Path, home), "/")
	id, part, _ := strings.Cut(rest, "/")
	if p, err := placeOf(name, id, part); errors.Is(err, errNoPage) || p.Href() != back.Path || len(v.PostForm["id"]) == 0 {
		http.Redirect(v.w, v.Request, back.RequestURI(), http.StatusSeeOther)
		return nil, nil
	}
	v.URL = back
	for key, value := range map[string]string{"collection": name, "id": id, "part": part} {
		v.SetPathValue(key, value)
	}
	return v.listPage(v.PostForm["id"])
}

// maxNamed is how many of the things are named that an act concerns.
const maxNamed = 20

// An askView is the page that asks whether an act is meant.
type askView struct {
	*order
	// Named are the first of the things that it concerns.
	Named  []string
	Groups []option
	// Move asks where they are to be moved.
	Move *form
	// Planned is how many leads are planned for the members that it concerns.
	Planned int
	// Will says how much of a run is undone.
	Will string
	All  bool
	// Matches is how many it concerns where it concerns All, nil where that is not known.
	Matches *matches
	// Address is where the answer goes. Chosen is what the filters are, where it concerns All that they leave.
	Address string
	Chosen  shown
}

// A refusedView tells what was done and what was not.
type refusedView struct {
	*order
	Count    int
	Refusals []refusal
}

type refusal struct{ Item, Words string }

func valuesOf(chosen url.Values) object {
	var all object
	for name := range chosen {
		all = append(all, field{name, chosen.Get(name)})
	}
	slices.SortFunc(all, func(a, b field) int { return cmp.Compare(a.Name, b.Name) })
	return all
}

// readForm reads the form that was sent, up to a size.
func (v *visit) readForm(limit int64) error {
	v.Body = http.MaxBytesReader(v.w, v.Body, limit)
	err := v.ParseForm()
	tooLarge := (*http.MaxBytesError)(nil)
	switch {
	case errors.As(err, &tooLarge):
		return &client.Problem{Status: http.StatusRequestEntityTooLarge, Detail: v.say("this form is too large; choose fewer at a time")}
	case err != nil:
		return &client.Problem{Status: http.StatusBadRequest, Detail: v.say("this form cannot be read; go back and send it again")}
	}
	if v.PostForm.Get("every") == "page" { // without a script, ticking all ticks none of the others
		v.PostForm["id"] = strings.Fields(v.PostForm.Get("listed"))
	}
	return nil
}

// order reads what a form orders.
func (v *visit) order() (*order, error) {
	if err := v.readForm(maxForm); err != nil {
		return nil, err
	}
	name, rest, _ := strings.Cut(v.PostForm.Get("path"), "/")
	id, part, _ := strings.Cut(rest, "/")
	p, err := placeOf(name, id, part)
	if err != nil {
		return nil, err
	}
	slices.Sort(v.PostForm["id"]) // by age: lists have the newest first, and what waits longest is to go first
	a := actOf(v.PathValue("act"))
	if a == nil || a.Page != "" || !slices.Contains(p.Acts, a.Name) {
		return nil, errNoPage
	}
	o := &order{act: a, place: p, IDs: v.PostForm["id"], sent: v.PostForm, Form: formView{
		p.path, within(v.PostForm.Get("back")), v.PostForm.Get("once"),
	}}
	switch asked := v.URL.Query(); {
	case a.All != "" && asked.Has("all"):
		asked.Del("all")
		o.IDs, o.chosen = nil, asked
	case a.Matching != nil && v.PostForm.Get("matched") != "":
		o.leads, err = v.leadsChosen()
		o.IDs = nil
		return o, err
	case slices.ContainsFunc(o.IDs, func(id string) bool { return uuid.Validate(id) != nil }):
		return nil, errNoPage
	case len(o.IDs) == 0:
		return nil, &client.Problem{Status: http.StatusUnprocessableEntity, Detail: v.say("nothing is chosen; go back and tick what is meant")}
	}
	return o, nil
}

// do does what is ordered and returns to how many, with what was refused. After an error of the system nothing more is
// tried, and the same form can be sent again: what was done is not done twice.
func (o *order) do(v *visit) (n int, refusals []refusal, err error) {
	if o.leads.Matched != "" {
		n, err = o.Matching(v, o)
		return n, nil, err
	}
	if o.chosen != nil && o.Every != nil {
		n, err = o.Every(v, o)
		return n, nil, err
	}
	if o.Many != nil {
		n, err = o.Many(v, o)
		return n, nil, err
	}
	for _, id := range o.IDs {
		did, err := o.Each(v, "/v1/"+o.item(id), o)
		refused := &client.Problem{}
		switch {
		case err == nil:
			n += did
		case len(o.IDs) == 1:
			return n, nil, err
		case errors.As(err, &refused) && refused.Refused() && refused.Status != http.StatusUnauthorized:
			refusals = append(refusals, refusal{short(id), sentence(v.heard(refused.Error()))})
		case n+len(refusals) == 0:
			return n, nil, err
		default:
			return n, append(refusals, refusal{short(id), v.say("Something went wrong here, and nothing more was tried. Send the same form again.")}), nil
		}
	}
	return n, refusals, nil
}

// doneWords tell what a visitor has just done, from the address that they were led back to.
func (v *visit) doneWords(query url.Values) string {
	if words := told[query.Get("done")]; words != "" {
		return v.say(words)
	}
	a := actOf(query.Get("done"))
	n, err := strconv.Atoi(query.Get("count"))
	if a == nil || err != nil || n < 0 {
		return ""
	}
	return fmt.Sprintf("%s: %d.", v.say(a.Done), n)
}

// moment reads what a field for a moment holds, which a browser sends without a zone.
func (v *visit) moment(name, value string) (string, error) {
	at, err := time.ParseInLocation(localFormat, value, v.zone)
	if err != nil {
		wrong := v.say("%q is no moment; write it as 2026-03-01T09:00", value)
		return "", &client.Problem{Status: http.StatusUnprocessableEntity, Detail: wrong, Errors: []client.Field{{Location: "body." + name, Message: wrong}}}
	}
	return at.UTC().Format(time.RFC3339), nil
}
