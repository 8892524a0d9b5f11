package ingest

import (
	"cmp"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"maps"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/leadwheel/leadwheel/store"
)

// linkedIn reads LinkedIn Lead Sync: notifications, which name a lead and do not say what is in it, and the leads and forms
// themselves as LinkedIn's API gives them.
type linkedIn struct{}

const (
	linkedInSignature = "X-Li-Signature"
	// linkedInPrefix stands before what is signed, and not before the signature.
	linkedInPrefix = "hmacsha256="
)

// Headers implements Provider.
func (linkedIn) Headers() []string { return []string{linkedInSignature} }

// Verify implements Provider.
func (linkedIn) Verify(s Secrets, r Request) error {
	if s.Secret == "" {
		return errNoSecret
	}
	want := hex.EncodeToString(hmacSHA256(s.Secret, []byte(linkedInPrefix), r.Body))
	if !same(r.Header.Get(linkedInSignature), want) {
		return &UnsignedError{"the signature in X-LI-Signature is missing or not right; the integration's secret is the app's client secret"}
	}
	return nil
}

// challengeCode is the form of LinkedIn's codes: UUIDs. Anything else is not signed. Whoever asks chooses the code, and with one
// that reads hmacsha256= and a body the answer would be that delivery's signature.
var challengeCode = regexp.MustCompile(`^[0-9A-Fa-f]{8}(-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}$`)

// Challenge implements challenger. LinkedIn checks every two hours, and blocks an address that fails three times.
func (linkedIn) Challenge(s Secrets, query url.Values) (Challenged, error) {
	code := query.Get("challengeCode")
	switch {
	case !challengeCode.MatchString(code):
		return Challenged{}, &UnsignedError{"this is not how LinkedIn checks an address: challengeCode is not a UUID"}
	case s.Secret == "":
		return Challenged{}, errNoSecret
	}
	body, err := json.Marshal(map[string]string{
		"challengeCode": code, "challengeResponse": hex.EncodeToString(hmacSHA256(s.Secret, []byte(code))),
	})
	return Challenged{ContentType: "application/json", Body: body}, err
}

// Parse implements Provider.
func (linkedIn) Parse(_ store.IntegrationSettings, r Request) (Parsed, error) {
	var n struct {
		Kind   flexible            `json:"type"`
		Lead   flexible            `json:"leadGenFormResponse"`
		Form   flexible            `json:"leadGenForm"`
		Owner  map[string]flexible `json:"owner"`
		Action flexible            `json:"leadAction"`
	}
	if err := decode(r.Body, &n); err != nil {
		return Parsed{}, err
	}
	if n.Kind != "LEAD_ACTION" {
		return Parsed{Note: fmt.Sprintf("it is %q, and no lead", shorten(string(n.Kind), 50))}, nil
	}
	f := Fetch{ID: urnID(string(n.Lead)), Attribution: make(Attribution)}
	if !platformID.MatchString(f.ID) {
		return Parsed{}, &UnmappedError{"leadGenFormResponse names no lead"}
	}
	f.Attribution.Set("form_id", flexible(formID(string(n.Form))))
	for _, owner := range slices.Sorted(maps.Keys(n.Owner)) {
		f.Attribution.Set("account_id", flexible(urnID(string(n.Owner[owner]))))
	}
	switch n.Action {
	case "CREATED":
	case "DELETED":
		f.Withdrawn = true
	default:
		return Parsed{Note: fmt.Sprintf("leadAction %q changes nothing here", shorten(string(n.Action), 50))}, nil
	}
	return Parsed{Fetches: []Fetch{f}}, nil
}

// urnID is the id in a URN such as urn:li:sponsoredAccount:512345.
func urnID(urn string) string { return urn[strings.LastIndexByte(urn, ':')+1:] }

// formID is the id of a form in urn:li:versionedLeadGenForm:(urn:li:leadGenForm:44,1), empty where there is none.
func formID(urn string) string {
	_, rest, found := strings.Cut(urn, "urn:li:leadGenForm:")
	if !found {
		return ""
	}
	return rest[:len(rest)-len(strings.TrimLeft(rest, "0123456789"))]
}

// linkedInLead is a lead as LinkedIn's API gives it.
type linkedInLead struct {
	ID        flexible                       `json:"id"`
	Test      flexible                       `json:"testLead"`
	Submitted json.Number                    `json:"submittedAt"`
	FormURN   flexible                       `json:"versionedLeadGenFormUrn"`
	LeadType  flexible                       `json:"leadType"`
	Owner     map[string]flexible            `json:"owner"`
	Entity    map[string]flexible            `json:"associatedEntity"`
	Metadata  map[string]map[string]flexible `json:"leadMetadata"`
	Response  struct {
		Answers []struct {
			Question flexible                   `json:"questionId"`
			Details  map[string]json.RawMessage `json:"answerDetails"`
		} `json:"answers"`
		Consents []struct {
			ID       flexible `json:"consentId"`
			Accepted flexible `json:"accepted"`
		} `json:"consentResponses"`
	} `json:"formResponse"`
	Form *linkedInForm `json:"form"`
}

