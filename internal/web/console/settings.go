package console

import (
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/leadwheel/leadwheel/internal/language"
	"github.com/leadwheel/leadwheel/internal/lead"
	"github.com/leadwheel/leadwheel/store"
)

// A settingsView is how the workspace is set up, and the way to what the menu does not name.
type settingsView struct {
	// Form changes it; nil for whoever may only look, who sees Facts.
	*form
	Groups []fieldGroup
	Facts  []part
	Lists  []settingsLink
	// Rename gives a status another name.
	Rename *form
}

// A fieldGroup is fields of a form that belong together.
type fieldGroup struct {
	Title  string
	Fields []input
}

type settingsLink struct{ Label, Href, Words string }

// settingsLinks are the collections that the settings lead to, with what is found there.
var settingsLinks = []struct {
	name  string
	words language.Text
	admin bool
}{
	{"assignments", "Every time that leads were handed out together, and how far each has come.", false},
	{"assigned-leads", "The members’ own copies of leads, with their status and notes.", false},
	{"opportunities", "What may become of leads and customers, with stage and amount.", false},
	{"notifications", "What members were told of their leads, and what could not be sent.", false},
	{"webhooks", "Other programs that are told of leads.", false},
	{"dead-tasks", "What the queue could not do and does not try any more, with what to do about it.", true},
	{"sessions", "Who is signed in to the console, and from where.", true},
}

func showSettings(v *visit) (*page, error) {
	m, workspace, err := v.workspace()
	if err != nil {
		return nil, err
	}
	if m.Role != lead.RoleAdmin {
		return v.settingsPage(m, nil, workspace)
	}
	f := v.newForm(home+"settings", home+"settings", settingsValues(workspace))
	f.opened(v.tags["/v1/workspace"], f.values)
	return v.settingsPage(m, f, workspace)
}

// workspace reads who looks and how the workspace is set up.
func (v *visit) workspace() (m me, workspace object, err error) {
	if m, err = v.who(); err == nil {
		err = v.get("/v1/workspace", &workspace)
	}
	return m, workspace, err
}

// settingsValues are the settings as their form has them.
func settingsValues(w object) url.Values {
	values := url.Values{}
	for name, path := range map[string]string{
		"name": "name", "timezone": "timezone", "region": "region", "language": "language", "from": "distribution_hours.from", "to": "distribution_hours.to",
		"policy": "duplicates.policy", "days": "duplicates.days", "won_status": "won_status", "max_days": "api_keys.max_days", "undo_minutes": "undo_minutes",
	} {
		values.Set(name, w.text(path))
	}
	for _, feature := range features {
		values.Set(feature, ticked(w.is("features."+feature)))
	}
	values.Set("message_links", ticked(w.is("message_links")))
	values.Set("statuses", strings.Join(statusesOf(w), "\n"))
	return values
}

// features are the power-ups, by their names in the API.
var features = []string{"leads_distribution", "scheduled_distribution"}

func statusesOf(w object) (all []string) {
	statuses, _ := w.get("statuses").([]any)
	for _, s := range statuses {
		if text, is := s.(string); is {
			all = append(all, text)
		}
	}
	return all
}

// settingsPage shows the settings, for whoever may change them with the form.
func (v *visit) settingsPage(m me, f *form, workspace object) (*page, error) {
	view := settingsView{form: f}
	if f == nil {
		view.Facts = v.settingsFacts(workspace)
	} else {
		view.Groups = v.settingsFields(f)
		view.Rename = v.newForm(home+"settings/rename-status", home+"settings", url.Values{})
		var from []option
		for _, s := range statusesOf(workspace) {
			from = append(from, option{s, s, false})
		}
		view.Rename.choose("old", "Status", "", from)
		view.Rename.text("text", "new", "New name", "")
		view.Rename.Save = v.say("Rename")
	}
	for _, l := range settingsLinks {
		if l.admin && m.Role != lead.RoleAdmin {
			continue
		}
		i := slices.IndexFunc(collections, func(c collection) bool { return c.Name == l.name })
		view.Lists = append(view.Lists, settingsLink{v.say(collections[i].Title), home + l.name, v.say(l.words)})
	}
	if m.Role == lead.RoleAdmin {
		if seen, err := v.seesQueues(); err != nil {
			return nil, err
		} else if seen {
			view.Lists = append(view.Lists, settingsLink{v.say("Queues"), QueuesPath + "/", v.say("What waits, runs and failed in the queue, to look at.")},
				settingsLink{v.say("Audit"), home + "audit", v.say("Whether every promise is kept: nothing lost, nothing doubled, every turn to the right receiver.")})
		}
	}
	p := &page{Title: v.say("Settings"), Template: "settings", Data: view, Views: v.settingsViews(m.Role)}
	if f != nil && (len(f.errors) > 0 || f.Problem != "") {
		p.Status = http.StatusUnprocessableEntity
	}
	return p, nil
}

