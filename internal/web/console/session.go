package console

import (
	"errors"
	"net/http"
	"net/url"
	"path"
	"strings"

	"github.com/leadwheel/leadwheel/internal/client"
	"github.com/leadwheel/leadwheel/internal/language"
	"github.com/leadwheel/leadwheel/internal/web/heard"
	"github.com/leadwheel/leadwheel/store"
)

const (
	// cookieName is the cookie that holds the session of whoever is signed in. No script can read it, and a browser sends it
	// from other sites only where somebody follows a link. Where the browser reached us by HTTPS, its name has the prefix
	// that keeps other hosts and plain HTTP from setting it.
	cookieName   = "leadwheel_session"
	securePrefix = "__Host-"
	// tokenPrefix begins what a session is known by. An API key in a cookie is not taken.
	tokenPrefix = "lws_"
	// maxForm bounds a form, in bytes: 500 ids and what is said of them.
	maxForm = 64 << 10
	home    = "/console/"
)

// A signInView is the page that asks who somebody is: by address and password, or with an API key. Link is the address of one
// that signs them in, empty where none led here.
type signInView struct {
	Back, Email, Problem, Link, Done string
	ways
	// Languages are those in which it can be read.
	Languages []languageLink
	// Choices are the workspaces to choose from, for whoever works in several.
	Choices []client.Choice
}

// An entry is what became of somebody's wish to sign in: the token of the session that was begun, or what is wrong and with which
// status to refuse it, or from what they are to choose.
type entry struct {
	token   string
	status  int
	problem string
	choices []client.Choice
}

// tokenOf is the token of whoever is signed in, empty where nobody is.
func tokenOf(r *http.Request) string {
	cookie, err := r.Cookie(cookieFor(r).Name)
	if err != nil || !strings.HasPrefix(cookie.Value, tokenPrefix) {
		return ""
	}
	return cookie.Value
}

// cookieFor is the cookie as it is called, and where it is sent, for how a browser reached us. It has no value.
func cookieFor(r *http.Request) *http.Cookie {
	c := &http.Cookie{Name: cookieName, Path: home, HttpOnly: true, SameSite: http.SameSiteLaxMode}
	if encrypted(r) {
		c.Name, c.Path, c.Secure = securePrefix+cookieName, "/", true
	}
	return c
}

// toSignIn asks for a key, and leads back to where somebody wanted to go, unless that was to do something.
func toSignIn(w http.ResponseWriter, r *http.Request) {
	back := home
	if r.Method == http.MethodGet {
		back = r.URL.RequestURI()
	}
	http.Redirect(w, r, home+"sign-in?"+url.Values{"back": {back}}.Encode(), http.StatusSeeOther)
}

func (s *site) askForKey(w http.ResponseWriter, r *http.Request) {
	if r.URL.Query().Has("lang") {
		keepTongue(w, r, tongueOf(r))
	}
	s.showSignIn(w, r, "Sign in", http.StatusOK, signInView{Back: within(r.FormValue("back"))})
}

// showSignIn shows the page with the ways that there are to sign in here.
func (s *site) showSignIn(w http.ResponseWriter, r *http.Request, title language.Text, status int, view signInView) {
	t := tongueOf(r)
	view.ways, view.Languages = waysOf(r, s.client(r, "", "")), languagesOf(r, t)
	render(w, t, &page{Title: t.Say(title), Template: "sign-in", Status: status, Data: view})
}

// signIn signs somebody in by address and password or, where there is no address, with an API key.
func (s *site) signIn(w http.ResponseWriter, r *http.Request) {
	r.Body = http.MaxBytesReader(w, r.Body, maxForm)
	view := signInView{Back: within(r.PostFormValue("back")), Email: strings.TrimSpace(r.PostFormValue("email"))}
	var e entry
	switch {
	case r.PostFormValue("send") != "":
		s.sendLink(w, r, view)
		return
	case view.Email != "":
		e = s.enter(w, r, map[string]string{"email": view.Email, "password": r.PostFormValue("password")})
	default:
		e = s.begin(w, r, strings.TrimSpace(r.PostFormValue("key")))
	}
	s.admit(w, r, e, view)
}

