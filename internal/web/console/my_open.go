package console

import (
	"errors"
	"net/http"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/leadwheel/leadwheel/internal/client"
	"github.com/leadwheel/leadwheel/internal/lead"
	"github.com/leadwheel/leadwheel/internal/web/heard"
)

// linkCookieName is the cookie of who opened a lead by a message's link: the lead, a dot, and a session that sees no other. It stands
// beside that of whoever is signed in, and is looked at on that lead's page only.
const linkCookieName = "leadwheel_lead"

// linkCookieFor is that cookie as a browser keeps it. It has no value.
func linkCookieFor(r *http.Request) *http.Cookie {
	c := &http.Cookie{Name: linkCookieName, Path: myHome, HttpOnly: true, SameSite: http.SameSiteLaxMode}
	if encrypted(r) {
		c.Name, c.Path, c.Secure = securePrefix+linkCookieName, "/", true
	}
	return c
}

// linkTokenOf is the session that a message's link began, on the pages of the lead that it opened.
func linkTokenOf(r *http.Request) string {
	cookie, err := r.Cookie(linkCookieFor(r).Name)
	if err != nil {
		return ""
	}
	id, token, _ := strings.Cut(cookie.Value, ".")
	here := myHome + "leads/" + id
	if uuid.Validate(id) != nil || !strings.HasPrefix(token, tokenPrefix) || r.URL.Path != here && !strings.HasPrefix(r.URL.Path, here+"/") {
		return ""
	}
	return token
}

// forgetLink makes the browser drop what a message's link began.
func forgetLink(w http.ResponseWriter, r *http.Request) {
	cookie := linkCookieFor(r)
	cookie.MaxAge = -1
	http.SetCookie(w, cookie)
}

// openMessageLink leads whoever opens a message's link to its lead. The link is not used up, so programs that look at what is behind it
// do no harm. Who is signed in and sees the lead anyway stays who they are.
func (s *site) openMessageLink(w http.ResponseWriter, r *http.Request) {
	var begun struct {
		Token     string
		Lead      string    `json:"assigned_lead_id"`
		ExpiresAt time.Time `json:"expires_at"`
	}
	err := s.client(r, "", "").Call(r.Context(), http.MethodPost, "/v1/sign-in", map[string]string{"link": r.PathValue("link")}, &begun)
	if err != nil || begun.Lead == "" {
		s.refuseLink(w, r, err)
		return
	}
	page := myHome + "leads/" + begun.Lead
	if s.sees(r, begun.Lead) {
		_ = s.client(r, begun.Token, "").Call(r.Context(), http.MethodDelete, "/v1/sessions/current", nil, nil) // it ends by itself else
		forgetLink(w, r)
		http.Redirect(w, r, page, http.StatusSeeOther)
		return
	}
	cookie := linkCookieFor(r)
	cookie.Value, cookie.Expires = begun.Lead+"."+begun.Token, begun.ExpiresAt
	http.SetCookie(w, cookie)
	http.Redirect(w, r, page, http.StatusSeeOther)
}

// sees says whether an agent is signed in who has a lead.
func (s *site) sees(r *http.Request, id string) bool {
	token := tokenOf(r)
	if token == "" {
		return false
	}
	var m me
	api := s.client(r, token, "")
	return api.Get(r.Context(), "/v1/me", &m) == nil && m.Role == lead.RoleMember && api.Get(r.Context(), "/v1/assigned-leads/"+id, nil) == nil
}

// refuseLink says why a message's link opens nothing, and asks who it is.
func (s *site) refuseLink(w http.ResponseWriter, r *http.Request, err error) {
	t := tongueOf(r)
	status, words := http.StatusServiceUnavailable, t.Say("The lead could not be opened just now. Please try again.")
	if refused := (&client.Problem{}); errors.As(err, &refused) && refused.Status == http.StatusUnauthorized {
		status, words = refused.Status, t.Say("This link opens nothing any more: it is older than a day, or was ended. Sign in to see your leads.")
	} else if errors.As(err, &refused) {
		waitAsTold(w, refused)
		status, words = refused.Status, sentence(heard.Say(t, refused.Detail))
	}
	render(w, t, &page{Title: t.Say("Sign in"), Template: "sign-in", Status: status, Data: signInView{Back: myHome, Problem: words}})
}
