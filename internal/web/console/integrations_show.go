package console

import (
	"html"
	"strings"

	"github.com/leadwheel/leadwheel/internal/language"
)

// An integrationView is an integration with what to do on its platform, and what came.
type integrationView struct {
	// Made says that it was added just now, empty else.
	Made   string
	Copies []toCopy
	Steps  []language.Text
	// Trouble says what keeps leads from coming through, and what to do, empty where they do.
	Trouble string
	Facts   []part
	Acts    []*act
	Form    formView
	ID      string
	Edit    string
	// Embed is code for a website, empty where there is none.
	Embed    string
	Sections []*listView
}

// A toCopy is text that is copied to somewhere else.
type toCopy struct{ ID, Label, Value string }

func showIntegration(v *visit) (*page, error) {
	one, err := v.item("integrations")
	if err != nil {
		return nil, err
	}
	return v.integrationPage(one)
}

func (v *visit) integrationPage(one object) (*page, error) {
	p, err := placeOf("integrations", "", "")
	if err != nil {
		return nil, err
	}
	v.names.learn([]object{one})
	id, address := one.text("id"), v.address(one.text("url"))
	view := integrationView{
		Copies: []toCopy{{"address", v.say("Address"), address}}, Trouble: v.troubleOf(one), Acts: v.offered(p.fitting(one)), Form: v.form("integrations"), ID: id,
		Edit: home + "integrations/" + id + "/edit",
	}
	view.Form.Back = home + "integrations/" + id
	if of := platformOf(one.text("kind")); of != nil {
		view.Steps, view.Facts = of.Steps, []part{{v.say("Platform"), shown{Text: v.say(of.Name)}}}
		if of == &formPlatform {
			view.Embed = `<iframe src="` + html.EscapeString(address) + `" title="` + html.EscapeString(v.called(one)) + `" width="100%" height="640" style="border:0"></iframe>`
		}
	}
	for _, name := range []string{"group_id", "source_id", "warning", "created_at"} {
		if one.get(name) != nil {
			view.Facts = append(view.Facts, part{v.label(name), v.show(name, one.get(name))})
		}
	}
	if view.Sections, err = v.sections(p, id); err != nil {
		return nil, err
	}
	return &page{Title: v.called(one), Template: "integration", Data: view, Up: v.way(toIntegrations)}, nil
}

// troubleOf says what keeps an integration's leads from coming through, and what to do.
func (v *visit) troubleOf(one object) string {
	waits := ""
	if held := number(one, "health.held"); held > 0 {
		waits = v.say("What has come waits, %s; nothing is lost.", v.many(held, "%d time", "%d times"))
	}
	switch {
	case !one.is("enabled"):
		return join(v.say("It is paused: what comes is kept, and can be taken in later."), waits)
	case one.text("health.state") == "token_dead":
		return join(v.say("The platform does not take the access token any more. Make a new one there and give it under Edit."), waits)
	case one.text("health.state") == "permission":
		return join(v.say("The access token does not let us read the leads. Give it the permissions that the steps name, or give another under Edit."), waits)
	case one.text("health.state") == "throttled":
		return join(v.say("The platform asks us to wait. It goes on by itself."), waits)
	}
	return ""
}

// address is a path of ours as others reach it.
func (v *visit) address(path string) string {
	if v.site.public != "" {
		return strings.TrimRight(v.site.public, "/") + path
	}
	scheme := "http://"
	if v.TLS != nil {
		scheme = "https://"
	}
	return scheme + v.Host + path
}