// admit lets in whoever may, and has others try again or choose.
func (s *site) admit(w http.ResponseWriter, r *http.Request, e entry, view signInView) {
	title := language.Text("Sign in")
	if view.Choices, view.Problem = e.choices, e.problem; len(e.choices) > 0 {
		title, view.Problem = "Where to?", ""
	}
	if e.token == "" {
		s.showSignIn(w, r, title, e.status, view)
		return
	}
	s.keep(w, r, e.token, s.homeFor(r, e.token, view.Back))
}

// sendLink has a link sent to whoever has an address, and says the same where nobody has.
func (s *site) sendLink(w http.ResponseWriter, r *http.Request, view signInView) {
	t, status, refused := tongueOf(r), http.StatusOK, &client.Problem{}
	err := s.client(r, "", "").Call(r.Context(), http.MethodPost, "/v1/sign-in/link", map[string]string{"email": view.Email}, nil)
	switch {
	case err == nil:
		view.Done = t.Say("If this is the address of somebody who works here, a link is on its way to them. It works once, within 15 minutes.")
	case errors.As(err, &refused) && view.Email == "":
		status, view.Problem = refused.Status, t.Say("Give your e-mail address.")
	case errors.As(err, &refused):
		waitAsTold(w, refused)
		status, view.Problem = refused.Status, sentence(heard.Say(t, refused.Detail))
	default:
		status, view.Problem = http.StatusServiceUnavailable, t.Say("No link could be sent just now. Please try again.")
	}
	s.showSignIn(w, r, "Sign in", status, view)
}

// keep has a browser keep a session, and leads on.
func (s *site) keep(w http.ResponseWriter, r *http.Request, token, to string) {
	cookie := cookieFor(r)
	cookie.Value, cookie.MaxAge = token, int(store.SessionAge.Seconds())
	http.SetCookie(w, cookie)
	if cookie.Path == home {
		cookie.Path = myHome
		http.SetCookie(w, cookie)
	}
	http.Redirect(w, r, to, http.StatusSeeOther)
}

// homeFor is where somebody who has just signed in is led, who wanted to go back. Where it is not known who they are, their first page
// finds out.
func (s *site) homeFor(r *http.Request, token, back string) string {
	var m me
	if err := s.client(r, token, "").Get(r.Context(), "/v1/me", &m); err != nil {
		return back
	}
	return homeOf(m.Role, back)
}

// openLink signs in whoever opens a link by hand. Programs open links too, to show what is behind them or to look for harm, and would
// use it up, as browsers do for an address that is still being typed: whoever comes otherwise is asked to press a button, and so is who
// is signed in already, perhaps as somebody else.
func (s *site) openLink(w http.ResponseWriter, r *http.Request) {
	if r.Method == http.MethodGet && r.Header.Get("Sec-Fetch-Mode") == "navigate" && r.Header.Get("Sec-Fetch-Site") == "none" &&
		r.Header.Get("Sec-Purpose") == "" && tokenOf(r) == "" {
		s.useLink(w, r)
		return
	}
	t := tongueOf(r)
	render(w, t, &page{Title: t.Say("Sign in"), Template: "sign-in", Data: signInView{Link: r.URL.Path}})
}

// useLink signs somebody in by a link.
func (s *site) useLink(w http.ResponseWriter, r *http.Request) {
	s.admit(w, r, s.enter(w, r, map[string]string{"link": r.PathValue("link")}), signInView{Back: home})
}

// enter begins a person's session.
func (s *site) enter(w http.ResponseWriter, r *http.Request, by map[string]string) entry {
	wrong := language.Text("Address and password do not fit together. Without a password, ask an administrator for a link.")
	if by["link"] != "" {
		wrong = "This link was used already, or is older than 15 minutes. Ask for a new one."
	}
	return s.beginBy(w, r, "", "/v1/sign-in", by, map[int]language.Text{
		http.StatusUnauthorized: wrong, http.StatusServiceUnavailable: "You could not be signed in just now. Please try again.",
	})
}

