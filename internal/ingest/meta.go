package ingest

import (
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/leadwheel/leadwheel/store"
)

// meta reads Meta Lead Ads (Facebook and Instagram): notifications, which name leads and do not say what is in them, and
// the leads themselves as the Graph API gives them.
type meta struct{}

const (
	metaSignature = "X-Hub-Signature-256"
	// metaTime is how Meta writes times: without the colon in the zone that RFC 3339 asks for.
	metaTime = "2006-01-02T15:04:05-0700"
)

// Headers implements Provider.
func (meta) Headers() []string { return []string{metaSignature} }

// Verify implements Provider. The signature is over the bytes as they came: Meta escapes what JSON need not.
func (meta) Verify(s Secrets, r Request) error {
	if s.Secret == "" {
		return errNoSecret
	}
	want := "sha256=" + hex.EncodeToString(hmacSHA256(s.Secret, r.Body))
	if !same(r.Header.Get(metaSignature), want) {
		return &UnsignedError{"the signature in " + metaSignature + " is missing or not right; the integration's secret is the app's secret"}
	}
	return nil
}

// metaChallenge is the form of Meta's challenges: numbers. What else is asked for does not come back from our address.
var metaChallenge = regexp.MustCompile(`^[0-9]{1,100}$`)

// Challenge implements challenger.
func (meta) Challenge(s Secrets, query url.Values) (Challenged, error) {
	switch {
	case query.Get("hub.mode") != "subscribe":
		return Challenged{}, &UnsignedError{"this is not how Meta checks an address: hub.mode is not subscribe"}
	case s.VerifyToken == "" || !same(query.Get("hub.verify_token"), s.VerifyToken):
		return Challenged{}, &UnsignedError{"hub.verify_token is not the integration's verify_token; enter the same on both sides"}
	case !metaChallenge.MatchString(query.Get("hub.challenge")):
		return Challenged{}, &UnsignedError{"this is not how Meta checks an address: hub.challenge is no number"}
	}
	return Challenged{ContentType: "text/plain; charset=utf-8", Body: []byte(query.Get("hub.challenge"))}, nil
}

type metaNotification struct {
	Object flexible          `json:"object"`
	Entry  []json.RawMessage `json:"entry"`
}

type metaEntry struct {
	Changes []json.RawMessage `json:"changes"`
}

// notMetasLead is why no lead can be made of what should be one.
const notMetasLead = "it is not of the form that Meta's leads have"

type metaChange struct {
	LeadID    flexible `json:"leadgen_id"`
	PageID    flexible `json:"page_id"`
	FormID    flexible `json:"form_id"`
	AdID      flexible `json:"ad_id"`
	AdGroupID flexible `json:"adgroup_id"`
}

// Parse implements Provider. What holds leads, as a page of a form's leads does, is read too.
func (m meta) Parse(_ store.IntegrationSettings, r Request) (Parsed, error) {
	var n struct {
		metaNotification
		Data []json.RawMessage `json:"data"`
	}
	if err := decode(r.Body, &n); err != nil {
		return Parsed{}, err
	}
	if n.Object == "" && n.Data != nil {
		return m.parseLeads(n.Data)
	}
	return n.parse()
}

// parse lists the leads that a notification names, each once.
func (n metaNotification) parse() (Parsed, error) {
	var p Parsed
	seen, others, unread := make(map[string]bool), 0, 0
	for _, entry := range n.Entry {
		var e metaEntry
		if json.Unmarshal(entry, &e) != nil {
			unread++
			continue
		}
		for _, change := range e.Changes {
			v, of := n.change(change)
			switch of {
			case changeOfOthers:
				others++
				continue
			case changeUnread:
				unread++
				continue
			}
			if id := string(v.LeadID); !seen[id] {
				seen[id] = true
				p.Fetches = append(p.Fetches, Fetch{ID: id, Attribution: v.attribution()})
			}
		}
	}
	for range unread {
		p.Unread = append(p.Unread, "the change names no lead")
	}
	if unread > 0 && len(p.Fetches) == 0 {
		return p, &UnmappedError{fmt.Sprintf("none of its %d changes names a lead", unread)}
	}
	switch {
	case unread > 0:
		p.Note = fmt.Sprintf("%d of its changes name no lead", unread)
	case len(p.Fetches) == 0 && n.Object != "page":
		p.Note = fmt.Sprintf("it is about %q, and leads come from a page", shorten(string(n.Object), 50))
	case others > 0:
		p.Note = fmt.Sprintf("%d of its changes are not about leads", others)
	}
	return p, nil
}

// What a change is of: a lead, something else, or nobody knows what.
const (
	changeOfLead = iota
	changeOfOthers
	changeUnread
)

