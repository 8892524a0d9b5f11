package console

import (
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"strings"

	"github.com/google/uuid"

	"github.com/leadwheel/leadwheel/internal/client"
	"github.com/leadwheel/leadwheel/internal/language"
	"github.com/leadwheel/leadwheel/internal/web/heard"
	"github.com/leadwheel/leadwheel/internal/web/problem"
	"github.com/leadwheel/leadwheel/store"
)

// Passkeys are the one thing here that needs a script: only by one does a browser give them. Their buttons are hidden until it says that
// it can. What the browser was asked it answers in the same browser: that has a cookie which no script can read.

// A passkeyFlow is what a browser is asked.
type passkeyFlow struct {
	Flow    string          `json:"flow"`
	Options json.RawMessage `json:"options"`
}

// flowCookie is the cookie that holds what a browser's answer comes with, of a kind of flow. It has no value.
func flowCookie(r *http.Request, kind string) *http.Cookie {
	c := cookieFor(r)
	c.Name = strings.TrimSuffix(c.Name, "session") + kind
	if isMy(r) && !c.Secure {
		c.Path = myHome
	}
	return c
}

// flowOf takes what a browser's answer comes with out of the browser, empty where it has none.
func flowOf(w http.ResponseWriter, r *http.Request, kind string) string {
	c := flowCookie(r, kind)
	kept, err := r.Cookie(c.Name)
	if err != nil {
		return ""
	}
	c.MaxAge = -1
	http.SetCookie(w, c)
	return kept.Value
}

func keepFlow(w http.ResponseWriter, r *http.Request, kind, value string) {
	c := flowCookie(r, kind)
	c.Value, c.MaxAge = value, int(store.SignInFlowAge.Seconds())
	http.SetCookie(w, c)
}

// askForPasskey has the API ask a browser for a passkey, at one of its addresses, and gives the browser's script what it is asked.
func askForPasskey(w http.ResponseWriter, r *http.Request, api *client.Client, address string) {
	var f passkeyFlow
	if err := api.Call(r.Context(), http.MethodPost, address, nil, &f); err != nil {
		refused := refusalOr(err, tongueOf(r).Say("the browser could not be asked for a passkey just now; please try again"))
		waitAsTold(w, refused)
		problem.New(refused.Status, sentence(heard.Say(tongueOf(r), refused.Detail))).Write(w)
		return
	}
	keepFlow(w, r, "passkey", f.Flow)
	w.Header().Set("Content-Type", "application/json")
	_, _ = w.Write(f.Options) // the client is gone where this fails
}

// refusalOr is what the API refused something with, or that it did not answer.
func refusalOr(err error, unanswered string) *client.Problem {
	refused := &client.Problem{}
	if !errors.As(err, &refused) {
		return &client.Problem{Status: http.StatusServiceUnavailable, Detail: unanswered}
	}
	return refused
}

func (s *site) beginPasskeySignIn(w http.ResponseWriter, r *http.Request) {
	askForPasskey(w, r, s.client(r, "", ""), "/v1/sign-in/passkey/begin")
}

// passkeySignIn signs somebody in by what a browser answered.
func (s *site) passkeySignIn(w http.ResponseWriter, r *http.Request) {
	r.Body = http.MaxBytesReader(w, r.Body, maxForm)
	view := signInView{Back: within(r.PostFormValue("back"))}
	body := map[string]any{"flow": flowOf(w, r, "passkey"), "credential": credentialOf(r)}
	s.admit(w, r, s.beginBy(w, r, "", "/v1/sign-in/passkey", body, map[int]language.Text{
		http.StatusUnauthorized:       "This passkey signs nobody in here. It may have been removed; or it took longer than five minutes. Try again, or have a link sent to you.",
		http.StatusServiceUnavailable: "You could not be signed in just now. Please try again.",
	}), view)
}

// credentialOf is what a browser's script put into a form, an empty object where that is none.
func credentialOf(r *http.Request) json.RawMessage {
	if text := r.PostFormValue("credential"); json.Valid([]byte(text)) && strings.HasPrefix(text, "{") {
		return json.RawMessage(text)
	}
	return json.RawMessage(`{}`)
}

