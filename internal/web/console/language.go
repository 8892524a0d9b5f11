package console

import (
	"net/http"
	"net/url"

	"github.com/leadwheel/leadwheel/internal/language"
	"github.com/leadwheel/leadwheel/internal/web/heard"
)

// A tongue says what a page says in the language of whoever looks.
type tongue = *language.Printer

// say is a text in the language of whoever looks.
func (v *visit) say(text language.Text, args ...any) string { return v.tongue.Say(text, args...) }

// many says how many there are of something; see language.Printer.
func (v *visit) many(n int, one, other language.Text, args ...any) string {
	return v.tongue.Many(n, one, other, args...)
}

// heard is what the API said, in the language of whoever looks.
func (v *visit) heard(said string) string { return heard.Say(v.tongue, said) }

// leads is a number of leads, in words.
func (v *visit) leads(n int) string { return v.many(n, "%d lead", "%d leads") }

// others is a number of others.
func (v *visit) others(n int) string { return v.many(n, "%d other", "%d others") }

// A way is a link that is the same for everybody, but for their language.
type way struct {
	Label language.Text
	Href  string
}

// way is the link as the page has it.
func (v *visit) way(w way) *link { return &link{v.say(w.Label), w.Href} }

// A namedValue is a value that can be chosen, and what it is called.
type namedValue struct {
	Value string
	Name  language.Text
}

// optionsOf are values to choose from.
func (v *visit) optionsOf(all ...namedValue) (options []option) {
	for _, one := range all {
		options = append(options, option{Value: one.Value, Label: v.say(one.Name)})
	}
	return options
}

// languageCookie is the cookie of what somebody reads before it is known who they are.
const languageCookie = "leadwheel_language"

// yearSeconds is for how long a browser keeps it.
const yearSeconds = 365 * 24 * 60 * 60

// tongueOf is what somebody reads of whom nothing is known: what they choose, what was read in their browser before, or else what that asks for.
func tongueOf(r *http.Request) tongue {
	kept := ""
	if c, err := r.Cookie(languageCookie); err == nil {
		kept = c.Value
	}
	return language.In(r.URL.Query().Get("lang"), kept, language.Accepted(r.Header.Get("Accept-Language")))
}

// keepTongue has a browser keep what is read in it, if it does not yet.
func keepTongue(w http.ResponseWriter, r *http.Request, t tongue) {
	if c, err := r.Cookie(languageCookie); err == nil && c.Value == t.Tag() {
		return
	}
	http.SetCookie(w, &http.Cookie{Name: languageCookie, Value: t.Tag(), Path: "/", MaxAge: yearSeconds, HttpOnly: true, Secure: encrypted(r), SameSite: http.SameSiteLaxMode})
}

// A languageLink leads to the same page in another language.
type languageLink struct {
	Tag, Label, Href string
	Here             bool
}

// languagesOf are the languages in which the page that asks who somebody is can be read, each by its own name.
func languagesOf(r *http.Request, t tongue) (all []languageLink) {
	for _, tag := range language.Offered() {
		query := url.Values{"lang": {tag}}
		if back := within(r.FormValue("back")); back != home {
			query.Set("back", back)
		}
		all = append(all, languageLink{tag, language.Name(tag), home + "sign-in?" + query.Encode(), tag == t.Tag()})
	}
	return all
}

// languageOptions are what can be chosen to read; unset is what the choice of none is called, which an empty one leaves out.
func languageOptions(unset string) (all []option) {
	if unset != "" {
		all = append(all, option{Label: unset})
	}
	for _, tag := range language.Offered() {
		all = append(all, option{Value: tag, Label: language.Name(tag)})
	}
	return all
}

// languageField asks what somebody reads, who may leave it to the workspace.
func (f *form) languageField(workspace object) {
	unset := f.say("the workspace’s: %s", language.Name(workspace.text("language")))
	f.choose("language", "Language", "", languageOptions(unset))
}
