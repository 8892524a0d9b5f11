package console

import (
	"errors"
	"net/http"
	"net/url"
	"path"
	"strings"
	"time"

	"github.com/leadwheel/leadwheel/internal/client"
)

const (
	// cookieName is the cookie that holds the API key of whoever is signed in. No script can read it, a browser sends it from
	// other sites only where somebody follows a link, and the key can be revoked as any other.
	cookieName = "leadwheel_console"
	// signedInFor is how long somebody stays signed in.
	signedInFor = 12 * time.Hour
	// maxForm bounds a form, in bytes: 500 ids and what is said of them.
	maxForm = 64 << 10
	home    = "/console/"
)

// A signInView is the page that asks for a key.
type signInView struct{ Back, Problem string }

func keyOf(r *http.Request) string {
	cookie, err := r.Cookie(cookieName)
	if err != nil {
		return ""
	}
	return cookie.Value
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
	render(w, &page{Title: "Sign in", Template: "sign-in", Data: signInView{Back: within(r.FormValue("back"))}})
}

func (s *site) signIn(w http.ResponseWriter, r *http.Request) {
	r.Body = http.MaxBytesReader(w, r.Body, maxForm)
	key, back := strings.TrimSpace(r.PostFormValue("key")), within(r.PostFormValue("back"))
	status, problem := s.check(r, key)
	if problem != "" {
		render(w, &page{Title: "Sign in", Template: "sign-in", Status: status, Data: signInView{back, problem}})
		return
	}
	http.SetCookie(w, &http.Cookie{
		Name: cookieName, Value: key, Path: home, MaxAge: int(signedInFor.Seconds()),
		HttpOnly: true, SameSite: http.SameSiteLaxMode, Secure: encrypted(r),
	})
	http.Redirect(w, r, back, http.StatusSeeOther)
}

// check says what is wrong with a key, and with which status to refuse it. The console is for those who may manage keys.
func (s *site) check(r *http.Request, key string) (status int, problem string) {
	if key == "" || strings.ContainsFunc(key, func(c rune) bool { return c <= ' ' || c > '~' || strings.ContainsRune(`";,\`, c) }) {
		return http.StatusUnauthorized, "Give an API key, as it was printed: lw_ and many letters."
	}
	refused := &client.Problem{}
	err := s.client(r, key, "").Get(r.Context(), "/v1/api-keys?limit=1", nil)
	switch {
	case err == nil:
		return http.StatusOK, ""
	case errors.As(err, &refused) && refused.Status == http.StatusUnauthorized:
		return refused.Status, "This key is not valid: it was mistyped, has expired or was revoked."
	case errors.As(err, &refused) && refused.Status == http.StatusForbidden:
		return refused.Status, "This key may not use the console, which is for administrators. Make a key with `leadwheel apikey create --role admin`."
	case errors.As(err, &refused):
		return refused.Status, sentence(refused.Detail)
	}
	return http.StatusServiceUnavailable, "The key could not be looked up. Please try again."
}

func signOut(w http.ResponseWriter, r *http.Request) {
	forget(w)
	http.Redirect(w, r, home+"sign-in", http.StatusSeeOther)
}

// forget makes the browser drop the key.
func forget(w http.ResponseWriter) {
	http.SetCookie(w, &http.Cookie{Name: cookieName, Path: home, MaxAge: -1, HttpOnly: true, SameSite: http.SameSiteLaxMode})
}

// encrypted says whether a browser reached us, or the proxy before us, by HTTPS.
func encrypted(r *http.Request) bool {
	return r.TLS != nil || strings.EqualFold(r.Header.Get("X-Forwarded-Proto"), "https")
}

// within is an address of the console, home where what was asked for is none.
func within(address string) string {
	u, err := url.Parse(address)
	if err != nil || u.IsAbs() || u.Host != "" || !strings.HasPrefix(u.Path, home) ||
		!strings.HasPrefix(path.Clean(u.Path)+"/", home) || strings.HasPrefix(path.Clean(u.Path), home+"sign-") {
		return home
	}
	return u.RequestURI()
}