// begin begins a session with a key.
func (s *site) begin(w http.ResponseWriter, r *http.Request, key string) entry {
	if key == "" || strings.ContainsFunc(key, func(c rune) bool { return c <= ' ' || c > '~' || strings.ContainsRune(`";,\`, c) }) {
		return entry{status: http.StatusUnauthorized, problem: tongueOf(r).Say("Give your e-mail address and password. Give an API key as it was printed: lw_ and many letters.")}
	}
	return s.beginBy(w, r, key, "/v1/sessions", nil, map[int]language.Text{
		http.StatusUnauthorized:       "This key is not valid: it was mistyped, has expired or was revoked.",
		http.StatusForbidden:          "This key may not use the console: only keys for administrators and members may. `leadwheel apikey create --role admin --workspace NAME` makes one.",
		http.StatusServiceUnavailable: "The key could not be looked up. Please try again.",
	})
}

// beginBy has the API begin a session. words say what its refusals mean here, by status, and under 503 what it means
// that it did not answer; for other refusals, and its own 503, the API's words stand.
func (s *site) beginBy(w http.ResponseWriter, r *http.Request, key, path string, body any, words map[int]language.Text) entry {
	var begun struct{ Token string }
	t, refused := tongueOf(r), &client.Problem{}
	err := s.client(r, key, "").Call(r.Context(), http.MethodPost, path, body, &begun)
	switch {
	case err == nil:
		return entry{token: begun.Token}
	case !errors.As(err, &refused):
		return entry{status: http.StatusServiceUnavailable, problem: t.Say(words[http.StatusServiceUnavailable])}
	case len(refused.Choices) > 0:
		return entry{status: http.StatusOK, choices: refused.Choices}
	case refused.Status != http.StatusServiceUnavailable && words[refused.Status] != "":
		return entry{status: refused.Status, problem: t.Say(words[refused.Status])}
	}
	waitAsTold(w, refused)
	return entry{status: refused.Status, problem: sentence(heard.Say(t, refused.Detail))}
}

// signOut ends the session, and asks for a key again. A session that was over already is none.
func (s *site) signOut(w http.ResponseWriter, r *http.Request) {
	if token := tokenOf(r); token != "" {
		err := s.client(r, token, "").Call(r.Context(), http.MethodDelete, "/v1/sessions/current", nil, nil)
		if refused := (&client.Problem{}); err != nil && (!errors.As(err, &refused) || refused.Status != http.StatusUnauthorized && refused.Status != http.StatusNotFound) {
			waitAsTold(w, refused)
			t := tongueOf(r)
			render(w, t, &page{Title: t.Say("You are still signed in"), Template: "problem", Status: http.StatusServiceUnavailable, Data: problemView{
				Words: t.Say("The session could not be ended. Please try again."),
			}})
			return
		}
	}
	forget(w, r)
	http.Redirect(w, r, home+"sign-in", http.StatusSeeOther)
}

// forget makes the browser drop its session.
func forget(w http.ResponseWriter, r *http.Request) {
	cookie := cookieFor(r)
	cookie.MaxAge = -1
	http.SetCookie(w, cookie)
	if cookie.Path == home {
		cookie.Path = myHome
		http.SetCookie(w, cookie)
	}
}

// encrypted says whether a browser reached us, or the proxy before us, by HTTPS.
func encrypted(r *http.Request) bool {
	return r.TLS != nil || strings.EqualFold(r.Header.Get("X-Forwarded-Proto"), "https")
}

// within is an address of the console, home where what was asked for is none.
func within(address string) string {
	ours := func(at string) bool { return strings.HasPrefix(at, home) || strings.HasPrefix(at, myHome) }
	u, err := url.Parse(address)
	if err != nil || u.IsAbs() || u.Host != "" || !ours(u.Path) || !ours(path.Clean(u.Path)+"/") || strings.HasPrefix(path.Clean(u.Path), home+"sign-") {
		return home
	}
	return u.RequestURI()
}
