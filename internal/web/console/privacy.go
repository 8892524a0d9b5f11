package console

import (
	"encoding/json"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/leadwheel/leadwheel/internal/language"
)

const privacyHref = home + "privacy"

// A privacyView asks whom it is about, says what is known of them, and asks whether that is to be erased.
type privacyView struct {
	*form
	// Known is what is known of them, nil where nobody was looked for; Who is them as they were given.
	Known *known
	Who   string
	Email string
	Phone string
	// Sure says that erasing them was ordered, and is to be confirmed.
	Sure bool
	// Erased is what was erased, nil where nothing was.
	Erased *known
}

// known is how many records are about a person.
type known struct {
	Total int
	Parts []string
}

// recordNames are what records are called that are about a person, by their table: one, and several.
var recordNames = map[string][2]language.Text{
	"leads": {"%d lead", "%d leads"}, "assigned_leads": {"%d copy with a member", "%d copies with members"}, "customers": {"%d customer", "%d customers"},
	"opportunities": {"%d opportunity", "%d opportunities"}, "pending": {"%d planned distribution", "%d planned distributions"}, "history": {"%d line of history", "%d lines of history"},
	"status_changes": {"%d change of a status", "%d changes of statuses"}, "members": {"%d member", "%d members"}, "people": {"%d person who signs in", "%d people who sign in"},
	"import_rejects": {"%d row of a file that was not taken", "%d rows of files that were not taken"}, "integration_events": {"%d delivery of a platform or form", "%d deliveries of platforms and forms"},
	"waiting": {"%d lead in the queue", "%d leads in the queue"},
}

// knownOf names and counts records by their table.
func (v *visit) knownOf(counts map[string]int) *known {
	k := &known{}
	for _, table := range slices.Sorted(maps.Keys(counts)) {
		n := counts[table]
		if n == 0 {
			continue
		}
		text := v.many(n, "%d other record (%s)", "%d other records (%s)", strings.ReplaceAll(table, "_", " "))
		if words, named := recordNames[table]; named {
			text = v.many(n, words[0], words[1])
		}
		k.Total += n
		k.Parts = append(k.Parts, text)
	}
	return k
}

func showPrivacy(v *visit) (*page, error) {
	if err := v.adminsOnly(); err != nil {
		return nil, err
	}
	return v.privacyPage(&privacyView{form: v.newForm(privacyHref, privacyHref, url.Values{})})
}

// actPrivacy looks for a person, gives all that is known of them as a file, asks whether they are to be erased, or erases them, as the
// form's button has it. Who they are is in no address.
func actPrivacy(v *visit) (*page, error) {
	f, err := v.sentForm(privacyHref)
	if err != nil {
		return nil, err
	}
	view := &privacyView{form: f, Email: f.value("email"), Phone: f.value("phone")}
	view.Who = strings.Join(slices.DeleteFunc([]string{view.Email, view.Phone}, func(text string) bool { return text == "" }), ", ")
	if view.Who == "" {
		f.errors["email"] = v.say("Give their e-mail address, their phone number, or both.")
		return v.privacyPage(view)
	}
	them := map[string]string{}
	for name, value := range map[string]string{"email": view.Email, "phone": view.Phone} {
		if value != "" {
			them[name] = value
		}
	}
	switch do := v.PostForm.Get("do"); do {
	case "erase":
		f.does(v)
		var done struct {
			Records map[string]int
			Waiting int
		}
		if err = v.api.Call(v.Context(), http.MethodPost, "/v1/privacy/erase", them, &done); err == nil {
			counts := map[string]int{"waiting": done.Waiting}
			maps.Copy(counts, done.Records)
			view.Erased = v.knownOf(counts)
			view.form = v.newForm(privacyHref, privacyHref, url.Values{})
		}
	default:
		var found json.RawMessage
		if err = v.api.Call(v.Context(), http.MethodPost, "/v1/privacy/export", them, &found); err == nil && do == "export" {
			return nil, v.sendPerson(found)
		}
		if err == nil {
			view.Known, err = v.countedIn(found)
			view.Sure = do == "ask"
		}
	}
	if err != nil && !f.refused(err, func(field string) string { return oneOf(field, "email", "phone") }) {
		return nil, err
	}
	return v.privacyPage(view)
}

// countedIn counts the records of an export.
func (v *visit) countedIn(found json.RawMessage) (*known, error) {
	var all struct {
		Records map[string][]json.RawMessage
		Waiting []json.RawMessage
	}
	if err := json.Unmarshal(found, &all); err != nil {
		return nil, err
	}
	counts := map[string]int{"waiting": len(all.Waiting)}
	for table, rows := range all.Records {
		counts[table] = len(rows)
	}
	return v.knownOf(counts), nil
}

// sendPerson sends all that is known of a person, as a file that no name of theirs is in the name of.
func (v *visit) sendPerson(found json.RawMessage) error {
	h := v.w.Header()
	h.Set("Content-Type", "application/json")
	h.Set("Content-Disposition", `attachment; filename="person.json"`)
	h.Set("Cache-Control", "no-store")
	_, _ = v.w.Write(found) // the client is gone where this fails
	return nil
}

func (v *visit) privacyPage(view *privacyView) (*page, error) {
	m, err := v.who()
	if err != nil {
		return nil, err
	}
	view.text("email", "email", "Email", "In any spelling.")
	view.text("tel", "phone", "Phone", "In any spelling. With both, what has either of them is taken to be theirs.")
	p := &page{Title: v.say("Privacy"), Template: "privacy", Data: view, Views: v.settingsViews(m.Role)}
	if view.Sure && view.Known != nil && view.Known.Total > 0 {
		p.Title, p.Views, p.Up = v.say("Erase a person"), nil, &link{v.say("Privacy"), privacyHref}
	} else {
		view.Sure = false
	}
	if len(view.errors) > 0 || view.Problem != "" {
		p.Status = http.StatusUnprocessableEntity
	}
	return p, nil
}

func (s *site) servePrivacy(pages *http.ServeMux) {
	pages.HandleFunc("GET /console/privacy", s.page(showPrivacy))
	pages.HandleFunc("POST /console/privacy", s.page(actPrivacy))
}
