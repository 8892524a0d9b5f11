package ingest

import (
	"cmp"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"strconv"
	"unicode/utf16"
	"unicode/utf8"

	"github.com/leadwheel/leadwheel/store"
)

// tiktok reads the webhooks of TikTok lead ads: up to a thousand leads a request, signed with the app's secret.
type tiktok struct{}

const (
	tiktokSignature = "X-Open-Signature"
	// tiktokLead is the object of a request that holds leads.
	tiktokLead = "1"
)

type tiktokRequest struct {
	Object flexible          `json:"object"`
	Entry  []json.RawMessage `json:"entry"`
}

type tiktokEntry struct {
	ID           flexible          `json:"id"`
	PageID       flexible          `json:"page_id"`
	PageName     flexible          `json:"page_name"`
	AdvertiserID flexible          `json:"advertiser_id"`
	LibraryID    flexible          `json:"library_id"`
	CampaignID   flexible          `json:"campaign_id"`
	CampaignName flexible          `json:"campaign_name"`
	AdGroupID    flexible          `json:"adgroup_id"`
	AdGroupName  flexible          `json:"adgroup_name"`
	AdID         flexible          `json:"ad_id"`
	AdName       flexible          `json:"ad_name"`
	Source       flexible          `json:"lead_source"`
	Created      flexible          `json:"create_time"`
	Changes      []json.RawMessage `json:"changes"`
}

// Headers implements Provider.
func (tiktok) Headers() []string { return []string{tiktokSignature} }

// Verify implements Provider. TikTok does not say whether it signs the body as it sends it or with other than ASCII
// characters escaped, so both are right.
func (tiktok) Verify(s Secrets, r Request) error {
	if s.Secret == "" {
		return errNoSecret
	}
	got := r.Header.Get(tiktokSignature)
	if same(got, hex.EncodeToString(hmacSHA256(s.Secret, r.Body))) ||
		same(got, hex.EncodeToString(hmacSHA256(s.Secret, escapeUnicode(r.Body)))) {
		return nil
	}
	return &UnsignedError{"the signature in " + tiktokSignature + " is missing or not made with the app secret"}
}

// escapeUnicode writes whatever is not ASCII as \uXXXX.
func escapeUnicode(text []byte) []byte {
	escaped := make([]byte, 0, len(text))
	for len(text) > 0 {
		r, size := utf8.DecodeRune(text)
		switch high, low := utf16.EncodeRune(r); {
		case r < utf8.RuneSelf:
			escaped = append(escaped, byte(r))
		case high != utf8.RuneError:
			escaped = fmt.Appendf(escaped, `\u%04x\u%04x`, high, low)
		default:
			escaped = fmt.Appendf(escaped, `\u%04x`, r)
		}
		text = text[size:]
	}
	return escaped
}

// Parse implements Provider.
func (tiktok) Parse(_ store.IntegrationSettings, r Request) (Parsed, error) {
	var t tiktokRequest
	if err := decode(r.Body, &t); err != nil {
		return Parsed{}, err
	}
	if t.Object != tiktokLead {
		return Parsed{Note: "this notification is not of leads"}, nil
	}
	var p Parsed
	for _, raw := range t.Entry {
		var e tiktokEntry
		if json.Unmarshal(raw, &e) != nil {
			p.Leads = append(p.Leads, Lead{Unread: "it is not of the form that TikTok's leads have"})
			continue
		}
		p.Leads = append(p.Leads, e.lead())
	}
	return p, nil
}

// lead is what an entry says.
func (e tiktokEntry) lead() Lead {
	l := Lead{ID: string(e.ID), Attribution: Attribution{"platform": "tiktok"}}
	for i, raw := range e.Changes {
		var c struct {
			Field flexible        `json:"field"`
			Value json.RawMessage `json:"value"`
		}
		name := "question " + strconv.Itoa(i+1)
		if json.Unmarshal(raw, &c) != nil {
			c.Field, c.Value = "", raw // whatever it is, it is kept
		}
		value, err := decodeAny(c.Value)
		if err != nil {
			continue // there is none
		}
		l.Answers.Add(cmp.Or(Clean(string(c.Field)), name), unwrapped(value))
	}
	l.Attribution.takeMoment("create_time", string(e.Created))
	for name, value := range map[string]flexible{
		"page_id": e.PageID, "form_id": e.PageID, "form_name": e.PageName, "account_id": e.AdvertiserID,
		"library_id": e.LibraryID, "campaign_id": e.CampaignID, "campaign_name": e.CampaignName, "adset_id": e.AdGroupID,
		"adset_name": e.AdGroupName, "ad_id": e.AdID, "ad_name": e.AdName, "lead_source": e.Source,
	} {
		if value != "0" { // as which TikTok writes that there is none
			l.Attribution.Set(name, value)
		}
	}
	return l
}

// unwrapped is what an object with a single member holds.
func unwrapped(value any) any {
	if object, is := value.(map[string]any); is && len(object) == 1 {
		for _, only := range object {
			return unwrapped(only)
		}
	}
	return value
}
