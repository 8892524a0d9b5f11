package ingest

import (
	"encoding/json"
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"

	"github.com/leadwheel/leadwheel/internal/lead"
	"github.com/leadwheel/leadwheel/store"
)

const (
	tiktokBody   = `{"object":1,"entry":[{"id":7412345678901234567,"page_id":7400000000000000123,"page_name":"Villa form","advertiser_id":7300000000000000456,"campaign_id":1800000000000000789,"campaign_name":"Jan","adgroup_id":1800000000000000790,"adgroup_name":"KL","ad_id":1800000000000000791,"ad_name":"v1","create_time":1767229195,"changes":[{"field":"name","value":"Aisyah \u5f20"},{"field":"phone_number","value":"0123456789"},{"field":"email","value":"aisyah@example.com"}],"library_id":0,"lead_source":"INSTANT_FORM"}],"time":1767229200,"request_id":"7412999"}`
	tiktokSigned = "5b83a10fe69cd4335b44b3c61dc9a028f842e4a1347e062a350306c4859a0221"
	tiktokSecret = "tiktok-app-secret-02"

	typeformBody   = `{"event_id":"01TFEVT","event_type":"form_response","form_response":{"form_id":"fKL1","token":"tok-0001","landed_at":"2026-01-01T00:59:00Z","submitted_at":"2026-01-01T01:00:00Z","hidden":{"utm_source":"ig"},"answers":[{"type":"email","email":"aisyah@example.com","field":{"id":"f1","type":"email","ref":"email"}},{"type":"choices","choices":{"labels":["Condo","Villa"]},"field":{"id":"f2","type":"multiple_choice","ref":"interest"}}]}}`
	typeformSigned = "sha256=avfLRvPGeh84758w28G2fqqZ6U/3QyKNJvwda8W+17Q="

	snapBody   = `{"form_id":"sf-1","lead_id":"sn-1","create_time":"2026-01-01T01:00:00Z","first_name":"Aisyah","email":"aisyah@example.com"}`
	snapSigned = "d61ff287d4c6242683dcf8c19957e813d0e72b52eb0c34844227c035e7117889"

	webhookBody   = `{"type":"lead.assigned","timestamp":"2026-01-01T01:00:00Z","data":{"lead_id":"ld_01","member_id":"mb_07"}}`
	webhookSecret = "whsec_bGVhZC1lbmdpbmUtdGVzdC1zZWNyZXQtMzJieXRlcyE="
	webhookSigned = "v1,5yqIUs8tLyyt82krh4dQ4CMFmGgCzgJRL/0M65pcUlU="
)

// requestFor is a request that came in at the vectors' time; headers are pairs.
func requestFor(body string, headers ...string) Request {
	r := Request{Header: http.Header{}, Body: []byte(body), At: time.Unix(1767229200, 0)}
	for i := 0; i < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	return r
}

