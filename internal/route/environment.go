package route

import (
	"encoding/json"
	"math"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"golang.org/x/text/language"

	"github.com/leadwheel/leadwheel/internal/contact"
)

// A Lead is what rules can ask about one. Empty text is what is not known.
type Lead struct {
	// Source and Integration are names.
	Source, Integration     string
	SourceID, IntegrationID string
	Channel                 string
	Email                   string
	PhoneE164               string
	// Fields and Attribution are JSON objects; nil is empty.
	Fields, Attribution json.RawMessage
	Test                bool
	// Received is when it came in, in the workspace's zone.
	Received time.Time
}

// received is a moment as rules see it.
type received struct {
	Hour    int    `expr:"hour"`
	Weekday string `expr:"weekday"`
}

var weekdays = [7]string{"sun", "mon", "tue", "wed", "thu", "fri", "sat"}

// A Variable is something that conditions can ask for.
type Variable struct{ Name, Doc string }

// Variables lists what conditions can ask for. The texts are as the lead has them, or empty.
func Variables() []Variable {
	return []Variable{
		{"source", "the name of its source"},
		{"source_id", "the id of its source"},
		{"channel", "how it came in: api, import, queue or an integration's kind"},
		{"integration", "the name of the integration that delivered it"},
		{"integration_id", "the id of that integration"},
		{"campaign_id", "the campaign that brought it in"},
		{"form_id", "the form that it was filled in"},
		{"platform", "the platform that it comes from, as that names itself"},
		{"phone_country", "the country of its phone number, two capital letters"},
		{"email_domain", "what stands behind the @, in lower case"},
		{"language", "its language, as in en or ms, where a field or the ad tells"},
		{"fields", `its other fields: fields["budget"]`},
		{"test", "whether a platform sent it as a test"},
		{"received", "when it came in, by the workspace's clock: received.hour is 0 to 23, received.weekday mon to sun"},
	}
}

// typed is an environment that has each variable with its type, by which conditions are checked.
func typed() map[string]any {
	env := make(map[string]any)
	for _, v := range Variables() {
		env[v.Name] = ""
	}
	env["fields"], env["test"], env["received"] = map[string]any{}, false, received{}
	return env
}

// maxValue is how many characters of a text are seen by rules: what matching it costs goes by its length.
const maxValue = 1000

// environment is what the list's rules ask about a lead. What none of them asks for is left out.
func (l *List) environment(of Lead) map[string]any {
	env := map[string]any{
		"source": cut(of.Source), "source_id": of.SourceID, "channel": of.Channel, "integration": cut(of.Integration),
		"integration_id": of.IntegrationID, "test": of.Test,
		"received": received{of.Received.Hour(), weekdays[of.Received.Weekday()]},
	}
	var fields, brought map[string]any
	if l.uses["fields"] || l.uses["language"] {
		fields = objectOf(of.Fields)
		env["fields"] = fields
	}
	if l.uses["campaign_id"] || l.uses["form_id"] || l.uses["platform"] || l.uses["language"] {
		brought = objectOf(of.Attribution)
		for _, name := range [3]string{"campaign_id", "form_id", "platform"} {
			env[name], _ = brought[name].(string)
		}
	}
	if l.uses["phone_country"] {
		env["phone_country"] = contact.Country(of.PhoneE164)
	}
	if l.uses["email_domain"] {
		_, domain, _ := strings.Cut(contact.Email(of.Email), "@")
		env["email_domain"] = domain
	}
	if l.uses["language"] {
		env["language"] = languageOf(fields, brought)
	}
	return env
}

// languageOf is the language that a lead's fields or what brought it in name, as two or three letters where it can be read.
func languageOf(places ...map[string]any) string {
	for _, place := range places {
		for _, name := range [4]string{"language", "lang", "locale", "Language"} {
			text, _ := place[name].(string)
			if text = strings.TrimSpace(text); text == "" {
				continue
			}
			if tag, err := language.Parse(text); err == nil {
				base, _ := tag.Base()
				return base.String()
			}
			return strings.ToLower(text)
		}
	}
	return ""
}

// objectOf reads a JSON object, never nil.
func objectOf(text json.RawMessage) map[string]any {
	var object map[string]any
	if len(text) == 0 || json.Unmarshal(text, &object) != nil || object == nil {
		return map[string]any{}
	}
	shorten(object)
	return object
}

// exact is up to where whole numbers in JSON are told apart.
const exact = 1 << 53

// shorten cuts all texts in a value, and has whole numbers be such.
func shorten(value any) any {
	switch v := value.(type) {
	case string:
		return cut(v)
	case float64:
		if v == math.Trunc(v) && math.Abs(v) < exact {
			return int(v)
		}
	case []any:
		for i := range v {
			v[i] = shorten(v[i])
		}
	case map[string]any:
		for k := range v {
			v[k] = shorten(v[k])
		}
	}
	return value
}

// cut is a text's first maxValue characters.
func cut(text string) string {
	if len(text) <= maxValue || utf8.RuneCountInString(text) <= maxValue {
		return text
	}
	return string([]rune(text)[:maxValue])
}

// loosely is a value as it is compared with a number: forms give numbers as texts.
func loosely(value any) any {
	text, is := value.(string)
	if !is {
		return value
	}
	if n, err := strconv.ParseFloat(strings.TrimSpace(text), 64); err == nil {
		return n
	}
	return value
}