// settingsFacts are the settings for whoever may not change them.
func (v *visit) settingsFacts(w object) []part {
	return []part{
		{v.say("Name"), shown{Text: w.text("name")}},
		{v.say("Time zone"), shown{Text: w.text("timezone")}},
		{v.say("Region of phone numbers"), shown{Text: w.text("region")}},
		{v.say("Language"), shown{Text: language.Name(w.text("language"))}},
		{v.say("Leads go out"), shown{Text: v.say("from %s to %s", w.text("distribution_hours.from"), w.text("distribution_hours.to"))}},
		{v.say("Statuses"), v.show("statuses", w.get("statuses"))},
		{v.say("Distribution"), v.truth("enabled", w.is("features.leads_distribution"))},
		{v.say("Distribution by a plan"), v.truth("enabled", w.is("features.scheduled_distribution"))},
		{v.say("Assignments and imports can be undone"), shown{Text: v.say("for %s minutes", w.text("undo_minutes"))}},
		{v.say("Links in messages"), v.truth("enabled", w.is("message_links"))},
		{v.say("Who may change this"), shown{Text: v.say("an admin")}},
	}
}

func (v *visit) settingsFields(f *form) (groups []fieldGroup) {
	group := func(title language.Text, add func()) {
		before := len(f.Fields)
		add()
		groups = append(groups, fieldGroup{v.say(title), f.Fields[before:]})
	}
	group("Power-ups", func() {
		f.check("leads_distribution", "Distribution", "Off: nothing new is handed out. What is pending still goes out.")
		f.check("scheduled_distribution", "Distribution by a plan", "Off: leads are handed out at once or not at all. What is planned still goes out.")
	})
	group("Undo", func() {
		f.text("number", "undo_minutes", "Minutes", "For how long an assignment or an import can be undone. 0: it cannot.")
	})
	group("Workspace", func() {
		f.text("text", "name", "Name", "")
		f.add(input{Kind: "text", Name: "timezone", Label: v.say("Time zone"), Hint: v.say("The clock of everybody who has none of their own."), Suggested: zones})
		f.text("text", "region", "Region", "Two letters, as in MY: the country whose phone numbers need no prefix.")
		f.choose("language", "Language", "What people read, and members are told in, who have not chosen another.", languageOptions(""))
	})
	group("Distribution hours", func() {
		f.text("time", "from", "From", "")
		f.text("time", "to", "Until", "Planned leads go out within these hours, by each member’s own clock. Earlier than From, they span midnight.")
	})
	group("Duplicates", func() {
		f.choose("policy", "A lead that matches an earlier one", "", v.optionsOf(policies...))
		f.text("number", "days", "Days", "How old the earlier one may be.")
	})
	group("Statuses", func() {
		f.add(input{Kind: "area", Name: "statuses", Label: v.say("Statuses"), Hint: v.say("One a line. A new copy begins with the first. One that leads have can be renamed, below, and not taken away.")})
		f.text("text", "won_status", "Won", "The status that counts as won, or nothing.")
	})
	group("Messages", func() {
		f.check("message_links", "Links in messages", "A message to a member links to the lead that it tells of. Whoever has the link sees that one lead for a day without signing in. Off: those that were sent open nothing any more.")
	})
	group("API keys", func() {
		f.text("number", "max_days", "Days", "For how many days a new key lasts at the most. Empty: for good.")
	})
	return groups
}

