package ingest

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/leadwheel/leadwheel/internal/lead"
	"github.com/leadwheel/leadwheel/store"
)

// TestVisitorsSayOnlyWhatIsAsked sends what would make a lead another's, or a test, or somebody else's campaign, in the spellings in
// which programs send it. All of it stays what the visitor wrote.
func TestVisitorsSayOnlyWhatIsAsked(t *testing.T) {
	t.Parallel()
	const urlencoded = "application/x-www-form-urlencoded"
	for _, pair := range []string{
		"external_id=7", "External-ID=7", "lead_id=7", "leadgen_id=7", "fields[external_id]=7", "your-external-id=7",
		"source=Web", "lead_source=Web", "lead source=Web", "data[source]=Web",
		"is_test=true", "consent=yes", "gdpr=on", "newsletter=1", "campaign_id=1", "campaign=Jan", "Campaign_ID=1", "adset_id=1", "ad_id=1",
		"form_id=1", "page_id=1", "platform=ig",
	} {
		name, value, _ := strings.Cut(pair, "=")
		for kind, body := range map[string]string{
			urlencoded: "name=Ada&" + pair, "application/json": `{"name":"Ada","` + name + `":"` + value + `"}`, "text/plain": "name=Ada\n" + pair + "\n",
		} {
			got, err := parse(t, lead.KindForm, store.IntegrationSettings{}, requestFor(body, "Content-Type", kind))
			if err != nil || len(got) != 1 {
				t.Fatal(pair, err)
			}
			id := got[0].ID
			got[0].ID = ""
			if diff := cmp.Diff(made{Name: "Ada", Fields: object{name: value}}, got[0]); diff != "" || id == value {
				t.Errorf("%s as %s has the id %q (-want +got):\n%s", pair, kind, id, diff)
			}
		}
	}
	got, err := parse(t, lead.KindForm, store.IntegrationSettings{}, requestFor(`{"name":"Ada","is_test":true,"consent":{"marketing":true}}`))
	if diff := cmp.Diff([]made{{Name: "Ada", Fields: object{"is_test": true, "consent": object{"marketing": true}}}}, got); diff != "" || err != nil {
		t.Error(err, diff)
	}
	r := requestFor("name=Ada", "Content-Type", urlencoded)
	r.Query = "campaign_id=1&external_id=7&source=x&platform=ig&utm_source=ig&gclid=g&ad_id=3"
	got, err = parse(t, lead.KindForm, store.IntegrationSettings{}, r)
	if diff := cmp.Diff([]made{{Name: "Ada", Attribution: object{"utm_source": "ig", "gclid": "g", "click_id": "g"}}}, got); diff != "" || err != nil {
		t.Error("its address:", err, diff)
	}
}

// TestHiddenFieldsAreBelieved lists what a form says of itself.
func TestHiddenFieldsAreBelieved(t *testing.T) {
	t.Parallel()
	settings := store.IntegrationSettings{
		HiddenFields: []string{"External ID", "source", "is_test", "campaign_id", "consent"},
		Page:         &store.FormPage{Fields: []store.PageField{{Name: "newsletter", Type: "checkbox"}}},
	}
	r := requestFor(`{"name":"Ada","external_id":"7","source":"Web","is_test":true,"campaign_id":"1","ad_id":"2","consent":"yes","newsletter":"yes","terms":"yes"}`)
	r.Query = "campaign_id=9&ad_id=9"
	got, err := parse(t, lead.KindForm, settings, r)
	want := []made{{
		Name: "Ada", ID: "7", Source: "Web", Test: true, Attribution: object{"campaign_id": "1"}, Consent: object{"consent": true, "newsletter": true},
		Fields: object{"ad_id": "2", "terms": "yes"},
	}}
	if diff := cmp.Diff(want, got); diff != "" || err != nil {
		t.Error(err, diff)
	}
	page := store.IntegrationSettings{Page: &store.FormPage{Consent: "I agree."}}
	got, err = parse(t, lead.KindForm, page, requestFor("name=Ada&consent=yes&marketing=yes"))
	if diff := cmp.Diff([]made{{Name: "Ada", Consent: object{"consent": true}, Fields: object{"marketing": "yes"}}}, got); diff != "" || err != nil {
		t.Error(err, diff)
	}
}

