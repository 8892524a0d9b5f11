package console

import (
	"net/http"
	"net/url"
	"slices"

	"github.com/google/uuid"

	"github.com/leadwheel/leadwheel/internal/lead"
)

var toKeys = way{"API keys", home + "api-keys"}

func newKey(v *visit) (*page, error) {
	return v.keyForm(v.newForm(home+"api-keys/new", home+"api-keys", url.Values{"role": {string(lead.RoleIntegration)}}))
}

func (v *visit) keyForm(f *form) (*page, error) {
	f.Save = v.say("Make key")
	f.text("text", "name", "Name", "What it is for, as in: website.")
	f.choose("role", "May", "", []option{
		{string(lead.RoleIntegration), v.say("bring leads in, and nothing else"), false}, {string(lead.RoleMember), v.say("see and edit one member’s own leads"), false}, {string(lead.RoleAdmin), v.say("do everything"), false},
	})
	f.choose("member_id", "Member", "For a key that sees one member’s leads.", append([]option{{"", v.say("nobody"), false}}, v.names.options("members", isActive)...))
	f.choose("group_id", "Group", "Where leads go that it brings in.", append([]option{{"", v.say("as each request says"), false}}, v.names.options("groups")...))
	f.choose("source_id", "Source", "What leads have for a source that it brings in.", append([]option{{"", v.say("as each request says"), false}}, v.names.options("sources")...))
	f.add(input{Kind: "datetime-local", Name: "expires_at", Label: v.say("Until"), Hint: v.say("By the clock of %s. Empty: as long as the workspace lets keys last.", v.zone)})
	return formPage(v.say("New key"), f, v.way(toKeys)), nil
}

func addKey(v *visit) (*page, error) {
	f, err := v.sentForm(home + "api-keys")
	if err != nil {
		return nil, err
	}
	body := map[string]any{}
	for _, name := range []string{"name", "role", "member_id", "group_id", "source_id", "expires_at"} {
		if value := f.value(name); value != "" {
			body[name] = value
		}
	}
	if until := f.value("expires_at"); until != "" {
		at, err := v.moment("Until", until)
		if err != nil {
			f.errors["expires_at"] = v.say("This is no moment; write it as 2026-03-01T09:00.")
			return v.keyForm(f)
		}
		body["expires_at"] = at
	}
	f.does(v)
	var made struct {
		Key string `json:"api_key"`
	}
	err = v.api.Call(v.Context(), http.MethodPost, "/v1/api-keys", body, &made)
	if err != nil && f.refused(err, same) {
		return v.keyForm(f)
	}
	if err != nil {
		return nil, err
	}
	return v.keyPage(v.say("The key is made"), made.Key, ""), nil
}

func (v *visit) keyPage(title, key, more string) *page {
	return &page{Title: title, Template: "once", Up: v.way(toKeys), Data: onceView{
		Words: v.say("Copy it to where it is used. It is shown only now; nobody can read it later. %s", more), Label: v.say("Key"), Secret: key, Next: v.way(toKeys),
	}}
}

// rotateKey asks for how long an old key is to work beside its successor, and then makes that.
func rotateKey(v *visit) (*page, error) {
	f, err := v.sentForm(home + "api-keys")
	if err != nil {
		return nil, err
	}
	ids := v.PostForm["id"]
	if asked := v.URL.Query().Get("id"); asked != "" {
		ids = []string{asked}
	}
	switch {
	case slices.ContainsFunc(ids, func(id string) bool { return uuid.Validate(id) != nil }):
		return nil, errNoPage
	case len(ids) != 1:
		return formPage(v.say("Rotate"), &form{Problem: v.say("Tick the one key that is to be followed by another."), Back: home + "api-keys", Action: home + "api-keys/rotate", Save: v.say("Rotate")}, v.way(toKeys)), nil
	}
	f.Action += "?id=" + url.QueryEscape(ids[0])
	f.Save = v.say("Rotate")
	var one object
	if err := v.get("/v1/api-keys/"+ids[0], &one); err != nil {
		return nil, err
	}
	ask := func() (*page, error) {
		f.text("number", "overlap_hours", "Hours", "For so long the old key works beside the new one, so that programs can be changed over. 0: it ends at once.")
		return formPage(v.say("Rotate %s", v.called(one)), f, v.way(toKeys)), nil
	}
	if !f.values.Has("overlap_hours") {
		f.values = url.Values{"overlap_hours": {"24"}}
		return ask()
	}
	f.does(v)
	hours, wrong := f.wholeNumber(f.value("overlap_hours"))
	if wrong != "" {
		f.errors["overlap_hours"] = wrong
		return ask()
	}
	var made struct {
		Key string `json:"api_key"`
	}
	err = v.api.Call(v.Context(), http.MethodPost, "/v1/api-keys/"+ids[0]+"/rotate", map[string]any{"overlap_hours": hours}, &made)
	if err != nil && f.refused(err, same) {
		return ask()
	}
	if err != nil {
		return nil, err
	}
	return v.keyPage(v.say("The key has a successor"), made.Key, v.say("The old one ends after %s.", v.many(hours, "%d hour", "%d hours"))), nil
}

func (s *site) serveKeys(pages *http.ServeMux) {
	pages.HandleFunc("GET /console/api-keys/new", s.page(newKey))
	pages.HandleFunc("POST /console/api-keys/new", s.page(addKey))
	pages.HandleFunc("POST /console/api-keys/rotate", s.page(rotateKey))
}
