package console

import (
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/leadwheel/leadwheel/internal/lead"
)

// myHome is where the pages of agents are: a member's own leads, on a phone. They show what a member's key is shown, which tells
// nothing of other people, of where a lead came from, or of what was before they had it.
const myHome = "/my/"

// serveMy serves the pages of agents on mux.
func (s *site) serveMy(mux *http.ServeMux) {
	pages := http.NewServeMux()
	pages.HandleFunc("GET /my/{$}", s.myPage(myLeads))
	pages.HandleFunc("GET /my/leads/{id}", s.myPage(myLead))
	pages.HandleFunc("POST /my/leads/{id}/accept", s.myPage(acceptMyLead))
	pages.HandleFunc("POST /my/leads/{id}/status", s.myPage(saveMyStatus))
	pages.HandleFunc("POST /my/leads/{id}/follow-up", s.myPage(saveMyFollowUp))
	pages.HandleFunc("POST /my/leads/{id}/notes", s.myPage(saveMyNotes))
	pages.HandleFunc("POST /my/leads/{id}/convert", s.myPage(convertMyLead))
	pages.HandleFunc("GET /my/leads/{id}/opportunity", s.myPage(newMyOpportunity))
	pages.HandleFunc("POST /my/leads/{id}/opportunity", s.myPage(addMyOpportunity))
	pages.HandleFunc("GET /my/opportunities/{id}", s.myPage(editMyOpportunity))
	pages.HandleFunc("POST /my/opportunities/{id}", s.myPage(saveMyOpportunity))
	pages.HandleFunc("GET /my/open/{link}", s.openMessageLink)
	pages.HandleFunc("POST /my/offers/{id}/accept", s.myPage(acceptMyOffer))
	pages.HandleFunc("POST /my/duty", s.myPage(changeMyDuty))
	pages.HandleFunc("GET /my/settings", s.myPage(mySettings))
	pages.HandleFunc("POST /my/settings", s.myPage(saveMySettings))
	pages.HandleFunc("POST /my/settings/telegram", s.myPage(connectMyTelegram))
	pages.HandleFunc("POST /my/settings/password", s.myPage(setMyPassword))
	pages.HandleFunc("POST /my/settings/passkeys", s.myPage(addPasskey))
	pages.HandleFunc("POST /my/settings/passkeys/begin", s.myPage(beginPasskey))
	pages.HandleFunc("POST /my/settings/passkeys/{id}", s.myPage(renamePasskey))
	pages.HandleFunc("POST /my/settings/passkeys/{id}/remove", s.myPage(removePasskey))
	pages.HandleFunc("POST /my/settings/sessions", s.myPage(endMySessions))
	pages.HandleFunc("/my/", s.myPage(func(*visit) (*page, error) { return nil, errNoPage }))
	mux.Handle(myHome, guarded(pages))
	mux.HandleFunc("GET /my", func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, myHome, http.StatusSeeOther) })
}

// myPage serves what show makes for agents who are signed in. Whoever else is signed in has pages of their own.
func (s *site) myPage(show func(*visit) (*page, error)) http.HandlerFunc {
	return s.page(func(v *visit) (*page, error) {
		m, err := v.who()
		if err != nil {
			return nil, err
		}
		if m.Role != lead.RoleMember {
			http.Redirect(v.w, v.Request, home, http.StatusSeeOther)
			return nil, nil
		}
		return show(v)
	})
}

// isMy says whether a request is for an agent's pages.
func isMy(r *http.Request) bool { return strings.HasPrefix(r.URL.Path, myHome) }

// myFrame is what surrounds an agent's page. Their time is told by their own clock.
func (v *visit) myFrame(f *frame) error {
	m, err := v.who()
	if err != nil {
		return err
	}
	if zone, err := time.LoadLocation(m.Timezone); err == nil {
		v.zone = zone
	}
	if f.Agent, f.Single = true, v.single; f.Single {
		return nil
	}
	f.Menu = []menuItem{
		{link{v.say("My leads"), myHome}, v.URL.Path == myHome}, {link{v.say("Settings"), myHome + "settings"}, v.URL.Path == myHome+"settings"},
	}
	return nil
}

// isAgent says whether an agent is signed in.
func (v *visit) isAgent() bool {
	m, err := v.who()
	return err == nil && m.Role == lead.RoleMember
}

// homeOf is where a session's holder is at home, and where they are led who wanted to go back: to pages that they have.
func homeOf(role lead.Role, back string) string {
	at, other := home, myHome
	if role == lead.RoleMember {
		at, other = myHome, home
	}
	if back == "" || back == home || strings.HasPrefix(back, other) {
		return at
	}
	return back
}

// A myRow is a lead in an agent's list.
type myRow struct {
	Href, Name, Reach, Status string
	At, FollowUp, AnswerBy    shown
	New, Due, Late, TakenBack bool
}

// A myList is an agent's leads.
type myList struct {
	Search, Status string
	Statuses       []string
	Rows           []myRow
	Older          string
	// Duty says whether leads come to them now.
	Duty *dutyView
	// Offers are the leads that they can accept.
	Offers []myOffer
}

// myPerPage is how many leads a page has.
const myPerPage = 50

func myLeads(v *visit) (*page, error) {
	given := v.URL.Query()
	view := myList{Search: given.Get("q"), Status: given.Get("status"), Statuses: statusesOf(v.workspaceRead)}
	query := url.Values{"limit": {strconv.Itoa(myPerPage)}}
	for _, name := range []string{"q", "status", "cursor"} {
		if text := strings.TrimSpace(given.Get(name)); text != "" {
			query.Set(name, text)
		}
	}
	read, err := v.read("assigned-leads", query)
	if err != nil {
		return nil, err
	}
	for _, one := range read.Items {
		view.Rows = append(view.Rows, v.myRow(one, view.Statuses))
	}
	if read.NextCursor != "" {
		query.Set("cursor", read.NextCursor)
		query.Del("limit")
		view.Older = myHome + "?" + query.Encode()
	}
	if view.Duty, err = v.myDuty(); err != nil {
		return nil, err
	}
	if view.Offers, err = v.myOffers(); err != nil {
		return nil, err
	}
	return &page{Title: v.say("My leads"), Template: "my-leads", Data: view}, nil
}

func (v *visit) myRow(one object, statuses []string) myRow {
	row := myRow{
		Href: myHome + "leads/" + one.text("id"), Name: v.called(one), Reach: one.text("phone"), Status: one.text("status"),
		At: v.when(momentOf(one, "assigned_at")), New: len(statuses) > 0 && one.text("status") == statuses[0],
	}
	if row.Reach == "" || row.Reach == row.Name {
		row.Reach = one.text("email")
	}
	if row.Reach == row.Name {
		row.Reach = ""
	}
	if at := momentOf(one, "follow_up_at"); !at.IsZero() {
		row.FollowUp, row.Due = v.when(at), !at.After(v.now)
	}
	row.TakenBack = !momentOf(one, "withdrawn_at").IsZero()
	if by := momentOf(one, "answer_by"); !by.IsZero() && !row.TakenBack && momentOf(one, "answered_at").IsZero() {
		row.AnswerBy, row.Late = v.when(by), by.Before(v.now)
	}
	return row
}
