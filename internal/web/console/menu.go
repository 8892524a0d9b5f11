package console

import (
	"strings"

	"github.com/leadwheel/leadwheel/internal/language"
)

// A menuItem is a page that the menu leads to.
type menuItem struct {
	link
	Here bool
}

// menu is what the console is about, in the order in which managers need it.
var menu = []struct {
	name  string
	title language.Text
}{
	{"", "Today"},
	{"leads", "Leads"},
	{"groups", "Groups"},
	{"pending-leads", "Pending"},
	{"history", "History"},
	{"members", "Members"},
	{"sources", "Sources"},
	{"integrations", "Integrations"},
	{"imports", "Imports"},
	{"customers", "Customers"},
	{"settings", "Settings"},
}

// menuFor is the menu as a page at a path shows it.
func (v *visit) menuFor(path string) []menuItem {
	name, _, _ := strings.Cut(strings.TrimPrefix(path, home), "/")
	all := make([]menuItem, len(menu))
	for i, m := range menu {
		all[i] = menuItem{link{v.say(m.title), home + m.name}, m.name == name || m.name != "" && m.name == belongsTo[name]}
	}
	return all
}

// belongsTo says under which of the menu's pages those are that it does not lead to.
var belongsTo = map[string]string{
	"assigned-leads": "leads", "assignments": "leads", "rules": "groups", "opportunities": "customers", "notifications": "settings", "webhooks": "settings",
	"api-keys": "settings", "sessions": "settings", "dead-tasks": "settings", "queues": "settings", "audit": "settings", "audit-log": "settings", "people": "settings", "privacy": "settings", "me": "settings",
}