// linkedInForm is a form as LinkedIn's API gives it.
type linkedInForm struct {
	Name   flexible `json:"name"`
	Hidden []struct {
		Name  flexible `json:"name"`
		Value flexible `json:"value"`
	} `json:"hiddenFields"`
	Content struct {
		Questions []linkedInQuestion `json:"questions"`
	} `json:"content"`
}

type linkedInQuestion struct {
	ID         flexible      `json:"questionId"`
	Name       flexible      `json:"name"`
	Predefined flexible      `json:"predefinedField"`
	Text       localizedText `json:"question"`
	Details    struct {
		Choice struct {
			Options []struct {
				ID   flexible      `json:"id"`
				Text localizedText `json:"text"`
			} `json:"options"`
		} `json:"multipleChoiceQuestionDetails"`
	} `json:"questionDetails"`
}

// localizedText is {"localized":{"en_US":"Email"}}, or only a text.
type localizedText string

// UnmarshalJSON implements json.Unmarshaler.
func (t *localizedText) UnmarshalJSON(data []byte) error {
	var l struct {
		Localized map[string]flexible `json:"localized"`
	}
	if json.Unmarshal(data, &l) == nil {
		for _, language := range slices.Sorted(maps.Keys(l.Localized)) {
			*t = localizedText(l.Localized[language])
		}
		return nil
	}
	return (*flexible)(t).UnmarshalJSON(data)
}

// lead implements answerReader.
func (linkedIn) lead(answer []byte) (Lead, error) {
	var response linkedInLead
	if err := decode(answer, &response); err != nil {
		return Lead{}, err
	}
	var form linkedInForm
	if response.Form != nil {
		form = *response.Form
	}
	return response.lead(form), nil
}

// lead is what a response says, its questions by the names that its form gives them.
func (l linkedInLead) lead(f linkedInForm) Lead {
	made := Lead{ID: urnID(string(l.ID)), Test: l.Test.yes(), Attribution: Attribution{"platform": "linkedin"}}
	questions := make(map[flexible]linkedInQuestion)
	for _, q := range f.Content.Questions {
		questions[q.ID] = q
	}
	for _, a := range l.Response.Answers {
		q := questions[a.Question]
		name := cmp.Or(string(q.Predefined), string(q.Name), string(q.Text), "question "+string(a.Question))
		from := len(made.Answers)
		for _, kind := range slices.Sorted(maps.Keys(a.Details)) {
			made.Answers.AddAll(name, q.answers(a.Details[kind]))
		}
		made.Answers.known(from, string(q.Name), string(q.Text), string(a.Question))
	}
	for _, h := range f.Hidden {
		if !made.Attribution.takeMoment(string(h.Name), string(h.Value)) {
			made.Answers.Add(string(h.Name), string(h.Value))
		}
	}
	if ms, err := l.Submitted.Int64(); err == nil {
		made.Attribution.Set(submittedAt, flexible(unixTime(ms).Format(time.RFC3339)))
	}
	for _, c := range l.Response.Consents {
		if made.Consent == nil {
			made.Consent = make(map[string]any)
		}
		made.Consent[Clean(string(c.ID))] = c.Accepted.yes()
	}
	made.Attribution.Set("form_id", flexible(formID(string(l.FormURN))))
	made.Attribution.Set("form_name", f.Name)
	made.Attribution.Set("lead_type", l.LeadType)
	for _, owner := range l.Owner {
		made.Attribution.Set("account_id", flexible(urnID(string(owner))))
	}
	made.Attribution.Set("ad_id", flexible(urnID(string(l.Entity["associatedCreative"]))))
	for _, about := range l.Metadata {
		made.Attribution.Set("campaign_id", flexible(urnID(string(about["campaign"]))))
	}
	return made
}

// answers are the texts of an answer: {"answer":"…"}, or {"options":[1,2]} where the question names its options.
func (q linkedInQuestion) answers(details json.RawMessage) []string {
	var d struct {
		Answer  flexible  `json:"answer"`
		Options flexibles `json:"options"`
	}
	if json.Unmarshal(details, &d) != nil {
		return nil
	}
	if d.Options == nil {
		return []string{string(d.Answer)}
	}
	names := make([]string, len(d.Options))
	for i, id := range d.Options {
		names[i] = id
		for _, o := range q.Details.Choice.Options {
			if string(o.ID) == id && o.Text != "" {
				names[i] = string(o.Text)
			}
		}
	}
	return names
}

// unixTime reads a time in milliseconds or, as some of them come, seconds.
func unixTime(n int64) time.Time {
	if n < 1e11 {
		return time.Unix(n, 0).UTC()
	}
	return time.UnixMilli(n).UTC()
}
