package console

import (
	"net/http"
	"strings"
)

// A messagesView is what members were told, and who cannot be told.
type messagesView struct {
	List   *listView
	Untold []untoldMember
	// More says how many others cannot be told, empty where all are named.
	More string
}

// An untoldMember is one whom no channel reaches.
type untoldMember struct{ Name, Href, Why string }

// maxUntold bounds the members who are named that cannot be told.
const maxUntold = 20

func showMessages(v *visit) (*page, error) {
	v.SetPathValue("collection", "notifications")
	p, err := v.listPage(nil)
	if err != nil {
		return nil, err
	}
	var can channels
	if err := v.get("/v1/notifications/channels", &can); err != nil {
		return nil, err
	}
	view := messagesView{List: p.Data.(*listView)}
	untold := can.cannotTell(v.names.all("members"))
	for _, m := range untold[:min(len(untold), maxUntold)] {
		view.Untold = append(view.Untold, untoldMember{v.called(m), memberHref(m.text("id")), can.why(v, m)})
	}
	if more := len(untold) - maxUntold; more > 0 {
		view.More = v.say("And %s.", v.others(more))
	}
	p.Template, p.Data, p.Views = "messages", view, messageViews(v)
	p.Up = &link{v.say("Settings"), home + "settings"}
	return p, nil
}

func (s *site) serveMessages(pages *http.ServeMux) {
	pages.HandleFunc("GET /console/notifications", s.page(showMessages))
	pages.HandleFunc("GET /console/notifications/template", s.page(showTemplate))
	pages.HandleFunc("POST /console/notifications/template", s.page(saveTemplate))
}

// templateField is the form's field for one of the API's.
func templateField(field string) string { return oneOf(field, "template") }

// oneLineEnds writes line ends as the API has them, and not as browsers send them.
func oneLineEnds(text string) string { return strings.ReplaceAll(text, "\r\n", "\n") }
