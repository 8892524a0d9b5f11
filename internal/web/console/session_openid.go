package console

import (
	"net/http"
	"net/url"

	"github.com/leadwheel/leadwheel/internal/language"
	"github.com/leadwheel/leadwheel/internal/web/heard"
)

// toProvider sends a browser to the provider of OpenID Connect. What it comes back with is good in this browser alone. It is a link and
// no form: browsers hold where a form leads on to against the page's policy.
func (s *site) toProvider(w http.ResponseWriter, r *http.Request) {
	view := signInView{Back: within(r.FormValue("back"))}
	var f struct{ Flow, URL string }
	err := s.client(r, "", "").Call(r.Context(), http.MethodPost, "/v1/sign-in/oidc/begin", nil, &f)
	if err != nil {
		refused := refusalOr(err, tongueOf(r).Say("you could not be signed in just now; please try again"))
		waitAsTold(w, refused)
		view.Problem = sentence(heard.Say(tongueOf(r), refused.Detail))
		s.showSignIn(w, r, "Sign in", refused.Status, view)
		return
	}
	keepFlow(w, r, "oidc", url.Values{"flow": {f.Flow}, "back": {view.Back}}.Encode())
	http.Redirect(w, r, f.URL, http.StatusSeeOther)
}

// fromProvider signs in whoever comes back from the provider in the browser that was sent there.
func (s *site) fromProvider(w http.ResponseWriter, r *http.Request) {
	kept, _ := url.ParseQuery(flowOf(w, r, "oidc")) // what cannot be read signs nobody in
	view := signInView{Back: within(kept.Get("back"))}
	if r.FormValue("error") != "" {
		s.admit(w, r, entry{status: http.StatusUnauthorized, problem: tongueOf(r).Say("You were not let in there. Try again, or sign in in another way.")}, view)
		return
	}
	body := map[string]string{"flow": kept.Get("flow"), "state": r.FormValue("state"), "code": r.FormValue("code")}
	const nobody language.Text = "This account signs nobody in here. An administrator can invite you, at the address that the account has; or it took longer than five minutes: then try again."
	e := s.beginBy(w, r, "", "/v1/sign-in/oidc", body, map[int]language.Text{
		http.StatusUnauthorized: nobody, http.StatusServiceUnavailable: "You could not be signed in just now. Please try again.",
	})
	if e.status == http.StatusBadRequest || e.status == http.StatusUnprocessableEntity { // no provider sends this
		e.status, e.problem = http.StatusUnauthorized, tongueOf(r).Say(nobody)
	}
	s.admit(w, r, e, view)
}