func TestSignatureVectors(t *testing.T) {
	t.Parallel()
	webhook := func(id, at, signature string) []string {
		return []string{webhookID, id, webhookTimestamp, at, webhookSignature, signature}
	}
	const id = "msg_2aLEADtest0001"
	for _, test := range []struct {
		name    string
		kind    lead.Kind
		secret  string
		body    string
		headers []string
		ok      bool
	}{
		{"tiktok", lead.KindTikTok, tiktokSecret, tiktokBody, []string{tiktokSignature, tiktokSigned}, true},
		{"tiktok, with characters that were escaped for signing", lead.KindTikTok, tiktokSecret, strings.Replace(tiktokBody, `\u5f20`, "张", 1), []string{tiktokSignature, tiktokSigned}, true},
		{"tiktok, other secret", lead.KindTikTok, "x", tiktokBody, []string{tiktokSignature, tiktokSigned}, false},
		{"tiktok, no secret", lead.KindTikTok, "", tiktokBody, []string{tiktokSignature, tiktokSigned}, false},
		{"tiktok, other body", lead.KindTikTok, tiktokSecret, tiktokBody + " ", []string{tiktokSignature, tiktokSigned}, false},
		{"tiktok, upper case", lead.KindTikTok, tiktokSecret, tiktokBody, []string{tiktokSignature, strings.ToUpper(tiktokSigned)}, false},
		{"tiktok, short", lead.KindTikTok, tiktokSecret, tiktokBody, []string{tiktokSignature, tiktokSigned[:40]}, false},
		{"tiktok, another product's header", lead.KindTikTok, tiktokSecret, tiktokBody, []string{"TikTok-Signature", "t=1,s=" + tiktokSigned}, false},
		{"typeform", lead.KindTypeform, "tf-secret-04", typeformBody, []string{typeformSignature, typeformSigned}, true},
		{"typeform, no prefix", lead.KindTypeform, "tf-secret-04", typeformBody, []string{typeformSignature, typeformSigned[7:]}, false},
		{"typeform, sha1", lead.KindTypeform, "tf-secret-04", typeformBody, []string{typeformSignature, "sha1=" + typeformSigned[7:]}, false},
		{"typeform, none", lead.KindTypeform, "tf-secret-04", typeformBody, nil, false},
		{"snapchat", lead.KindSnapchat, "snap-secret-05", snapBody, []string{snapSignature, snapSigned, snapTime, "1767229200"}, true},
		{"snapchat, other time", lead.KindSnapchat, "snap-secret-05", snapBody, []string{snapSignature, snapSigned, snapTime, "1767229201"}, false},
		{"odd input 24: standard webhook", lead.KindGeneric, webhookSecret, webhookBody, webhook(id, "1767229200", webhookSigned), true},
		{"odd input 24: the second of two", lead.KindGeneric, webhookSecret, webhookBody, webhook(id, "1767229200", "v1,AAAA "+webhookSigned), true},
		{"odd input 24: v1a only", lead.KindGeneric, webhookSecret, webhookBody, webhook(id, "1767229200", "v1a,"+webhookSigned[3:]), false},
		{"odd input 24: another id", lead.KindGeneric, webhookSecret, webhookBody, webhook("msg_2", "1767229200", webhookSigned), false},
		{"odd input 24: six minutes old", lead.KindGeneric, webhookSecret, webhookBody, webhook(id, "1767228840", webhookSigned), false},
		{"standard webhook without a signature", lead.KindGeneric, webhookSecret, webhookBody, nil, false},
		{"generic without a secret", lead.KindGeneric, "", webhookBody, nil, true},
	} {
		err := providers[test.kind].Verify(Secrets{Secret: test.secret}, requestFor(test.body, test.headers...))
		if unsigned := Unsigned(err); (err == nil) != test.ok || err != nil && unsigned == nil {
			t.Errorf("%s: %v", test.name, err)
		}
	}
	// Six minutes later the very signature is refused.
	old := requestFor(webhookBody, webhook(id, "1767229200", webhookSigned)...)
	old.At = old.At.Add(6 * time.Minute)
	if err := verifyWebhook(webhookSecret, old); Unsigned(err) == nil {
		t.Error("a delivery of six minutes ago is taken")
	}
}

// made is a lead as a test writes it: what is stored, but for what every lead of the integration has.
type made struct {
	Name, Email, Phone, ID, Source string
	Fields, Attribution, Consent   map[string]any
	Test                           bool
}

// parse reads a request as the receiver does. It fails the test where that gives an error that is not a refusal.
func parse(t testing.TB, kind lead.Kind, s store.IntegrationSettings, r Request) ([]made, error) {
	t.Helper()
	parsed, err := providers[kind].Parse(s, r)
	var unmapped *UnmappedError
	if err != nil && !errors.As(err, &unmapped) && !isExcess(err) {
		t.Fatal(err)
	}
	var all []made
	h := store.Hook{Integration: store.Integration{ID: uuid.New(), Kind: kind}}
	for _, l := range parsed.Leads {
		n, source, err := newLead(h, l)
		if err != nil {
			t.Fatal(err)
		}
		m := made{Name: n.Name, Email: n.Email, Phone: n.Phone, ID: n.ExternalID, Source: source, Test: n.Test}
		for text, into := range map[*json.RawMessage]*map[string]any{&n.Fields: &m.Fields, &n.Attribution: &m.Attribution, &n.Consent: &m.Consent} {
			if len(*text) == 0 {
				continue
			}
			tree, err := decodeAny(*text)
			if err != nil {
				t.Fatalf("%s: %v", *text, err)
			}
			*into = tree.(map[string]any)
		}
		all = append(all, m)
	}
	return all, err
}

