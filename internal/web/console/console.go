// Package console is the pages at /console on which people, groups and leads are set up and leads handed out, and where is to be
// seen what came, who got it, what failed and why, what waits, and what to do about it. It is a client of our own API, which it calls
// within the process with the session of whoever signed in. So it can do nothing that the API refuses, and what is done here stands
// in the audit log as what is done there.
package console

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"time"

	"github.com/leadwheel/leadwheel/internal/client"
	"github.com/leadwheel/leadwheel/internal/language"
)

// A site serves the console.
type site struct {
	api http.Handler
	// public is where others reach this program, empty for wherever the browser does.
	public string
	// dashboard is the queue's, nil where there is none.
	dashboard http.Handler
	log       *slog.Logger
}

// Register serves the console at /console/ on mux. api serves /v1; public is where others reach this program, empty where that is not
// known. dashboard is the queue's, to look at only, below QueuesPath; nil where there is none.
func Register(mux *http.ServeMux, api http.Handler, public string, dashboard http.Handler, log *slog.Logger) {
	s := &site{api, public, dashboard, log}
	pages := http.NewServeMux()
	pages.HandleFunc("GET /console/assets/{name}", serveAsset)
	pages.HandleFunc("GET /console/sign-in", s.askForKey)
	pages.HandleFunc("POST /console/sign-in", s.signIn)
	pages.HandleFunc("GET /console/sign-in/{link}", s.openLink)
	pages.HandleFunc("POST /console/sign-in/{link}", s.useLink)
	pages.HandleFunc("GET /console/sign-in/oidc", s.toProvider)
	pages.HandleFunc("GET /console/sign-in/oidc/return", s.fromProvider)
	pages.HandleFunc("POST /console/sign-in/passkey", s.passkeySignIn)
	pages.HandleFunc("POST /console/sign-in/passkey/begin", s.beginPasskeySignIn)
	pages.HandleFunc("POST /console/sign-out", s.signOut)
	pages.HandleFunc("GET /console/{$}", s.page(today))
	s.serveSettings(pages)
	s.serveMembers(pages)
	s.serveGroups(pages)
	s.serveAssignments(pages)
	s.serveLeads(pages)
	s.serveSources(pages)
	s.serveIntegrations(pages)
	s.serveImports(pages)
	s.serveCustomers(pages)
	s.serveMessages(pages)
	s.serveWebhooks(pages)
	s.servePrivacy(pages)
	s.serveMy(mux)
	s.serveQueues(mux)
	pages.HandleFunc("GET /console/pending-leads/days", s.page(pendingDays))
	pages.HandleFunc("GET /console/{collection}", s.page(showList))
	pages.HandleFunc("GET /console/{collection}/{id}", s.page(showRecord))
	pages.HandleFunc("GET /console/imports/{id}/rejects", s.page(downloadRejects))
	pages.HandleFunc("GET /console/{collection}/{id}/{part}", s.page(showList))
	pages.HandleFunc("GET /console/{collection}/{id}/{part}/{part_id}", s.page(showRecord))
	pages.HandleFunc("POST /console/acts/back", s.page(goBack))
	pages.HandleFunc("POST /console/acts/{act}", s.page(perform))
	pages.HandleFunc("/console/", s.page(func(*visit) (*page, error) { return nil, errNoPage }))
	mux.Handle("/console/", guarded(pages))
	mux.HandleFunc("GET /{$}", func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, home, http.StatusSeeOther) })
}

// guarded keeps other sites from showing the console, sending to it, and learning where in it somebody was.
func guarded(pages http.Handler) http.Handler {
	protection := http.NewCrossOriginProtection()
	protection.SetDenyHandler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		t := tongueOf(r)
		render(w, t, &page{Title: t.Say("This was not done"), Template: "problem", Status: http.StatusForbidden, Data: problemView{
			Words: t.Say("The browser says that another site sent this. Open the console itself and do it there."),
		}})
	}))
	protected := protection.Handler(pages)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Content-Security-Policy", "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; img-src 'self' data:; manifest-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'")
		h.Set("Referrer-Policy", "same-origin")
		protected.ServeHTTP(w, r)
	})
}

// errNoPage means that there is no page at an address.
var errNoPage = errors.New("there is no such page")

// A page is what an address shows.
type page struct {
	Title    string
	Template string // views/pages has it
	Data     any
	// Up is the list to which it belongs, nil where it belongs to none.
	Up *link
	// New is where one more of what a list has is made, nil where that is nowhere.
	New *link
	// Views are pages that belong together with it, itself among them.
	Views []viewLink
	// Status is the HTTP status, 200 where it is 0.
	Status int
	// Frame is what surrounds it for somebody who is signed in, nil for others.
	Frame *frame
}

// A link is a way to another page.
type link struct{ Label, Href string }

// A frame is what all pages have in common for somebody who is signed in.
type frame struct {
	Workspace string
	Menu      []menuItem
	Done      string
	// Agent is set on agents' pages, which are an app on their phones.
	Agent bool
	// Single is set where a message's link opened the one lead that is shown.
	Single bool
}

// A visit is one request of somebody who is signed in.
type visit struct {
	*http.Request
	site  *site
	w     http.ResponseWriter
	token string
	api   *client.Client
	names *names
	me    *me
	// tongue is what whoever looks reads.
	tongue tongue
	// single says that a message's link let them in, to one lead.
	single bool
	// workspaceRead is the workspace as the frame has read it.
	workspaceRead object
	zone          *time.Location
	now           time.Time
	// tags are those of the items that were read, by their paths in the API.
	tags map[string]string
	// obstacles are what keeps receivers of the group that is shown from taking a lead now, by member.
	obstacles map[string]string
}

