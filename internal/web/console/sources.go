package console

import (
	"net/http"
	"net/url"
)

var toSources = way{"Sources", home + "sources"}

func newSource(v *visit) (*page, error) {
	return sourceForm(v.say("New source"), v.newForm(home+"sources/new", home+"sources", url.Values{"enabled": {"yes"}, "for_leads": {"yes"}, "for_customers": {"yes"}}), v.way(toSources))
}

func addSource(v *visit) (*page, error) {
	f, err := v.sentForm(home + "sources")
	if err != nil {
		return nil, err
	}
	f.does(v)
	var made struct{ ID string }
	err = v.api.Call(v.Context(), http.MethodPost, "/v1/sources", sourceBody(f), &made)
	if err != nil && f.refused(err, same) {
		return sourceForm(v.say("New source"), f, v.way(toSources))
	}
	if err != nil {
		return nil, err
	}
	return v.done(home+"sources/"+url.PathEscape(made.ID), "added")
}

func editSource(v *visit) (*page, error) {
	one, f, err := v.openItem("sources", "edit", sourceValues)
	if err != nil {
		return nil, err
	}
	return sourceForm(v.say("Edit %s", v.called(one)), f, &link{v.called(one), home + "sources/" + one.text("id")})
}

// sourceValues are what a source's form holds.
func sourceValues(one object) url.Values {
	values := url.Values{"name": {one.text("name")}}
	for _, name := range []string{"enabled", "for_leads", "for_customers"} {
		values.Set(name, ticked(one.is(name)))
	}
	return values
}

func saveSource(v *visit) (*page, error) {
	one, here, f, err := v.sentItem("sources")
	if err != nil {
		return nil, err
	}
	return v.save(f, edit{http.MethodPatch, "/v1/sources/" + one.text("id"), sourceBody(f), "source", sourceValues, same}, here, func() (*page, error) {
		return sourceForm(v.say("Edit %s", v.called(one)), f, &link{v.called(one), here})
	})
}

// ticked is what a box of a form holds.
func ticked(is bool) string {
	if is {
		return "yes"
	}
	return ""
}

func sourceBody(f *form) map[string]any {
	body := map[string]any{"name": f.value("name")}
	for _, name := range []string{"enabled", "for_leads", "for_customers"} {
		body[name] = f.value(name) != ""
	}
	return body
}

func sourceForm(title string, f *form, up *link) (*page, error) {
	f.text("text", "name", "Name", "As in Property fair, or Facebook October.")
	f.check("enabled", "Offered for new choices", "Without, whatever has it keeps it.")
	f.check("for_leads", "For leads", "")
	f.check("for_customers", "For customers", "")
	return formPage(title, f, up), nil
}

func (s *site) serveSources(pages *http.ServeMux) {
	pages.HandleFunc("GET /console/sources/new", s.page(newSource))
	pages.HandleFunc("POST /console/sources/new", s.page(addSource))
	pages.HandleFunc("GET /console/sources/counts", s.page(countSources))
	pages.HandleFunc("GET /console/sources/{id}/merge", s.page(askMerge))
	pages.HandleFunc("POST /console/sources/{id}/merge", s.page(mergeSource))
	pages.HandleFunc("GET /console/sources/{id}/edit", s.page(editSource))
	pages.HandleFunc("POST /console/sources/{id}/edit", s.page(saveSource))
}
