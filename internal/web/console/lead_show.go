package console

import (
	"html/template"
	"net/url"
	"slices"
	"strings"
	"time"
)

// A leadView is a lead with its story.
type leadView struct {
	Form formView
	Acts []*act
	ID   string
	// Edit and Opportunity are pages on which it is changed, and an opportunity made on it; empty where there is nothing left of it.
	Edit, Opportunity string
	// Phone and Mail are where a press on the phone and the address leads.
	Contact []contactLine
	Answers []part
	From    []part
	Story   []storyLine
	// Live says that the story goes on at once.
	Live     bool
	Sections []*listView
}

// A contactLine is a way to reach somebody.
type contactLine struct {
	Label, Text string
	Href        template.URL
}

// showLead shows a lead, where it came from, and what became of it.
func showLead(v *visit) (*page, error) {
	one, err := v.item("leads")
	if err != nil {
		return nil, err
	}
	p, err := placeOf("leads", "", "")
	if err != nil {
		return nil, err
	}
	id := one.text("id")
	view := leadView{Form: v.form("leads"), Acts: p.fitting(one), ID: id, Contact: v.contactOf(one)}
	if one.text("erased_at") == "" {
		view.Edit, view.Opportunity = home+"leads/"+id+"/edit", home+"opportunities/new?lead_id="+id
	}
	view.Acts = slices.DeleteFunc(view.Acts, func(a *act) bool { return a.Name == "export" })
	v.names.learn([]object{one})
	if fields, is := one.get("fields").(object); is {
		for _, f := range fields {
			view.Answers = append(view.Answers, part{f.Name, plain(f.Value)})
		}
	}
	for _, name := range []string{"created_at", "channel", "source_id", "integration_id", "push_channel", "external_id", "attribution", "consent", "duplicate_of", "test", "updated_at", "erased_at"} {
		if value := v.show(name, one.get(name)); !value.Empty() {
			view.From = append(view.From, part{v.label(name), value})
		}
	}
	if view.Story, view.Live, err = v.story(id); err != nil {
		return nil, err
	}
	view.Story = append(v.tellRule(one), view.Story...)
	if view.Sections, err = v.sections(p, id); err != nil {
		return nil, err
	}
	view.Sections = slices.DeleteFunc(view.Sections, func(l *listView) bool { return l.Name == "history" && len(view.Story) > 0 })
	return &page{Title: v.called(one), Template: "lead", Data: view, Up: v.way(toLeads)}, nil
}

// contactOf are the ways to reach a lead's person.
func (v *visit) contactOf(one object) (all []contactLine) {
	if phone := one.text("phone"); phone != "" {
		line := contactLine{Label: v.say("Phone"), Text: phone}
		if e164 := one.text("phone_e164"); e164 != "" && strings.Trim(e164, "+0123456789") == "" {
			line.Href = template.URL("tel:" + e164) //nolint:gosec // digits only
		}
		all = append(all, line)
	}
	if email := one.text("email"); email != "" {
		line := contactLine{Label: v.say("Email"), Text: email}
		if strings.Count(email, "@") == 1 {
			line.Href = template.URL("mailto:" + url.PathEscape(email)) //nolint:gosec // escaped
		}
		all = append(all, line)
	}
	return all
}

// A storyLine is one thing that happened to a lead, or is to happen, in a sentence.
type storyLine struct {
	At    shown
	Tone  string
	Words []shown
	when  time.Time
}
