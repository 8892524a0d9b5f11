package notify

import (
	"bytes"
	"encoding/json"
	"fmt"
	"regexp"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/leadwheel/leadwheel/internal/language"
	"github.com/leadwheel/leadwheel/store"
)

// A subject is a lead as a template sees it, before its values are cut to a length.
type subject struct {
	store.MessageLead
	member, workspace string
	zone              *time.Location
	now               time.Time
	// tongue is what the member reads.
	tongue *language.Printer
}

// bounds are how much of a lead is shown: characters of a value, and the number of answers.
type bounds struct{ value, answers int }

// The bounds from the widest, for messages that are too long otherwise.
var (
	widest   = bounds{1000, 50}
	narrower = []bounds{{400, 30}, {120, 20}, {40, 15}}
	shortest = bounds{20, 5}
)

// example is a lead that nobody has, for previews and tests.
func example(t *language.Printer) subject {
	now := time.Now()
	return subject{
		MessageLead: store.MessageLead{
			Name: "Aisyah Tan", Email: "aisyah@example.com", Phone: "+60123456789", PhoneE164: "+60123456789", SourceName: t.Say("Example source"),
			Fields: json.RawMessage(`{"campaign_name":"Example campaign","Which unit?":"Condo","Budget":"500,000"}`),
			At:     now.Add(-2 * time.Minute), Link: "https://leads.example.com/my/open/example",
		},
		member: t.Say("you"), workspace: t.Say("your company"), zone: time.UTC, now: now, tongue: t,
	}
}

// campaignFields are the custom fields that hold a campaign's name, in the order in which they are looked at. Members see
// those anyway; what the lead's attribution says they do not.
var campaignFields = []string{"campaign_name", "campaign", "utm_campaign"}

// view is a lead as a template's data.
func (s subject) view(b bounds) map[string]any {
	all, campaign := s.answers(), ""
	for _, name := range campaignFields {
		for i, a := range all {
			if campaign == "" && a.name == name {
				campaign = a.value
				all = append(all[:i:i], all[i+1:]...)
				break
			}
		}
	}
	answers := []map[string]any{}
	for i, a := range all {
		if i == b.answers {
			answers = append(answers, placed(map[string]any{"name": "…", "value": s.tongue.Say("and %d more", len(all)-i)}))
			break
		}
		answers = append(answers, placed(map[string]any{"name": cut(a.name, b.value), "value": cut(a.value, b.value)}))
	}
	phone, call, whatsapp := s.Phone, dialled(s.Phone), ""
	if e164.MatchString(s.PhoneE164) {
		phone, call, whatsapp = s.PhoneE164, s.PhoneE164, strings.TrimPrefix(s.PhoneE164, "+")
	}
	by := ""
	if s.By != nil {
		by = s.tongue.Date(s.By.In(s.zone), "Mon 2 Jan 2006, 15:04 MST")
	}
	view := placed(map[string]any{
		"name": cut(s.title(), b.value), "phone": cut(phone, b.value), "call": call, "whatsapp": whatsapp, "email": cut(s.Email, b.value),
		"source": cut(s.SourceName, b.value), "campaign": cut(campaign, b.value),
		"time": s.tongue.Date(s.At.In(s.zone), "Mon 2 Jan 2006, 15:04 MST"), "age": s.age(s.now.Sub(s.At)),
		"member": cut(s.member, b.value), "workspace": cut(s.workspace, b.value), "link": s.Link,
		"place": cut(s.Place, b.value), "holder": cut(s.Holder, b.value), "by": by,
	})
	// What is cut for being long leads to nobody.
	view["phone"+string(asNumber)], view["email"+string(asMail)] = call, mailLink(s.Email)
	view["answers"] = answers
	return view
}

// e164 is a phone number as it is dialled from anywhere.
var e164 = regexp.MustCompile(`^\+[1-9][0-9]{6,14}$`)

// title is what to call the lead.
func (s subject) title() string {
	for _, text := range []string{s.Name, s.Phone, s.Email} {
		if text = visible(text); text != "" {
			return text
		}
	}
	return s.tongue.Say("without a name")
}

// dialled are the digits of a phone number that could not be read, as they are dialled where the lead lives; none where
// there is more in it, which may be two numbers or an extension.
func dialled(phone string) string {
	var digits strings.Builder
	for i, r := range strings.TrimSpace(phone) {
		switch {
		case '0' <= r && r <= '9' || r == '+' && i == 0:
			digits.WriteRune(r)
		case strings.ContainsRune(" -().", r):
		default:
			return ""
		}
	}
	if !number.MatchString(digits.String()) {
		return ""
	}
	return digits.String()
}

type answer struct{ name, value string }

// answers lists the custom fields that say something, in their order.
func (s subject) answers() []answer {
	decoder := json.NewDecoder(bytes.NewReader(s.Fields))
	decoder.UseNumber()
	if open, err := decoder.Token(); err != nil || open != json.Delim('{') {
		return nil
	}
	var all []answer
	for decoder.More() {
		name, err := decoder.Token()
		if err != nil {
			return all
		}
		var value any
		if err := decoder.Decode(&value); err != nil {
			return all
		}
		if text := visible(plain(s.tongue, value)); text != "" {
			all = append(all, answer{fmt.Sprint(name), text})
		}
	}
	return all
}

// plain is a JSON value as people write it.
func plain(t *language.Printer, value any) string {
	switch v := value.(type) {
	case nil:
		return ""
	case bool:
		if v {
			return t.Say("yes")
		}
		return t.Say("no")
	case []any:
		parts := make([]string, len(v))
		for i, part := range v {
			parts[i] = plain(t, part)
		}
		return strings.Join(parts, ", ")
	case map[string]any:
		text, _ := json.Marshal(v) // what was decoded encodes
		return string(text)
	}
	return fmt.Sprint(value)
}

// visible is text without what cannot be seen and would change what stands around it: control characters, and those that
// turn the direction of writing until they are undone. It is empty where nothing can be seen at all.
func visible(text string) string {
	seen := false
	text = strings.Map(func(r rune) rune {
		switch {
		case r == '\n' || r == '\t':
			return r
		case unicode.IsControl(r) || '\u202a' <= r && r <= '\u202e' || '\u2066' <= r && r <= '\u2069':
			return -1
		}
		seen = seen || unicode.IsGraphic(r) && !unicode.IsSpace(r) && !unicode.Is(unicode.M, r)
		return r
	}, text)
	if !seen {
		return ""
	}
	return strings.TrimSpace(text)
}

// cut shortens text to n characters.
func cut(text string, n int) string {
	text = visible(text)
	if utf8.RuneCountInString(text) <= n {
		return text
	}
	return string([]rune(text)[:n-1]) + "…"
}

// age says how long ago something was.
func (s subject) age(d time.Duration) string {
	switch {
	case d < time.Minute:
		return s.tongue.Say("just now")
	case d < 2*time.Hour:
		return s.tongue.Many(int(d.Minutes()), "%d minute ago", "%d minutes ago")
	case d < 48*time.Hour:
		return s.tongue.Many(int(d.Hours()), "%d hour ago", "%d hours ago")
	}
	return s.tongue.Many(int(d.Hours()/24), "%d day ago", "%d days ago")
}