// A passkeyRow is one of one's own passkeys.
type passkeyRow struct {
	ID, Name        string
	Added, LastUsed shown
	Copied          bool
}

// A passkeysView is one's own passkeys, and where another is added.
type passkeysView struct {
	// Href is where they are changed.
	Href string
	// Host is where passkeys are good, empty where they cannot be used.
	Host string
	Rows []passkeyRow
}

// ownPasskeys are one's own, on a page of managers or of agents.
func (v *visit) ownPasskeys() (view passkeysView, err error) {
	view.Href, view.Host = v.accountHref()+"/passkeys", waysOf(v.Request, v.api).PasskeyHost
	view.Rows, err = v.passkeys()
	return view, err
}

// accountHref is one's own page.
func (v *visit) accountHref() string {
	if isMy(v.Request) {
		return myHome + "settings"
	}
	return home + "me"
}

// passkeys are one's own, to be shown.
func (v *visit) passkeys() (rows []passkeyRow, err error) {
	for k, err := range v.walk("me/passkeys", nil) {
		if err != nil {
			return nil, err
		}
		rows = append(rows, passkeyRow{
			k.text("id"), k.text("name"), v.show("created_at", k.get("created_at")), v.show("last_used_at", k.get("last_used_at")), k.text("copied_at") != "",
		})
	}
	return rows, nil
}

// ways are by what people sign in, beside links, passwords and keys.
type ways struct {
	// PasskeyHost is where passkeys are good, empty where they cannot be used.
	PasskeyHost string `json:"passkey_host"`
	// OpenID is the provider of OpenID Connect, nil where there is none.
	OpenID *struct {
		Name    string
		Answers bool
	} `json:"oidc"`
}

// waysOf reads by what people sign in here; where it cannot be read there are the usual ones.
func waysOf(r *http.Request, api *client.Client) (w ways) {
	if api.Get(r.Context(), "/v1/sign-in", &w) != nil {
		return ways{}
	}
	return w
}

func beginPasskey(v *visit) (*page, error) {
	if err := v.readForm(maxForm); err != nil {
		return nil, err
	}
	askForPasskey(v.w, v.Request, v.api, "/v1/me/passkeys/begin")
	return nil, nil
}

func addPasskey(v *visit) (*page, error) {
	if err := v.readForm(maxForm); err != nil {
		return nil, err
	}
	name := strings.TrimSpace(v.PostForm.Get("name"))
	if name == "" {
		name = v.browserName(v.UserAgent())
	}
	return v.changePasskeys(http.MethodPost, "", map[string]any{"flow": flowOf(v.w, v.Request, "passkey"), "name": name, "credential": credentialOf(v.Request)}, "added")
}

func renamePasskey(v *visit) (*page, error) {
	if err := v.readForm(maxForm); err != nil {
		return nil, err
	}
	return v.changePasskeys(http.MethodPatch, v.PathValue("id"), map[string]any{"name": v.PostForm.Get("name")}, "saved")
}

func removePasskey(v *visit) (*page, error) {
	if err := v.readForm(maxForm); err != nil {
		return nil, err
	}
	return v.changePasskeys(http.MethodDelete, v.PathValue("id"), nil, "removed")
}

// changePasskeys adds one of one's own passkeys or, with an id, changes that.
func (v *visit) changePasskeys(method, id string, body any, done string) (*page, error) {
	address := "/v1/me/passkeys"
	if method != http.MethodPost {
		if uuid.Validate(id) != nil {
			return nil, errNoPage
		}
		address += "/" + id
	}
	err := v.api.Call(v.Context(), method, address, body, nil)
	if client.IsStatus(err, http.StatusNotFound) {
		return nil, errNoPage
	}
	here := v.accountHref()
	f := v.newForm(here, here, url.Values{})
	switch {
	case err == nil:
		return v.done(here, done)
	case !f.refused(err, func(string) string { return "" }):
		return nil, err
	case isMy(v.Request):
		return v.myPasskeysRefused(f.Problem)
	}
	return v.mePage(f)
}
