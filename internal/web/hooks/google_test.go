package hooks_test

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// waitLong is for what takes a moment.
const waitLong = 20 * time.Second

const googleBody = `{"lead_id":"gl-7f3a-0001","user_column_data":[{"column_name":"Full Name","string_value":"Aisyah Tan","column_id":"FULL_NAME"},{"string_value":"+60123456789","column_id":"PHONE_NUMBER"},{"string_value":"Condo","column_id":"which_unit_do_you_want?"}],"api_version":"1.0","form_id":40000000001,"campaign_id":10000000001,"google_key":"k-9d2f","is_test":false,"gcl_id":"Cj0-test","adgroup_id":20000000001,"creative_id":30000000001,"lead_submit_time":"2026-01-01T00:59:55Z"}`

func (d *desk) google() integration { return d.integrate("google", object{"secret": "k-9d2f"}) }

func TestGoogleVector(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	i := d.google()
	if got := i.post(googleBody).is(200); strings.TrimSpace(got.body) != "{}" {
		t.Errorf("answered %q", got.body)
	}
	l := d.only()
	want := object{
		"name": "Aisyah Tan", "phone": "+60123456789", "email": nil, "external_id": "gl-7f3a-0001", "integration_id": i.id,
		"channel": "google", "test": false,
		"fields": object{"which_unit_do_you_want?": "Condo"},
		"attribution": object{
			"platform": "google", "campaign_id": "10000000001", "adset_id": "20000000001", "ad_id": "30000000001",
			"form_id": "40000000001", "click_id": "Cj0-test", "submitted_at": "2026-01-01T00:59:55Z",
		},
	}
	for name, value := range want {
		if diff := cmp.Diff(value, l[name]); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
	if got := d.leads("campaign_id=10000000001", "test=false", "form_id=40000000001"); len(got) != 1 {
		t.Errorf("found %d leads by their campaign", len(got))
	}
	if got := d.leads("campaign_id=1"); len(got) != 0 {
		t.Errorf("found %d leads of another campaign", len(got))
	}
	if n := d.count(`SELECT count(*) FROM pending`); n != 1 {
		t.Errorf("%d leads are to be distributed", n)
	}
	i.post(googleBody).is(200)
	if got := i.outcomes(); got != "lead duplicate" {
		t.Errorf("the deliveries are %q", got)
	}
	d.only()
}

func TestGoogleKey(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	i := d.google()
	for _, body := range []string{
		strings.Replace(googleBody, "k-9d2f", "k-9d2", 1), strings.Replace(googleBody, `"google_key"`, `"key"`, 1), "", "{", "null",
	} {
		got := i.post(body).is(401).object()
		if message, is := got["message"].(string); !is || message == "" {
			t.Errorf("%q is refused with %v", body, got)
		}
	}
	if got := i.outcomes(); got != "refused refused refused refused refused" {
		t.Errorf("the deliveries are %q", got)
	}
	// Documented test samples spell it so.
	i.post(strings.Replace(googleBody, `"google_key"`, `"Google_key"`, 1)).is(200)
	d.only()
	for _, e := range i.events() {
		event := d.call("GET", "/v1/integrations/"+i.id+"/events/"+e["id"].(string), nil).is(200)
		if strings.Contains(event.body, "k-9d2") && !strings.Contains(event.body, `\"key\"`) {
			t.Error("the key is shown: ", event.body)
		}
	}
	if n := d.count(`SELECT count(*) FROM integration_events WHERE outcome = 'lead' AND position('k-9d2f'::bytea IN body) > 0`); n != 0 {
		t.Error("the key is kept in the clear")
	}
}

func TestOddInput10GoogleTest(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	i := d.google()
	test := strings.NewReplacer(`"is_test":false`, `"is_test":true,"news":[1]`, "gl-7f3a-0001", "TeSter-123-ABCDEFGHIJKLMNOPQRSTUVWXYZ-x", ":40000000001", `:"40000000001"`,
		`"google_key"`, `"Google_key"`).Replace(googleBody)
	i.post(test).is(200)
	i.post(test).is(200)
	if got := i.outcomes(); got != "test test" {
		t.Errorf("the deliveries are %q", got)
	}
	if l := d.only(); l["test"] != true || l["attribution"].(object)["form_id"] != "40000000001" {
		t.Errorf("stored as %v", l)
	}
	if n := d.count(`SELECT count(*) FROM pending`); n != 0 {
		t.Errorf("%d tests are to be distributed", n)
	}
	if got := d.leads("test=false"); len(got) != 0 {
		t.Errorf("%d tests count as real", len(got))
	}
}

func TestOddInput11GoogleColumns(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	i := d.google()
	i.post(`{"google_key":"k-9d2f","lead_id":"1","user_column_data":[{"column_id":"WORK_EMAIL","string_value":"w@example.com"},{"column_id":"EMAIL","string_value":"e@example.com"},{"column_id":"","string_value":"x"},{"column_id":"","column_name":"Why?","string_value":"y"}]}`).is(200)
	i.post(`{"google_key":"k-9d2f","lead_id":"2","user_column_data":[{"column_id":"WORK_EMAIL","string_value":"w@example.com"},{"column_id":"FIRST_NAME","string_value":"Ada"},{"column_id":"LAST_NAME","string_value":"Bell"}]}`).is(200)
	all := d.leads()
	if all[0]["email"] != "e@example.com" || !cmp.Equal(all[0]["fields"], any(object{"WORK_EMAIL": "w@example.com", "question 3": "x", "Why?": "y"})) {
		t.Errorf("with both: %v", all[0])
	}
	if all[1]["email"] != "w@example.com" || all[1]["name"] != "Ada Bell" {
		t.Errorf("with one: %v", all[1])
	}
}
