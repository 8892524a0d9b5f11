package ingest

import (
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/leadwheel/leadwheel/store"
)

const (
	linkedInSecret = "li-client-secret-03"
	linkedInBody   = `{"type":"LEAD_ACTION","leadGenFormResponse":"urn:li:leadGenFormResponse:5a3c-9","leadGenForm":"urn:li:versionedLeadGenForm:(urn:li:leadGenForm:44,1)","owner":{"sponsoredAccount":"urn:li:sponsoredAccount:512345"},"associatedEntity":{},"leadType":"SPONSORED","leadAction":"CREATED","occurredAt":1767229195000}`
	linkedInSigned = "2c7ef44fed39ef8cd2fa994e380f282daf2762062666e2c3a43414f362985c62"
	// linkedInAnswer and linkedInFormBody are a lead and its form as LinkedIn's API gives them.
	linkedInAnswer   = `{"owner":{"sponsoredAccount":"urn:li:sponsoredAccount:512345"},"leadType":"SPONSORED","leadMetadata":{"sponsoredLeadMetadata":{"campaign":"urn:li:sponsoredCampaign:32131231"}},"versionedLeadGenFormUrn":"urn:li:versionedLeadGenForm:(urn:li:leadGenForm:44,1)","id":"5a3c-9","submittedAt":1767229195000,"testLead":false,"associatedEntity":{"associatedCreative":"urn:li:sponsoredCreative:369799186"},"formResponse":{"consentResponses":[{"consentId":7,"accepted":true}],"answers":[{"questionId":1,"answerDetails":{"textQuestionAnswer":{"answer":"Aisyah"}}},{"questionId":2,"answerDetails":{"textQuestionAnswer":{"answer":"Tan"}}},{"questionId":3,"answerDetails":{"textQuestionAnswer":{"answer":"a@example.com"}}},{"questionId":4,"answerDetails":{"multipleChoiceAnswer":{"options":[11,12,99]}}},{"questionId":5,"answerDetails":{"textQuestionAnswer":{"answer":"x"}}}]}}`
	linkedInFormBody = `{"id":44,"name":"Villa","hiddenFields":[{"name":"utm_source","value":"li"}],"content":{"questions":[{"questionId":1,"name":"First name","predefinedField":"FIRST_NAME"},{"questionId":2,"name":"lastName","predefinedField":"LAST_NAME"},{"questionId":3,"question":{"localized":{"en_US":"Email address"}}},{"questionId":4,"name":"Unit","questionDetails":{"multipleChoiceQuestionDetails":{"options":[{"id":11,"text":{"localized":{"en_US":"Condo"}}},{"id":12,"text":"Villa"}]}}}]}}`
)

func linkedInRequest(body, signature string) Request {
	return Request{Header: http.Header{linkedInSignature: {signature}}, Body: []byte(body)}
}