// change reads one change of a notification.
func (n metaNotification) change(text json.RawMessage) (v metaChange, of int) {
	var c struct {
		Field flexible        `json:"field"`
		Value json.RawMessage `json:"value"`
	}
	err := json.Unmarshal(text, &c)
	if err == nil && (n.Object != "page" || c.Field != "leadgen") {
		return v, changeOfOthers
	}
	if err != nil || json.Unmarshal(c.Value, &v) != nil || !platformID.MatchString(string(v.LeadID)) {
		return v, changeUnread
	}
	return v, changeOfLead
}

// platformID is an id as platforms make them. Ids become part of an address.
var platformID = regexp.MustCompile(`^[A-Za-z0-9_:-]{1,200}$`)

func (c metaChange) attribution() Attribution {
	a := make(Attribution)
	a.Set("page_id", c.PageID)
	a.Set("form_id", c.FormID)
	a.Set("ad_id", c.AdID)
	a.Set("adgroup_id", c.AdGroupID)
	return a
}

func (m meta) parseLeads(all []json.RawMessage) (Parsed, error) {
	var p Parsed
	for _, one := range all {
		l, err := m.lead(one)
		if err != nil {
			l = Lead{Unread: notMetasLead}
		}
		p.Leads = append(p.Leads, l)
	}
	return p, nil
}

// metaFields are the fields of a lead that the Graph API is asked for.
var metaFields = []string{
	"id", "created_time", "ad_id", "ad_name", "adset_id", "adset_name", "campaign_id", "campaign_name", "form_id", "is_organic",
	"platform", "partner_name", "retailer_item_id", "vehicle", "home_listing", "field_data", "custom_disclaimer_responses",
}

type metaLead struct {
	ID      flexible `json:"id"`
	Created flexible `json:"created_time"`
	Data    []struct {
		Name   flexible  `json:"name"`
		Values flexibles `json:"values"`
	} `json:"field_data"`
	Disclaimers []struct {
		Key     flexible `json:"checkbox_key"`
		Checked flexible `json:"is_checked"`
	} `json:"custom_disclaimer_responses"`
}

// lead reads a lead as the Graph API gives it.
func (meta) lead(body []byte) (Lead, error) {
	var m metaLead
	if err := decode(body, &m); err != nil {
		return Lead{}, err
	}
	if !platformID.MatchString(string(m.ID)) {
		return Lead{}, &UnmappedError{"it has no id"}
	}
	l := Lead{ID: string(m.ID), Attribution: make(Attribution)}
	for _, d := range m.Data {
		l.Answers.AddAll(string(d.Name), d.Values)
		l.Test = l.Test || slices.ContainsFunc(d.Values, metaTest)
	}
	if at, err := time.Parse(metaTime, string(m.Created)); err == nil {
		l.Attribution.Set(submittedAt, flexible(at.UTC().Format(time.RFC3339)))
	} else if !l.Attribution.takeMoment("created_time", string(m.Created)) {
		l.Attribution.Set(submittedAt, m.Created)
	}
	for _, d := range m.Disclaimers {
		if l.Consent == nil {
			l.Consent = make(map[string]any)
		}
		l.Consent[Clean(string(d.Key))] = d.Checked.yes()
	}
	var rest map[string]flexible
	if err := decode(body, &rest); err != nil {
		return Lead{}, err
	}
	for _, name := range []string{"vehicle", "home_listing"} {
		l.Answers.Add(name, string(rest[name]))
	}
	for _, name := range metaFields {
		switch name {
		case "id", "created_time", "vehicle", "home_listing", "field_data", "custom_disclaimer_responses":
		default:
			l.Attribution.Set(name, rest[name])
		}
	}
	return l, nil
}

// metaTest reports whether an answer is what Meta's testing tool fills in. Its leads have no other mark.
func metaTest(value string) bool {
	value = strings.ToLower(strings.TrimSpace(value))
	return strings.HasPrefix(value, "<test lead: dummy data") || value == "test@meta.com" || value == "test@fb.com"
}

// flexibles is a list of text, or one text that stands for a list of one.
type flexibles []string

// UnmarshalJSON implements json.Unmarshaler.
func (f *flexibles) UnmarshalJSON(data []byte) error {
	var all []flexible
	if data[0] != '[' {
		all = make([]flexible, 1)
		if err := all[0].UnmarshalJSON(data); err != nil {
			return err
		}
	} else if err := json.Unmarshal(data, &all); err != nil {
		return err
	}
	*f = nil
	for _, one := range all {
		*f = append(*f, string(one))
	}
	return nil
}
