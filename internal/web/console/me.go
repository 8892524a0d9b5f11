package console

import (
	"net/http"
	"net/url"
	"slices"

	"github.com/google/uuid"

	"github.com/leadwheel/leadwheel/internal/client"
	"github.com/leadwheel/leadwheel/internal/lead"
)

// A me is who is signed in.
type me struct {
	Role      lead.Role
	Person    *personOf
	SessionID string `json:"session_id"`
	Timezone  string
	// Language is what they read.
	Language string
}

// personOf is somebody who signs in.
type personOf struct {
	ID, Name, Email string
	Role            lead.PersonRole
	// Language is what they have chosen to read, empty for nothing.
	Language    string
	HasPassword bool `json:"has_password"`
}

// who reads who is signed in, once a visit.
func (v *visit) who() (me, error) {
	if v.me != nil {
		return *v.me, nil
	}
	var m me
	err := v.get("/v1/me", &m)
	if err == nil {
		v.me = &m
	}
	return m, err
}

// adminsOnly is the API's refusal of whoever is no admin, before they fill in what it would refuse.
func (v *visit) adminsOnly() error {
	m, err := v.who()
	if err == nil && m.Role != lead.RoleAdmin {
		err = &client.Problem{Status: http.StatusForbidden, Code: "forbidden", Detail: v.say("only admins may do this; ask one of them")}
	}
	return err
}

// offered are the acts that whoever is signed in may do: nobody is offered what is then refused.
func (v *visit) offered(acts []*act) []*act {
	return slices.DeleteFunc(acts, func(a *act) bool {
		if !a.Admin {
			return false
		}
		m, err := v.who()
		return err != nil || m.Role != lead.RoleAdmin
	})
}

// settingsViews are the pages of the settings, those that somebody with a role may see.
func (v *visit) settingsViews(role lead.Role) []viewLink {
	all := []link{{v.say("General"), home + "settings"}}
	if role == lead.RoleAdmin {
		all = append(all, link{v.say("People"), home + "people"}, link{v.say("API keys"), home + "api-keys"}, link{v.say("Privacy"), privacyHref}, link{v.say("Audit log"), home + "audit-log"})
	}
	return v.views(append(all, link{v.say("My account"), home + "me"})...)
}

// A meView is one's own page.
type meView struct {
	Facts    []part
	Name     *form
	Password *form
	Passkeys passkeysView
	Sessions []sessionRow
	Form     formView
	Others   bool
}

// A sessionRow is where one is signed in.
type sessionRow struct {
	ID, Where string
	Browser   string
	Begun     shown
	Seen      shown
	Current   bool
}

func showMe(v *visit) (*page, error) {
	return v.mePage(v.newForm(home+"me", home+"me", url.Values{}))
}

// mePage is one's own page, with the one of its forms that was sent as it was.
func (v *visit) mePage(sent *form) (*page, error) {
	m, err := v.who()
	if err != nil {
		return nil, err
	}
	view := meView{Form: v.form("sessions"), Facts: []part{{v.say("Signed in with"), shown{Text: v.say("an API key, which may do everything")}}}}
	if p := m.Person; p != nil {
		view.Facts = []part{{v.say("Email"), shown{Text: p.Email}}, {v.say("Role"), shown{Text: v.worded("role", string(p.Role)), Title: sentence(v.say(roleWords[p.Role]))}}}
		f := v.newForm(home+"me/password", home+"me", url.Values{})
		view.Name = v.newForm(home+"me", home+"me", url.Values{"name": {p.Name}, "language": {p.Language}})
		if sent.Action == f.Action {
			f = sent
		} else if sent.values.Has("name") || sent.Problem != "" {
			view.Name = sent
		}
		view.Name.text("text", "name", "Name", "")
		view.Name.languageField(v.workspaceRead)
		f.passwordFields(p.HasPassword, v.say("a link by e-mail"))
		view.Password = f
		if view.Passkeys, err = v.ownPasskeys(); err != nil {
			return nil, err
		}
	}
	own, err := v.ownSessions(m)
	if err != nil {
		return nil, err
	}
	for _, s := range own {
		view.Others = view.Others || !s.is("current")
		view.Sessions = append(view.Sessions, sessionRow{
			ID: s.text("id"), Where: s.text("address"), Browser: v.browserName(s.text("browser")), Begun: v.show("created_at", s.get("created_at")),
			Seen: v.show("seen_at", s.get("seen_at")), Current: s.is("current"),
		})
	}
	p := &page{Title: v.say("My account"), Template: "me", Data: view, Views: v.settingsViews(m.Role)}
	if len(sent.errors) > 0 || sent.Problem != "" {
		p.Status = http.StatusUnprocessableEntity
	}
	return p, nil
}

