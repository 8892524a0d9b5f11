// Package heard has what the API says on screens in the language of whoever reads it: what it refuses, warns of and promises arrives in
// English, made of the texts that are listed here, each beside others of its subject.
package heard

import (
	"github.com/leadwheel/leadwheel/internal/language"
	"github.com/leadwheel/leadwheel/internal/lead"
)

// all are the sentences that are known.
var all = language.NewHeard(plainer, reasons(), refusals, members, groups, leads, people, workspaces, rules, imports, files, integrations, deliveries, told, audit)

// Say says what the API said.
func Say(p *language.Printer, english string) string { return all.Say(p, english) }

// reasons are those for which leads are not given, as the domain has them.
func reasons() (texts []language.Text) {
	for _, r := range lead.Reasons() {
		texts = append(texts, language.Text(r.Text()))
	}
	return texts
}
