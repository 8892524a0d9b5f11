package notify

import (
	"cmp"
	"fmt"
	"html"
	"strings"
	"time"

	"github.com/leadwheel/leadwheel/internal/language"
	"github.com/leadwheel/leadwheel/internal/lead"
	"github.com/leadwheel/leadwheel/store"
)

// maxTelegram is how long a message by Telegram may be, counted as Telegram does: in UTF-16, without elements.
const maxTelegram = 4096

// testNote stands above test messages.
func testNote(t *language.Printer) string {
	return "<i>" + t.Say("This is a test: there is no such lead.") + "</i>\n\n"
}

// fallbackNotes stand below messages that come by another channel than they should, under the one that failed.
var fallbackNotes = map[lead.Channel]language.Text{
	lead.Telegram: "Telegram did not take this, so it comes by e-mail. If that goes on, ask for a new link to connect Telegram again.",
	lead.Email:    "Your e-mail address did not take this, so it comes by Telegram.",
}

// severals are what messages call the leads that they tell of, where those are several and not new ones.
var severals = map[store.NotificationKind]language.Text{
	store.NotifyReminder: "leads to follow up", store.NotifyAnswer: "leads to answer", store.NotifyOffer: "leads on offer",
	store.NotifyUnanswered: "leads that were not answered in time", store.NotifyNotAccepted: "leads that nobody accepted in time",
	store.NotifyUndone: "leads taken back; they are not yours any more",
}

// Write writes a message. It always finds something to send: a template that cannot be used any more gives way to the
// default, and what is too long for the channel is cut.
func Write(m *store.Message, now time.Time) Content {
	zone, err := time.LoadLocation(m.Recipient.Timezone)
	if err != nil {
		zone = time.UTC
	}
	t := language.In(m.Recipient.Language)
	about := make([]subject, len(m.Leads))
	for i, l := range m.Leads {
		about[i] = subject{l, m.Recipient.Name, m.Recipient.WorkspaceName, zone, now, t}
	}
	before, after := "", ""
	if note := fallbackNotes[m.FallbackFrom]; note != "" {
		after = "\n\n<i>" + t.Say(note) + "</i>"
	}
	if m.Kind == store.NotifyTest {
		one := example(t)
		one.member, one.workspace, one.zone, one.now, one.At = m.Recipient.Name, m.Recipient.WorkspaceName, zone, now, now.Add(-2*time.Minute)
		about, before = []subject{one}, testNote(t)
	}
	if m.Total > 1 {
		what := t.Say(cmp.Or(severals[m.Kind], "new leads"))
		return compose(fmt.Sprintf("%d %s", m.Total, what), before, after, func(b bounds) (string, error) {
			return (&Template{messagesIn.In(t).summary}).execute(summary(about, m.Total, what, b))
		})
	}
	if link := about[0].Link; link != "" && m.Kind != store.NotifyTest && !m.Kind.OfOffers() && !strings.Contains(m.Recipient.Template, ".link") {
		after = "\n\n<a href=\"" + html.EscapeString(link) + "\">" + t.Say("Open this lead") + "</a>" + after
	}
	template, title := templateOf(m, t)
	return compose(title+": "+cut(oneLine(about[0].title()), 100), before, after, func(b bounds) (string, error) {
		view := about[0].view(b)
		view["what"] = title
		if m.Kind != store.NotifyUnanswered {
			delete(view, "holder")
		}
		return template.execute(view)
	})
}

// templateOf is what a message about one lead says, and what its subject begins with. A workspace has its own for new leads.
func templateOf(m *store.Message, t *language.Printer) (template *Template, title string) {
	ours := messagesIn.In(t)
	switch m.Kind {
	case store.NotifyReminder:
		return &Template{ours.reminder}, t.Say("Follow up")
	case store.NotifyAnswer:
		return &Template{ours.answer}, t.Say("Answer soon")
	case store.NotifyOffer:
		return &Template{ours.offer}, t.Say("Offer")
	case store.NotifyUnanswered:
		return &Template{ours.charge}, t.Say("Not answered")
	case store.NotifyNotAccepted:
		return &Template{ours.charge}, t.Say("Not accepted")
	case store.NotifyUndone:
		return &Template{ours.undone}, t.Say("Taken back")
	}
	own, err := ParseTemplate(m.Recipient.Template)
	if err != nil || m.Recipient.Template == "" {
		own = &Template{ours.usual}
	}
	return own, t.Say("New lead")
}

// Preview is what messages about a lead look like with a template, by the clock of a zone and in the first of the languages that there is. An error says what is wrong with it.
func Preview(text, member, workspace string, zone *time.Location, languages ...string) (Content, error) {
	return tried(text, member, workspace, zone, language.In(languages...), "")
}

// Trial is the preview as somebody is sent it who wants to see it where messages are read: it says that it is a test.
func Trial(text, member, workspace string, zone *time.Location, languages ...string) (Content, error) {
	in := language.In(languages...)
	return tried(text, member, workspace, zone, in, testNote(in))
}

func tried(text, member, workspace string, zone *time.Location, in *language.Printer, before string) (Content, error) {
	t, err := ParseTemplate(text)
	if err != nil {
		return Content{}, err
	}
	if text == "" {
		t = &Template{messagesIn.In(in).usual}
	}
	one := example(in)
	one.member, one.workspace, one.zone = member, workspace, zone
	return compose(in.Say("New lead")+": "+one.title(), before, "", func(b bounds) (string, error) { return t.execute(one.view(b)) }), nil
}

// compose writes a message within the bounds that make it short enough.
func compose(subject, before, after string, write func(bounds) (string, error)) Content {
	var body string
	for _, b := range append(append([]bounds{widest}, narrower...), shortest) {
		text, err := write(b)
		if err != nil || visible(Text(text)) == "" { // a template may have nothing to say of a lead
			continue
		}
		body = before + text + after
		if telegramLength(Text(body)) <= maxTelegram {
			return Content{Subject: subject, HTML: body, Text: Text(body)}
		}
	}
	if body == "" {
		body = before + html.EscapeString(subject) + after
	}
	short := cutTelegram(Text(body))
	return Content{Subject: subject, HTML: html.EscapeString(short), Text: short}
}

func summary(about []subject, total int, what string, b bounds) map[string]any {
	leads := make([]map[string]any, len(about))
	for i, s := range about {
		leads[i] = s.view(bounds{min(b.value, 100), 0})
		leads[i]["number"] = i + 1
	}
	return map[string]any{"total": total, "what": what, "leads": leads, "more": total - len(about)}
}

func oneLine(text string) string { return strings.Join(strings.Fields(text), " ") }
