package console

import (
	"net/http"
	"net/url"
	"slices"
	"strings"
)

// notesField is the custom field that holds what somebody notes of a lead.
const notesField = "notes"

// A leadForm asks for a lead, and where it is new, to whom it goes.
type leadForm struct {
	*form
	Target *target
}

func newLead(v *visit) (*page, error) {
	return v.leadPage(v.say("New lead"), &leadForm{form: v.newForm(home+"leads/new", home+"leads", url.Values{})}, nil)
}

// addLead keys in a lead, and distributes it where the form says to whom.
func addLead(v *visit) (*page, error) {
	f, err := v.sentForm(home + "leads")
	if err != nil {
		return nil, err
	}
	l := &leadForm{form: f}
	body := l.body()
	if fields := l.fields(); len(fields) > 0 {
		body["fields"] = fields
	}
	to, ok := v.distribution(f)
	if !ok || len(f.errors) > 0 {
		return v.leadPage(v.say("New lead"), l, nil)
	}
	if to != nil {
		body["distribute"] = to
	}
	f.does(v)
	var made struct{ ID string }
	err = v.api.Call(v.Context(), http.MethodPost, "/v1/leads", without(body), &made)
	if err != nil && f.refused(err, leadField) {
		return v.leadPage(v.say("New lead"), l, nil)
	}
	if err != nil {
		return nil, err
	}
	return v.done(home+"leads/"+url.PathEscape(made.ID), "added")
}

func editLead(v *visit) (*page, error) {
	one, f, err := v.openItem("leads", "edit", leadValues)
	if err != nil {
		return nil, err
	}
	return v.leadPage(v.called(one), &leadForm{form: f}, one)
}

// leadValues are what a lead's form holds.
func leadValues(one object) url.Values {
	values := url.Values{"name": {one.text("name")}, "email": {one.text("email")}, "phone": {one.text("phone")}, "source_id": {one.text("source_id")}, "notes": {""}}
	var lines []string
	for _, field := range plainFields(one, notesField) {
		if value := field.Value.(string); field.Name == notesField {
			values.Set("notes", value)
		} else {
			lines = append(lines, field.Name+": "+value)
		}
	}
	values.Set("more", strings.Join(lines, "\n"))
	return values
}

// plainFields are something's custom fields that are one line of text each, or long ones of these names: what its form shows. The others
// stay as they are.
func plainFields(one object, long ...string) (all []field) {
	fields, _ := one.get("fields").(object)
	for _, f := range fields {
		text, is := f.Value.(string)
		if is && (slices.Contains(long, f.Name) || !strings.ContainsAny(text+f.Name, "\r\n") && !strings.Contains(f.Name, ":") && strings.TrimSpace(f.Name) == f.Name && f.Name != "") {
			all = append(all, f)
		}
	}
	return all
}

func saveLead(v *visit) (*page, error) {
	one, here, f, err := v.sentItem("leads")
	if err != nil {
		return nil, err
	}
	l := &leadForm{form: f}
	body, fields := l.body(), l.fields()
	body["fields"] = emptied(fields, plainFields(one, notesField))
	return v.save(f, edit{http.MethodPatch, "/v1/leads/" + one.text("id"), body, "lead", leadValues, leadField}, here, func() (*page, error) {
		return v.leadPage(v.called(one), l, one)
	})
}

// emptied are custom fields with null for those that a form had shown and does not have any more.
func emptied(fields map[string]any, shown []field) map[string]any {
	for _, old := range shown {
		if _, kept := fields[old.Name]; !kept {
			fields[old.Name] = nil
		}
	}
	return fields
}

// body is what a form says of a lead, but for its custom fields; null is what it leaves empty.
func (l *leadForm) body() map[string]any {
	body := map[string]any{}
	for _, name := range []string{"name", "email", "phone", "source_id"} {
		if body[name] = nil; l.value(name) != "" {
			body[name] = l.value(name)
		}
	}
	return body
}

// fields are the custom fields that a form has, and its notes.
func (l *leadForm) fields() map[string]any {
	all := l.answers()
	if notes := l.value("notes"); notes != "" {
		all[notesField] = strings.ReplaceAll(notes, "\r\n", "\n")
	}
	return all
}

// answers are the custom fields that a form has one a line.
func (f *form) answers() map[string]any {
	all := map[string]any{}
	for line := range strings.Lines(f.value("more")) {
		if line = strings.TrimSpace(line); line == "" {
			continue
		}
		name, value, found := strings.Cut(line, ":")
		if name = strings.TrimSpace(name); !found || name == "" {
			f.errors["more"] = f.say("Write each as Question: answer; %q is not.", line)
			continue
		}
		all[name] = strings.TrimSpace(value)
	}
	return all
}

// leadField is the form's field for one of the API's.
func leadField(field string) string {
	field = strings.TrimPrefix(field, "distribute.")
	if strings.HasPrefix(field, "fields") {
		return "more"
	}
	return oneOf(field, "name", "email", "phone", "source_id", "group_id", "at", "pace")
}

// oneOf is the field where it is one of those named, empty where it is none.
func oneOf(field string, names ...string) string {
	if slices.Contains(names, field) {
		return field
	}
	return ""
}

func (v *visit) leadPage(title string, l *leadForm, one object) (*page, error) {
	l.text("text", "name", "Name", "")
	l.text("email", "email", "Email", "")
	l.text("tel", "phone", "Phone", "One of name, email and phone is needed.")
	l.choose("source_id", "Source", "", v.sourcesFor("for_leads", one))
	l.text("area", "notes", "Notes", "")
	l.text("area", "more", "Other answers", "One a line, as in City: Kuala Lumpur.")
	up := v.way(toLeads)
	if one == nil {
		l.Target = v.target(l.form, v.say("nobody yet"))
		rules, err := v.byRules()
		if err != nil {
			return nil, err
		}
		l.Target.Group.Options = slices.Insert(l.Target.Group.Options, 1, rules...)
	} else {
		title, up = v.say("Edit %s", title), &link{title, home + "leads/" + one.text("id")}
	}
	p := &page{Title: title, Template: "lead-form", Data: l, Up: up}
	if len(l.errors) > 0 || l.Problem != "" {
		p.Status = http.StatusUnprocessableEntity
	}
	return p, nil
}

// sourcesFor are the sources that are offered for leads or for customers, and the one that a thing has.
func (v *visit) sourcesFor(offer string, one object) []option {
	return append([]option{{Label: v.say("none")}}, v.names.options("sources", func(s object) bool {
		return s.is("enabled") && s.is(offer) || one != nil && s.text("id") == one.text("source_id")
	})...)
}

func (s *site) serveLeads(pages *http.ServeMux) {
	pages.HandleFunc("GET /console/leads/new", s.page(newLead))
	pages.HandleFunc("POST /console/leads/new", s.page(addLead))
	pages.HandleFunc("POST /console/leads/export", s.page(exportLeads))
	pages.HandleFunc("GET /console/leads/{id}", s.page(showLead))
	pages.HandleFunc("GET /console/leads/{id}/edit", s.page(editLead))
	pages.HandleFunc("POST /console/leads/{id}/edit", s.page(saveLead))
}
