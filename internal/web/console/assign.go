package console

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"

	"github.com/leadwheel/leadwheel/internal/client"
)

// An assignView asks to whom chosen leads are to go, and shows what comes of it.
type assignView struct {
	*form
	Leads  chosenLeads
	Named  []string
	Target *target
	// Only says that leads which somebody has already are left out.
	Only bool
	Plan *plan
}

var toLeads = way{"Leads", home + "leads"}

// assignLeads asks to whom the leads go that were ticked, previews what comes of it, and assigns them.
func assignLeads(v *visit) (*page, error) {
	f, err := v.sentForm(home + "leads")
	if err != nil {
		return nil, err
	}
	f.Back = within(v.PostForm.Get("back"))
	chosen, err := v.leadsChosen()
	if err != nil {
		return nil, err
	}
	switch do := f.value("do"); do {
	case "":
		f.Once = rand.Text() // the list's may have been used, by whoever goes back to it
	case "preview", "assign":
		body, ok, err := v.assignment(f, chosen)
		if err != nil {
			return nil, err
		}
		if !ok {
			return v.assignPage(f, chosen, nil)
		}
		if do == "preview" {
			return v.previewAssignment(f, chosen, body)
		}
		return v.assign(f, chosen, body)
	}
	return v.assignPage(f, chosen, nil)
}

// assignment is the request that a form makes. Where it says nobody, that is left beside its fields and ok is false.
func (v *visit) assignment(f *form, leads chosenLeads) (body map[string]any, ok bool, err error) {
	body, ok = v.distribution(f)
	if ok && body == nil {
		f.errors["group_id"] = v.say("Choose a group, or people.")
		ok = false
	}
	if !ok {
		return nil, false, nil
	}
	if f.value("only") != "" {
		body["only_unassigned"] = true
	}
	return body, true, leads.in(body, "lead_ids")
}

// fingerprint tells one request from another: a preview's seed belongs to what was previewed.
func fingerprint(body map[string]any) (string, error) {
	data, err := json.Marshal(body)
	sum := sha256.Sum256(data)
	return hex.EncodeToString(sum[:8]), err
}

func (v *visit) previewAssignment(f *form, leads chosenLeads, body map[string]any) (*page, error) {
	var planned struct {
		Seed  json.Number
		Items []plannedLead
	}
	err := v.api.Call(v.Context(), http.MethodPost, "/v1/assignments/preview", body, &planned)
	if err != nil {
		return v.notAssigned(f, leads, err)
	}
	mark, err := fingerprint(body)
	if err != nil {
		return nil, fmt.Errorf("marking a preview: %w", err)
	}
	p := v.planOf(planned.Items)
	p.Seed, p.Mark = planned.Seed.String(), mark
	return v.assignPage(f, leads, p)
}

func (v *visit) assign(f *form, leads chosenLeads, body map[string]any) (*page, error) {
	if mark, err := fingerprint(body); err == nil && mark == f.value("mark") && f.value("seed") != "" {
		body["seed"] = json.Number(f.value("seed"))
	}
	f.does(v)
	var made struct{ ID string }
	if err := v.api.Call(v.Context(), http.MethodPost, "/v1/assignments", body, &made); err != nil {
		return v.notAssigned(f, leads, err)
	}
	return v.done(home+"assignments/"+url.PathEscape(made.ID), "assigned")
}

// notAssigned shows the form again with why nothing was done, and where another number matches by now, with that.
func (v *visit) notAssigned(f *form, leads chosenLeads, err error) (*page, error) {
	if !f.refused(err, targetField) {
		return nil, err
	}
	if matched := err.(*client.Problem).Matched; matched != nil { //nolint:errorlint // f.refused has seen what it is
		leads.Matched = fmt.Sprint(*matched)
		f.Problem = v.say("By now %s match. Nothing was assigned; look again and assign them if that is right.", v.leads(*matched))
	}
	return v.assignPage(f, leads, nil)
}

// targetField is the form's field for one of the API's distributions.
func targetField(field string) string {
	switch field {
	case "group_id", "at", "pace":
		return field
	}
	return ""
}

func (v *visit) assignPage(f *form, leads chosenLeads, p *plan) (*page, error) {
	f.Action = home + "leads/assign"
	view := assignView{form: f, Leads: leads, Target: v.target(f, v.say("nobody yet")), Only: f.value("only") != "", Plan: p}
	view.Named = v.leadNames(leads.IDs[:min(len(leads.IDs), maxNamed)])
	shown := &page{Title: v.say("Assign %s", v.leads(leads.Count())), Template: "assign", Data: view, Up: v.way(toLeads)}
	if len(f.errors) > 0 || f.Problem != "" {
		shown.Status = http.StatusUnprocessableEntity
	}
	return shown, nil
}

// leadNames are what leads are called.
func (v *visit) leadNames(ids []string) (all []string) {
	rows := make([]object, len(ids))
	for i, id := range ids {
		rows[i] = object{{"lead_id", id}}
	}
	v.names.learn(rows)
	for _, id := range ids {
		name, _ := v.names.of("leads", id)
		all = append(all, name)
	}
	return all
}

func (s *site) serveAssignments(pages *http.ServeMux) {
	pages.HandleFunc("POST /console/leads/assign", s.page(assignLeads))
	pages.HandleFunc("GET /console/leads/assign", s.page(func(v *visit) (*page, error) {
		http.Redirect(v.w, v.Request, home+"leads", http.StatusSeeOther)
		return nil, nil
	}))
	pages.HandleFunc("GET /console/assignments/{id}", s.page(showRun))
}