type object = map[string]any

func TestParseVectors(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name string
		kind lead.Kind
		body string
		want []made
	}{
		{"tiktok", lead.KindTikTok, tiktokBody, []made{{
			Name: "Aisyah 张", Email: "aisyah@example.com", Phone: "0123456789", ID: "7412345678901234567", Attribution: object{
				"platform": "tiktok", "page_id": "7400000000000000123", "form_id": "7400000000000000123", "form_name": "Villa form",
				"account_id": "7300000000000000456", "campaign_id": "1800000000000000789", "campaign_name": "Jan", "adset_id": "1800000000000000790",
				"adset_name": "KL", "ad_id": "1800000000000000791", "ad_name": "v1", "lead_source": "INSTANT_FORM", "submitted_at": "2026-01-01T00:59:55Z",
			},
		}}},
		{"odd input 13: tiktok, another object", lead.KindTikTok, `{"object":2,"entry":[{"id":"1"}]}`, nil},
		{"odd input 13: tiktok, values that are objects", lead.KindTikTok, `{"object":"1","entry":[{"id":"7412345678901234567","changes":[{"field":"name","value":{"text":"Ada"}},{"field":"units","value":{"a":1,"b":["x","y"]}},{"field":"","value":"z"}]}]}`, []made{{
			Name: "Ada", ID: "7412345678901234567", Attribution: object{"platform": "tiktok"},
			Fields: object{"units": object{"a": json.Number("1"), "b": []any{"x", "y"}}, "question 3": "z"},
		}}},
		{"typeform", lead.KindTypeform, typeformBody, []made{{
			Email: "aisyah@example.com", ID: "tok-0001", Fields: object{"interest": []any{"Condo", "Villa"}}, Attribution: object{
				"platform": "typeform", "form_id": "fKL1", "utm_source": "ig", "submitted_at": "2026-01-01T01:00:00Z", "landed_at": "2026-01-01T00:59:00Z",
			},
		}}},
		{"typeform, every type", lead.KindTypeform, `{"event_type":"form_response","form_response":{"form_id":"f","token":"t","definition":{"title":"Villas","fields":[{"id":"a","title":"Who are you?"},{"id":"b","title":"How many?"},{"id":"c","title":"I agree"},{"id":"d","title":"Reach you at"}]},"answers":[
			{"type":"text","text":"Ada","field":{"id":"a","type":"short_text","ref":"name"}},{"type":"number","number":3,"field":{"id":"b","type":"number","ref":"x1"}},
			{"type":"boolean","boolean":true,"field":{"id":"c","type":"legal","ref":"x2"}},{"type":"phone_number","phone_number":"+6012","field":{"id":"d","type":"phone_number","ref":"x3"}},
			{"type":"choice","choice":{"other":"Boat"},"field":{"id":"e","type":"multiple_choice","ref":"kind"}},{"type":"date","date":"2026-02-03","field":{"id":"g","type":"date"}}]}}`, []made{{
			Name: "Ada", Phone: "+6012", ID: "t", Attribution: object{"platform": "typeform", "form_id": "f", "form_name": "Villas"},
			Fields: object{"How many?": json.Number("3"), "kind": "Boat", "g": "2026-02-03"}, Consent: object{"I agree": true},
		}}},
		{"typeform, another event", lead.KindTypeform, `{"event_type":"form_response_partial"}`, nil},
		{"snapchat", lead.KindSnapchat, snapBody, []made{{
			Name: "Aisyah", Email: "aisyah@example.com", ID: "sn-1", Attribution: object{"platform": "snapchat", "form_id": "sf-1", "submitted_at": "2026-01-01T01:00:00Z"},
		}}},
	} {
		got, err := parse(t, test.kind, store.IntegrationSettings{}, requestFor(test.body))
		if diff := cmp.Diff(test.want, got); diff != "" || err != nil {
			t.Errorf("%s: %v (-want +got):\n%s", test.name, err, diff)
		}
	}
}