// page serves what show makes for those who are signed in; others are asked for their key first. A nil page without an
// error means that show has answered itself.
func (s *site) page(show func(*visit) (*page, error)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		token, single := tokenOf(r), false
		if opened := linkTokenOf(r); opened != "" {
			token, single = opened, true
		}
		if token == "" {
			toSignIn(w, r)
			return
		}
		v := &visit{Request: r, site: s, w: w, token: token, tongue: tongueOf(r), zone: time.UTC, now: time.Now(), single: single, tags: map[string]string{}}
		carrier := s.carrier(r, "")
		carrier.tags = v.tags
		v.api = client.Over(carrier, token)
		v.names = newNames(v)
		v.serve(show) //nolint:contextcheck // a visit has its request's context
	}
}

func (v *visit) serve(show func(*visit) (*page, error)) {
	common, err := v.frame()
	var p *page
	if err == nil {
		p, err = show(v)
	}
	if err != nil {
		v.fail(err, common)
		return
	}
	if p != nil {
		p.Frame = common
		render(v.w, v.tongue, p)
	}
}

// client calls the API with a key or a session's token, for whoever made a request; see inProcess for once.
func (s *site) client(r *http.Request, key, once string) *client.Client {
	return client.Over(s.carrier(r, once), key)
}

// carrier carries requests to the API for whoever made a request.
func (s *site) carrier(r *http.Request, once string) inProcess {
	return inProcess{api: s.api, remote: r.RemoteAddr, forwarded: r.Header.Values("X-Forwarded-For"), browser: r.UserAgent(), once: once}
}

// frame reads what every page shows, and by it whether the key is still good.
func (v *visit) frame() (*frame, error) {
	if err := v.get("/v1/workspace", &v.workspaceRead); err != nil {
		return nil, err
	}
	if zone, err := time.LoadLocation(v.workspaceRead.text("timezone")); err == nil {
		v.zone = zone
	}
	m, err := v.who()
	if err != nil {
		return nil, err
	}
	v.tongue = language.In(m.Language)
	keepTongue(v.w, v.Request, v.tongue)
	f := &frame{Workspace: v.workspaceRead.text("name"), Done: v.doneWords(v.URL.Query())}
	if isMy(v.Request) {
		return f, v.myFrame(f)
	}
	f.Menu = v.menuFor(v.URL.Path)
	return f, nil
}

// get reads the API's answer at path into answer.
func (v *visit) get(path string, answer any) error { return v.api.Get(v.Context(), path, answer) }

// fail shows what went wrong. Who has no good key any more is asked for another.
func (v *visit) fail(err error, common *frame) {
	p := &page{Title: v.say("That did not work"), Template: "problem", Status: http.StatusInternalServerError, Frame: common}
	refused := &client.Problem{}
	switch {
	case errors.Is(err, errNoPage):
		p.Title, p.Status = v.say("There is no such page"), http.StatusNotFound
		p.Data = problemView{Words: v.say("Nothing is at this address. Choose from the menu.")}
	case errors.As(err, &refused) && refused.Status == http.StatusUnauthorized:
		if v.single {
			forgetLink(v.w, v.Request)
		} else {
			forget(v.w, v.Request)
		}
		toSignIn(v.w, v.Request)
		return
	case errors.As(err, &refused) && refused.Status == http.StatusForbidden && !isMy(v.Request) && v.isAgent():
		http.Redirect(v.w, v.Request, myHome, http.StatusSeeOther)
		return
	case errors.As(err, &refused):
		waitAsTold(v.w, refused)
		p.Status, p.Data = refused.Status, v.refusal(refused)
	case v.Context().Err() != nil:
		p.Status, p.Data = http.StatusServiceUnavailable, problemView{Words: v.say("This took too long, or was broken off. Please try again.")}
	default:
		v.site.log.ErrorContext(context.WithoutCancel(v.Context()), "a page of the console failed", "route", v.Pattern, "error", err)
		p.Data = problemView{Words: v.say("Something is wrong with the console itself; the server's log says what. What you see elsewhere is not affected.")}
	}
	render(v.w, v.tongue, p)
}

// waitAsTold tells a browser what the API told the console: when to ask again.
func waitAsTold(w http.ResponseWriter, p *client.Problem) {
	if p.RetryAfter != "" {
		w.Header().Set("Retry-After", p.RetryAfter)
	}
}

// A problemView is what went wrong, for people.
type problemView struct {
	Words  string
	Fields []part
	// Back is where they came from, if that is known, and IDs what they had ticked there.
	Back string
	IDs  []string
}

// refusal tells people what the API tells programs.
func (v *visit) refusal(p *client.Problem) problemView {
	view := problemView{Words: sentence(v.heard(p.Detail))}
	if v.PostForm != nil {
		view.Back, view.IDs = within(v.PostForm.Get("back")), v.PostForm["id"]
	}
	for _, f := range p.Errors {
		if f.Message != p.Detail {
			view.Fields = append(view.Fields, part{v.label(f.Location), shown{Text: v.heard(f.Message)}})
		}
	}
	if len(view.Fields) > 0 {
		view.Words = v.say("Some of what was given is not right:")
	}
	return view
}