// ownSessions are where whoever is signed in is signed in; a key's sessions are shown under Sessions, and here the present one.
func (v *visit) ownSessions(m me) (own []object, err error) {
	for s, err := range v.walk("sessions", nil) {
		if err != nil {
			return nil, err
		}
		if s.is("current") || m.Person != nil && s.text("person_id") == m.Person.ID {
			own = append(own, s)
		}
	}
	return own, nil
}

// saveMe changes one's own name.
func saveMe(v *visit) (*page, error) {
	f, err := v.sentForm(home + "me")
	if err != nil {
		return nil, err
	}
	err = v.api.Call(v.Context(), http.MethodPatch, "/v1/me", selfBody(f), nil)
	if err != nil && f.refused(err, same) {
		return v.mePage(f)
	}
	if err != nil {
		return nil, err
	}
	return v.done(home+"me", "saved")
}

// selfBody is what a form says of whoever sends it.
func selfBody(f *form) map[string]any {
	body := map[string]any{"name": f.value("name")}
	if f.values.Has("language") {
		if body["language"] = nil; f.value("language") != "" {
			body["language"] = f.value("language")
		}
	}
	return body
}

func setPassword(v *visit) (*page, error) {
	f, err := v.sentForm(home + "me")
	if err != nil {
		return nil, err
	}
	err = v.sendPassword(f)
	if err != nil && f.refused(err, passwordField) {
		return v.mePage(f)
	}
	if err != nil {
		return nil, err
	}
	return v.done(home+"me", "password")
}

func passwordField(field string) string {
	if field == "current" || field == "password" {
		return field
	}
	return ""
}

// endSessions signs somebody out of one of their sessions, or of all but the present one.
func endSessions(v *visit) (*page, error) {
	if err := v.readForm(maxForm); err != nil {
		return nil, err
	}
	m, err := v.who()
	if err != nil {
		return nil, err
	}
	own, err := v.ownSessions(m)
	if err != nil {
		return nil, err
	}
	one := v.PostForm.Get("id")
	if one != "" && uuid.Validate(one) != nil {
		return nil, errNoPage
	}
	for _, s := range own {
		if id := s.text("id"); one == id || one == "" && !s.is("current") {
			err := v.api.Call(v.Context(), http.MethodDelete, "/v1/sessions/"+url.PathEscape(id), nil, nil)
			if err != nil && !client.IsStatus(err, http.StatusNotFound) { // one that is over is as it should be
				return nil, err
			}
		}
	}
	return v.done(home+"me", "ended")
}

func (s *site) serveMe(pages *http.ServeMux) {
	pages.HandleFunc("GET /console/me", s.page(showMe))
	pages.HandleFunc("POST /console/me", s.page(saveMe))
	pages.HandleFunc("POST /console/me/password", s.page(setPassword))
	pages.HandleFunc("POST /console/me/passkeys", s.page(addPasskey))
	pages.HandleFunc("POST /console/me/passkeys/begin", s.page(beginPasskey))
	pages.HandleFunc("POST /console/me/passkeys/{id}", s.page(renamePasskey))
	pages.HandleFunc("POST /console/me/passkeys/{id}/remove", s.page(removePasskey))
	pages.HandleFunc("POST /console/me/sessions", s.page(endSessions))
}

// begunWith says whose a session is: a person's, or a key's.
func (v *visit) begunWith(session object) shown {
	if person := session.text("person_id"); person != "" {
		name, _ := v.names.of("people", person)
		return shown{Text: name}
	}
	if key := v.names.one("api-keys", session.text("api_key_id")); key != nil {
		return shown{Text: v.keyName(key)}
	}
	return shown{Text: v.say("the link in a message")}
}