// TestVisitorsSwallowNobody sends under ids that somebody else may use next, in each way that forms have for them.
func TestVisitorsSwallowNobody(t *testing.T) {
	t.Parallel()
	for way, send := range map[string]func(name string) Request{
		"a field":      func(name string) Request { return requestFor("external_id=7&name=" + name) },
		"a submission": func(name string) Request { return requestFor("_submission=7&name=" + name) },
		"Jotform's id": func(name string) Request {
			return requestFor("submissionID=7&rawRequest=%7B%22q1_name%22%3A%22" + name + "%22%7D")
		},
	} {
		var ids []string
		for _, name := range []string{"Mallory", "Ada", "Ada"} {
			got, err := parse(t, lead.KindForm, store.IntegrationSettings{}, send(name))
			if err != nil || len(got) != 1 || got[0].Name != name {
				t.Fatal(way, got, err)
			}
			ids = append(ids, got[0].ID)
		}
		if ids[0] == ids[1] || ids[1] != ids[2] || ids[1] == "" {
			t.Errorf("%s: the ids are %q; the last two are one lead, sent twice, and the first is not", way, ids)
		}
	}
}

func TestFormsHoldFewLeads(t *testing.T) {
	t.Parallel()
	many := func(n int) Request { return requestFor("[" + strings.Repeat(`{"name":"x"},`, n-1) + `{"name":"x"}]`) }
	var excess *ExcessError
	if _, err := (form{}).Parse(store.IntegrationSettings{}, many(maxFormLeads+1)); !errors.As(err, &excess) {
		t.Error("too many:", err)
	}
	if p, err := (form{}).Parse(store.IntegrationSettings{}, many(maxFormLeads)); err != nil || len(p.Leads) != maxFormLeads {
		t.Error(len(p.Leads), err)
	}
}

// TestVisitorsTellNoTimes sends when a form was sent, in the ways in which programs do. It is what the visitor wrote, unless the
// integration lists it.
func TestVisitorsTellNoTimes(t *testing.T) {
	t.Parallel()
	const at = "2026-01-01T00:59:55Z"
	for _, name := range []string{"submitted_at", "created_at", "Timestamp", "landed_at", "updated_at", "meta[date][value]"} {
		for _, hidden := range []bool{false, true} {
			settings := store.IntegrationSettings{}
			if hidden {
				settings.HiddenFields = []string{name}
			}
			for _, body := range []string{"name=Ada&" + name + "=" + at, `{"name":"Ada","` + name + `":"` + at + `"}`} {
				got, err := parse(t, lead.KindForm, settings, requestFor(body))
				if err != nil || len(got) != 1 || got[0].Name != "Ada" {
					t.Fatal(body, got, err)
				}
				if field := len(got[0].Fields) > 0; field == hidden || hidden != (len(got[0].Attribution) > 0) {
					t.Errorf("%s, listed %t: %v from %v", body, hidden, got[0].Fields, got[0].Attribution)
				}
			}
		}
	}
	nested := requestFor(`{"name":"Ada","context":{"createdAt":"` + at + `"}}`)
	if got, err := parse(t, lead.KindForm, store.IntegrationSettings{}, nested); err != nil || len(got[0].Attribution) > 0 {
		t.Error(got, err)
	}
}

// FuzzFitVisitor holds that what is kept of any fields is no larger than it may be, and says what it is without.
func FuzzFitVisitor(f *testing.F) {
	f.Add("a", "b", 1)
	f.Add("left_out", "\u2028\"\\", 20_000)
	f.Add("\x00\xff", "ü", 16_000)
	f.Fuzz(func(t *testing.T, name, text string, times int) {
		if times < 0 || times > 50_000 || len(text) > 1000 || len(name) > 10_000 {
			return
		}
		all := map[string]any{name: strings.Repeat(text, times), name + "2": []any{text, name}, "x": strings.Repeat(name, min(times, 20))}
		cut := ""
		fields, err := fitVisitor(&cut)(all)
		if err != nil || len(fields) > maxVisitorFields+1000 {
			t.Errorf("%d bytes, %v", len(fields), err)
		}
		if cut != "" && !strings.Contains(string(fields), leftOut) {
			t.Errorf("nobody says %s", cut)
		}
	})
}