var policies = []namedValue{
	{string(store.AllowDuplicates), "is handed out like any other"}, {string(store.FlagDuplicates), "is handed out, and says which it matches"},
	{string(store.SameMember), "goes to whoever has the earlier one"}, {string(store.RejectDuplicates), "is kept, and not handed out"},
}

// wholeNumber reads a number of a form's, or says what is wrong with it.
func (f *form) wholeNumber(text string) (n int, wrong string) {
	n, err := strconv.Atoi(text)
	if err != nil || n < 0 {
		return 0, f.say("Write a whole number.")
	}
	return n, ""
}

func saveSettings(v *visit) (*page, error) {
	f, err := v.sentForm(home + "settings")
	if err != nil {
		return nil, err
	}
	m, workspace, err := v.workspace()
	if err != nil {
		return nil, err
	}
	body := f.settings()
	if len(f.errors) == 0 {
		again, err := v.edit(f, edit{http.MethodPatch, "/v1/workspace", body, "workspace", settingsValues, settingsField})
		if err != nil {
			return nil, err
		}
		if !again {
			return v.done(home+"settings", "saved")
		}
	}
	return v.settingsPage(m, f, workspace)
}

// settings are the form's as the API takes them. What is no number is left beside its field.
func (f *form) settings() map[string]any {
	switches := map[string]bool{}
	for _, feature := range features {
		switches[feature] = f.value(feature) != ""
	}
	days, wrong := f.wholeNumber(f.value("days"))
	if wrong != "" {
		f.errors["days"] = wrong
	}
	keys := map[string]any{"max_days": nil}
	if text := f.value("max_days"); text != "" {
		if keys["max_days"], wrong = f.wholeNumber(text); wrong != "" {
			f.errors["max_days"] = wrong
		}
	}
	statuses := []string{}
	for line := range strings.Lines(f.values.Get("statuses")) {
		if line = strings.TrimSpace(line); line != "" {
			statuses = append(statuses, line)
		}
	}
	body := map[string]any{
		"name": f.value("name"), "timezone": f.value("timezone"), "region": strings.ToUpper(f.value("region")), "statuses": statuses, "won_status": nil,
		"distribution_hours": map[string]string{"from": f.value("from"), "to": f.value("to")},
		"duplicates":         map[string]any{"policy": f.value("policy"), "days": days}, "features": switches, "api_keys": keys, "message_links": f.value("message_links") != "",
	}
	if text := f.value("undo_minutes"); text != "" {
		if body["undo_minutes"], wrong = f.wholeNumber(text); wrong != "" {
			f.errors["undo_minutes"] = wrong
		}
	}
	if text := f.value("language"); text != "" {
		body["language"] = text
	}
	if won := f.value("won_status"); won != "" {
		body["won_status"] = won
	}
	return body
}

// settingsField is the form's field for one of the API's.
func settingsField(field string) string {
	field, _, _ = strings.Cut(field, "[")
	return field[strings.LastIndex(field, ".")+1:]
}

func renameStatus(v *visit) (*page, error) {
	f, err := v.sentForm(home + "settings")
	if err != nil {
		return nil, err
	}
	f.does(v)
	err = v.api.Call(v.Context(), http.MethodPost, "/v1/workspace/rename-status", map[string]string{"from": f.value("old"), "to": f.value("new")}, nil)
	if err != nil && f.refused(err, func(field string) string { return map[string]string{"from": "old", "to": "new"}[field] }) {
		f.Save = v.say("Rename")
		f.add(input{Kind: "text", Name: "old", Label: v.say("Status")})
		f.text("text", "new", "New name", "")
		return formPage(v.say("Rename a status"), f, &link{v.say("Settings"), home + "settings"}), nil
	}
	if err != nil {
		return nil, err
	}
	return v.done(home+"settings", "saved")
}

func (s *site) serveSettings(pages *http.ServeMux) {
	pages.HandleFunc("GET /console/settings", s.page(showSettings))
	pages.HandleFunc("POST /console/settings", s.page(saveSettings))
	pages.HandleFunc("POST /console/settings/rename-status", s.page(renameStatus))
	pages.HandleFunc("GET /console/audit-log", s.page(showAuditLog))
	pages.HandleFunc("GET /console/audit", s.page(showAudit))
	s.servePeople(pages)
	s.serveKeys(pages)
	s.serveMe(pages)
}