func TestLinkedInVerifies(t *testing.T) {
	t.Parallel()
	secrets := Secrets{Secret: linkedInSecret}
	if err := (linkedIn{}).Verify(secrets, linkedInRequest(linkedInBody, linkedInSigned)); err != nil {
		t.Error(err)
	}
	for name, signature := range map[string]string{
		"none": "", "signed without the prefix": "149248db" + linkedInSigned[8:], "short": linkedInSigned[:63],
	} {
		if err := (linkedIn{}).Verify(secrets, linkedInRequest(linkedInBody, signature)); Unsigned(err) == nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestLinkedInChallenge(t *testing.T) {
	t.Parallel()
	const code = "2f1c8a52-7c0e-4b5e-9a1d-3d6f0e4b9c11"
	c, err := linkedIn{}.Challenge(Secrets{Secret: linkedInSecret}, url.Values{"challengeCode": {code}})
	var got map[string]string
	if err != nil || json.Unmarshal(c.Body, &got) != nil || c.ContentType != "application/json" {
		t.Fatal(c, err)
	}
	want := map[string]string{"challengeCode": code, "challengeResponse": "32ebec8806cdf446e30f0cd48a2be2e296738b9db99c5bac0bbc0b35ff42ac6e"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if _, err := (linkedIn{}).Challenge(Secrets{Secret: linkedInSecret}, nil); Unsigned(err) == nil {
		t.Error("without a code:", err)
	}
}

func TestLinkedInNotifications(t *testing.T) {
	t.Parallel()
	p, err := linkedIn{}.Parse(store.IntegrationSettings{}, Request{Body: []byte(linkedInBody)})
	want := []Fetch{{ID: "5a3c-9", Attribution: Attribution{"form_id": "44", "account_id": "512345"}}}
	if diff := cmp.Diff(want, p.Fetches); diff != "" || err != nil {
		t.Error(err, diff)
	}
	p, err = linkedIn{}.Parse(store.IntegrationSettings{}, Request{Body: []byte(strings.Replace(linkedInBody, "CREATED", "DELETED", 1))})
	if err != nil || len(p.Fetches) != 1 || !p.Fetches[0].Withdrawn {
		t.Errorf("a withdrawn lead is read as %+v, %v", p, err)
	}
	for _, body := range []string{`{"type":"OTHER"}`, strings.Replace(linkedInBody, "CREATED", "SEEN", 1)} {
		if p, err := (linkedIn{}).Parse(store.IntegrationSettings{}, Request{Body: []byte(body)}); err != nil || len(p.Fetches) > 0 || p.Note == "" {
			t.Errorf("%s is read as %+v, %v", body, p, err)
		}
	}
	for _, body := range []string{"", "[]", `{"type":"LEAD_ACTION"}`, `{"type":"LEAD_ACTION","leadGenFormResponse":"urn:li:x:../../me"}`} {
		var unmapped *UnmappedError
		if p, err := (linkedIn{}).Parse(store.IntegrationSettings{}, Request{Body: []byte(body)}); !errors.As(err, &unmapped) {
			t.Errorf("%q is read as %+v, %v", body, p, err)
		}
	}
}

func TestLinkedInLeads(t *testing.T) {
	t.Parallel()
	var l linkedInLead
	var f linkedInForm
	if err := errors.Join(json.Unmarshal([]byte(linkedInAnswer), &l), json.Unmarshal([]byte(linkedInFormBody), &f)); err != nil {
		t.Fatal(err)
	}
	want := `5a3c-9: Aisyah Tan|a@example.com||{"Unit":["Condo","Villa","99"],"question 5":"x","utm_source":"li"} ` +
		`{"account_id":"512345","ad_id":"369799186","campaign_id":"32131231","form_id":"44","form_name":"Villa","lead_type":"SPONSORED","platform":"linkedin","submitted_at":"2026-01-01T00:59:55Z"} map[7:true] test=false`
	if diff := cmp.Diff(want, lookedAt(l.lead(f))); diff != "" {
		t.Error(diff)
	}
	l.Test, l.Submitted = "true", "1767229195" // seconds
	want = strings.Replace(want, "test=false", "test=true", 1)
	if diff := cmp.Diff(want, lookedAt(l.lead(f))); diff != "" {
		t.Error(diff)
	}
}

// FuzzLinkedIn holds that no delivery and no answer makes a panic, and that what is read of them can be stored.
func FuzzLinkedIn(f *testing.F) {
	for _, seed := range []string{linkedInBody, linkedInAnswer, linkedInFormBody, "{}"} {
		f.Add([]byte(seed), []byte(linkedInFormBody))
	}
	f.Fuzz(func(t *testing.T, body, about []byte) {
		p, err := linkedIn{}.Parse(store.IntegrationSettings{}, Request{Body: body})
		checkParsed(t, p, err)
		var l linkedInLead
		var form linkedInForm
		if decode(body, &l) == nil && decode(about, &form) == nil {
			checkParsed(t, Parsed{Leads: []Lead{l.lead(form)}}, nil)
		}
	})
}

// TestLinkedInSignsNothingElse asks for signatures in the clothes of an address check.
func TestLinkedInSignsNothingElse(t *testing.T) {
	t.Parallel()
	secrets := Secrets{Secret: linkedInSecret}
	const code = "2f1c8a52-7c0e-4b5e-9a1d-3d6f0e4b9c11"
	for _, forged := range []string{
		linkedInPrefix + linkedInBody, linkedInPrefix, linkedInPrefix + code, code + linkedInPrefix, code + "\n", "\n" + code, " " + code, code + "\x00",
		"urn:uuid:" + code, "{" + code + "}", strings.ReplaceAll(code, "-", ""), code + code, code[1:], strings.Replace(code, "2", "g", 1),
		strings.Replace(code, "2", "\uff12", 1),
	} {
		if c, err := (linkedIn{}).Challenge(secrets, url.Values{"challengeCode": {forged}}); Unsigned(err) == nil || c.Body != nil {
			t.Errorf("%q is signed: %s", forged, c.Body)
		}
	}
	if _, err := (linkedIn{}).Challenge(secrets, url.Values{"challengeCode": {strings.ToUpper(code)}}); err != nil {
		t.Error("in capitals:", err)
	}
	// Of several codes the one that is looked at is the one that is signed.
	c, err := (linkedIn{}).Challenge(secrets, url.Values{"challengeCode": {code, linkedInPrefix + linkedInBody}})
	if err != nil || strings.Contains(string(c.Body), linkedInSigned) {
		t.Errorf("%s, %v", c.Body, err)
	}
}
