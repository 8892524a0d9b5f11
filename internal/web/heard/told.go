package heard

import "github.com/leadwheel/leadwheel/internal/language"

// These are about messages, and the template of what they say.
var told = []language.Text{
	"the member chose not to be told before they were",
	"this installation is not set up to send by it",
	"the member has no %s address any more",
	"the leads it tells of are not there any more",
	"the Telegram group became a supergroup; sent again to its new id",
	"%s: %s; sent by %s instead",
	"the e-mail address cannot be read",
	"the mail server refuses us: %s",
	"connecting to the mail server: %s",
	"the mail server did not take the message: %s",
	"it is not known whether the mail server took the message; look for it, or try again",
	"this installation sends no mail; an operator sets LEADWHEEL_SMTP_URL",
	"Telegram's answer cannot be read",
	"a template has %d bytes at the most",
	"the message is too long",
	"only {{.name}} and the like, {{if}} and {{range .answers}} can be used",
	"write {{range .answers}}{{.name}}: {{.value}}{{end}} for the answers",
	"only the answers can be ranged over",
	"%s cannot be used here; there are .%s",
	"<!…> cannot be used; there are the elements %s",
	"the element <%s> cannot be used; there are %s",
	"the attribute %s of <%s> cannot be used; there are href of <a>, class of <code> and expandable of <blockquote>",
	"the element <%s> is not closed",
	"the element <%s/> holds nothing; write <%s>…</%s>",
	"</%s> closes an element that is not open there",
}
