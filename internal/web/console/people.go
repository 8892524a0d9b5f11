package console

import (
	"cmp"
	"net/http"
	"net/url"
	"strings"

	"github.com/leadwheel/leadwheel/internal/language"
	"github.com/leadwheel/leadwheel/internal/lead"
)

// roleWords say what people with a role may do.
var roleWords = map[lead.PersonRole]language.Text{
	lead.PersonAdmin:   "does everything.",
	lead.PersonManager: "does everything but what concerns API keys, webhooks’ secrets, people and the workspace’s settings.",
	lead.PersonAgent:   "sees and edits their own leads and customers.",
}

var toPeople = way{"People", home + "people"}

func invitePerson(v *visit) (*page, error) {
	return v.inviteForm(v.newForm(home+"people/new", home+"people", url.Values{"role": {string(lead.PersonManager)}}))
}

func (v *visit) inviteForm(f *form) (*page, error) {
	f.Save = v.say("Invite")
	v.personFields(f)
	return formPage(v.say("Invite somebody"), f, v.way(toPeople)), nil
}

// personFields are the fields of somebody who signs in.
func (v *visit) personFields(f *form) {
	f.text("text", "name", "Name", "")
	f.text("email", "email", "Email", "By which they are known when they sign in.")
	var roles []option
	var hints []string
	for _, r := range lead.PersonRoles() {
		name := capital(v.worded("role", string(r)))
		roles, hints = append(roles, option{string(r), name, false}), append(hints, name+": "+v.say(roleWords[r]))
	}
	f.add(input{Kind: "select", Name: "role", Label: v.say("Role"), Hint: strings.Join(hints, " "), Options: roles})
	f.choose("member_id", "Member", "Needed for an agent: the member whose leads they see.", append([]option{{"", v.say("nobody"), false}}, v.names.options("members", isActive)...))
}

func personBody(f *form) map[string]any {
	body := map[string]any{"name": f.value("name"), "email": f.value("email"), "role": f.value("role"), "member_id": nil}
	if m := f.value("member_id"); m != "" {
		body["member_id"] = m
	}
	return body
}

func addPerson(v *visit) (*page, error) {
	f, err := v.sentForm(home + "people")
	if err != nil {
		return nil, err
	}
	f.does(v)
	body := without(personBody(f))
	if body["name"] == "" {
		delete(body, "name") // the API then takes the member's, or the address
	}
	var made struct{ ID, Name, URL string }
	err = v.api.Call(v.Context(), http.MethodPost, "/v1/people", body, &made)
	if err != nil && f.refused(err, same) {
		return v.inviteForm(f)
	}
	if err != nil {
		return nil, err
	}
	return v.linkPage(v.say("%s can sign in now", made.Name), made.URL), nil
}

// linkPage shows a link that signs somebody in, this once.
func (v *visit) linkPage(title, path string) *page {
	return &page{Title: title, Template: "once", Up: v.way(toPeople), Data: onceView{
		Words:  v.say("Send them this link. It opens the console signed in, once, within 15 minutes. It is shown only now."),
		Secret: v.origin() + path, Label: v.say("Link"), Next: v.way(toPeople),
	}}
}

// origin is where the browser reached us.
func (v *visit) origin() string {
	if encrypted(v.Request) {
		return "https://" + v.Host
	}
	return "http://" + v.Host
}

// A onceView shows what is never shown again.
type onceView struct {
	Words, Label, Secret string
	Next                 *link
}

// A personView is somebody who signs in, to be changed.
type personView struct {
	*form
	ID    string
	Order formView
	Facts []part
	// Known says that they have a password or passkeys, which can be taken away.
	Known bool
	// Self says that it is whoever looks.
	Self bool
}

func editPerson(v *visit) (*page, error) {
	one, err := v.item("people")
	if err != nil {
		return nil, err
	}
	here := home + "people/" + one.text("id")
	return v.personPage(one, v.newForm(here, home+"people", url.Values{
		"name": {one.text("name")}, "email": {one.text("email")}, "role": {one.text("role")}, "member_id": {one.text("member_id")},
	}))
}

func (v *visit) personPage(one object, f *form) (*page, error) {
	m, err := v.who()
	if err != nil {
		return nil, err
	}
	v.personFields(f)
	password := v.say("none; a link signs them in")
	if one.is("has_password") {
		password = v.say("has one")
	}
	seen := v.show("seen_at", one.get("seen_at"))
	if seen.Empty() {
		seen.Text = v.say("not yet")
	}
	view := personView{form: f, ID: one.text("id"), Order: v.form("people"), Known: one.is("has_password") || number(one, "passkeys") > 0, Self: m.Person != nil && m.Person.ID == one.text("id"), Facts: []part{
		{v.say("Signed in last"), seen}, {v.say("Password"), shown{Text: password}}, {v.say("Passkeys"), shown{Text: cmp.Or(one.text("passkeys"), "0")}}, {v.say("Added"), v.show("created_at", one.get("created_at"))},
	}}
	p := &page{Title: v.called(one), Template: "person", Data: view, Up: v.way(toPeople)}
	if len(f.errors) > 0 || f.Problem != "" {
		p.Status = http.StatusUnprocessableEntity
	}
	return p, nil
}

func savePerson(v *visit) (*page, error) {
	one, err := v.item("people")
	if err != nil {
		return nil, err
	}
	f, err := v.sentForm(home + "people")
	if err != nil {
		return nil, err
	}
	err = v.api.Call(v.Context(), http.MethodPatch, "/v1/people/"+one.text("id"), personBody(f), nil)
	if err != nil && f.refused(err, same) {
		return v.personPage(one, f)
	}
	if err != nil {
		return nil, err
	}
	return v.done(home+"people", "saved")
}

// newLink makes a link that signs somebody in.
func newLink(v *visit) (*page, error) {
	if err := v.readForm(maxForm); err != nil {
		return nil, err
	}
	one, err := v.item("people")
	if err != nil {
		return nil, err
	}
	var made struct{ URL string }
	if err := v.api.Call(v.Context(), http.MethodPost, "/v1/people/"+one.text("id")+"/sign-in-link", nil, &made); err != nil {
		return nil, err
	}
	return v.linkPage(v.say("A link for %s", v.called(one)), made.URL), nil
}

// resetPerson takes a person's password and passkeys away, as where a device was lost or somebody else knows them.
func resetPerson(v *visit) (*page, error) {
	if err := v.readForm(maxForm); err != nil {
		return nil, err
	}
	one, err := v.item("people")
	if err != nil {
		return nil, err
	}
	if err := v.api.Call(v.Context(), http.MethodPatch, "/v1/people/"+one.text("id"), map[string]any{"has_password": false, "passkeys": 0}, nil); err != nil {
		return nil, err
	}
	return v.done(home+"people/"+one.text("id"), "reset")
}

func (s *site) servePeople(pages *http.ServeMux) {
	pages.HandleFunc("GET /console/people/new", s.page(invitePerson))
	pages.HandleFunc("POST /console/people/new", s.page(addPerson))
	pages.HandleFunc("GET /console/people/{id}", s.page(editPerson))
	pages.HandleFunc("POST /console/people/{id}", s.page(savePerson))
	pages.HandleFunc("POST /console/people/{id}/link", s.page(newLink))
	pages.HandleFunc("POST /console/people/{id}/reset", s.page(resetPerson))
}
