package ingest

import (
	"cmp"
	"encoding/json"
	"regexp"
	"strconv"

	"github.com/leadwheel/leadwheel/store"
)

// google reads the webhooks of Google Ads lead form assets: one lead a request, not signed, with a key in its body.
type google struct{}

type googleLead struct {
	LeadID       flexible          `json:"lead_id"`
	Key          flexible          `json:"google_key"`
	IsTest       flexible          `json:"is_test"`
	FormID       flexible          `json:"form_id"`
	CampaignID   flexible          `json:"campaign_id"`
	AdGroupID    flexible          `json:"adgroup_id"`
	CreativeID   flexible          `json:"creative_id"`
	AssetGroupID flexible          `json:"asset_group_id"`
	ClickID      flexible          `json:"gcl_id"`
	Stage        flexible          `json:"lead_stage"`
	SubmitTime   flexible          `json:"lead_submit_time"`
	Columns      []json.RawMessage `json:"user_column_data"`
}

type googleColumn struct {
	ID    flexible `json:"column_id"`
	Name  flexible `json:"column_name"`
	Value flexible `json:"string_value"`
}

// googleKey is the member with the key in a body.
var googleKey = regexp.MustCompile(`(?i)("google_key"\s*:\s*)("(?:[^"\\]|\\.)*"|[^\s,}\]]+)`)

// Redact implements redactor: the key is as good as a password.
func (google) Redact(body []byte) []byte { return googleKey.ReplaceAll(body, []byte(`$1"********"`)) }

// Headers implements Provider.
func (google) Headers() []string { return nil }

// Verify implements Provider.
func (google) Verify(s Secrets, r Request) error {
	if s.Secret == "" {
		return errNoSecret
	}
	var l struct {
		Key flexible `json:"google_key"`
	}
	r, err := plain(r)
	if err != nil {
		return err
	}
	if err := decode(r.Body, &l); isExcess(err) {
		return err
	} else if err != nil {
		return &UnsignedError{"the google_key cannot be found: " + err.Error()}
	}
	if !same(string(l.Key), s.Secret) {
		return &UnsignedError{"the google_key in the body is not the integration's secret; enter the same key on both sides"}
	}
	return nil
}

// Parse implements Provider.
func (google) Parse(_ store.IntegrationSettings, r Request) (Parsed, error) {
	var g googleLead
	if err := decode(r.Body, &g); err != nil {
		return Parsed{}, err
	}
	l := Lead{ID: string(g.LeadID), Test: g.IsTest.yes(), Attribution: Attribution{"platform": "google"}}
	for i, raw := range g.Columns {
		var c googleColumn
		if json.Unmarshal(raw, &c) != nil {
			c.Value = flexible(raw) // whatever it is, it is kept
		}
		name := cmp.Or(Clean(string(c.ID)), Clean(string(c.Name)), "question "+strconv.Itoa(i+1))
		from := len(l.Answers)
		l.Answers.Add(name, string(c.Value))
		l.Answers.known(from, string(c.Name))
	}
	l.Answers.Add("lead_stage", string(g.Stage))
	l.Attribution.Set(submittedAt, g.SubmitTime)
	for name, value := range map[string]flexible{
		"campaign_id": g.CampaignID, "adset_id": g.AdGroupID, "ad_id": g.CreativeID, "asset_group_id": g.AssetGroupID,
		"form_id": g.FormID, "click_id": g.ClickID,
	} {
		l.Attribution.Set(name, value)
	}
	return Parsed{Leads: []Lead{l}}, nil
}
