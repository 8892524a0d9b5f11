package ingest

import (
	"cmp"
	"encoding/base64"
	"encoding/json"

	"github.com/leadwheel/leadwheel/store"
)

// typeform reads the webhooks of Typeform: one response a request, signed.
type typeform struct{}

const typeformSignature = "Typeform-Signature"

type typeformRequest struct {
	Type     flexible `json:"event_type"`
	Response struct {
		FormID     flexible       `json:"form_id"`
		Token      flexible       `json:"token"`
		Submitted  flexible       `json:"submitted_at"`
		Landed     flexible       `json:"landed_at"`
		Hidden     map[string]any `json:"hidden"`
		Definition struct {
			Title  flexible `json:"title"`
			Fields []struct {
				ID    flexible `json:"id"`
				Title flexible `json:"title"`
			} `json:"fields"`
		} `json:"definition"`
		Answers []json.RawMessage `json:"answers"`
	} `json:"form_response"`
}

type typeformAnswer struct {
	Type  string `json:"type"`
	Field struct {
		ID   flexible `json:"id"`
		Type flexible `json:"type"`
		Ref  flexible `json:"ref"`
	} `json:"field"`
	Choice struct {
		Label flexible `json:"label"`
		Other flexible `json:"other"`
	} `json:"choice"`
	Choices struct {
		Labels []flexible `json:"labels"`
		Other  flexible   `json:"other"`
	} `json:"choices"`
}

// Headers implements Provider.
func (typeform) Headers() []string { return []string{typeformSignature} }

// Verify implements Provider.
func (typeform) Verify(s Secrets, r Request) error {
	if s.Secret == "" {
		return errNoSecret
	}
	if !same(r.Header.Get(typeformSignature), "sha256="+base64.StdEncoding.EncodeToString(hmacSHA256(s.Secret, r.Body))) {
		return &UnsignedError{"the signature in " + typeformSignature + " is missing or not made with the integration's secret"}
	}
	return nil
}

// Parse implements Provider.
func (typeform) Parse(_ store.IntegrationSettings, r Request) (Parsed, error) {
	var t typeformRequest
	if err := decode(r.Body, &t); err != nil {
		return Parsed{}, err
	}
	if t.Type != "form_response" {
		return Parsed{Note: "this notification is not of a response"}, nil
	}
	titles := make(map[flexible]string)
	for _, f := range t.Response.Definition.Fields {
		titles[f.ID] = Clean(string(f.Title))
	}
	l := Lead{ID: string(t.Response.Token), Attribution: Attribution{"platform": "typeform"}, Consent: make(map[string]any)}
	for _, raw := range t.Response.Answers {
		if err := l.addTypeform(raw, titles); err != nil {
			l.Answers.Add("", string(raw)) // whatever it is, it is kept
		}
	}
	var hidden Answers
	for _, name := range sortedKeys(t.Response.Hidden) {
		hidden.Add(name, t.Response.Hidden[name])
	}
	l.Attribution.Set("form_id", t.Response.FormID)
	l.Attribution.Set("form_name", t.Response.Definition.Title)
	l.Answers = append(l.Answers, l.Attribution.takeFrom(hidden)...)
	l.Attribution.Set(submittedAt, t.Response.Submitted)
	l.Attribution.Set(landedAt, t.Response.Landed)
	return Parsed{Leads: []Lead{l}}, nil
}

// addTypeform adds one answer, under its question or, where the form's author gave it a reference that says what it is,
// under that.
func (l *Lead) addTypeform(raw json.RawMessage, titles map[flexible]string) error {
	var a typeformAnswer
	var all map[string]any
	value, err := decodeAny(raw)
	if err == nil {
		all, _ = value.(map[string]any)
		err = json.Unmarshal(raw, &a)
	}
	if err != nil {
		return &UnmappedError{"an answer is of another shape than Typeform's"}
	}
	ref := Clean(string(a.Field.Ref))
	name := cmp.Or(titles[a.Field.ID], ref, Clean(string(a.Field.ID)))
	if r, _ := roleOf(ref); r != roleNone {
		name = ref
	}
	from := len(l.Answers)
	defer func() { l.Answers.known(from, titles[a.Field.ID], ref, string(a.Field.ID)) }()
	switch a.Type {
	case "email":
		l.Answers.addAs(roleEmail, name, all["email"])
	case "phone_number":
		l.Answers.addAs(rolePhone, name, all["phone_number"])
	case "choice":
		l.Answers.Add(name, string(cmp.Or(a.Choice.Label, a.Choice.Other)))
	case "choices":
		labels := a.Choices.Labels
		if a.Choices.Other != "" {
			labels = append(labels, a.Choices.Other)
		}
		values := make([]any, len(labels))
		for i, label := range labels {
			values[i] = string(label)
		}
		l.Answers.Add(name, values)
	case "boolean":
		if a.Field.Type == "legal" {
			l.Consent[name] = all["boolean"]
			return nil
		}
		l.Answers.Add(name, all["boolean"])
	default:
		l.Answers.Add(name, all[a.Type])
	}
	return nil
}
