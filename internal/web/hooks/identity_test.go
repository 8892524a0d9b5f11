package hooks_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// field is an input from the field.
func field(t testing.TB, name string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("testdata", "field", name))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// upload imports a file, and returns its counts and warnings.
func (d *desk) upload(file, query string) (counts, warnings string) {
	d.t.Helper()
	o := d.send("POST", "/v1/imports?"+query, file, "Authorization", "Bearer "+d.key, "Content-Type", "text/csv").is(202).object()
	for _, w := range o["warnings"].([]any) {
		warnings += w.(string) + "\n"
	}
	return fmt.Sprintf("%s: %v = %v + %v + %v", o["status"], o["rows"], o["imported"], o["duplicates"], o["rejected"]), warnings
}

// TestFieldOneLeadByWebhookAndFile has leads come by a delivery, and then in a file with guards about everything.
func TestFieldOneLeadByWebhookAndFile(t *testing.T) {
	t.Parallel()
	for name, id := range map[string]string{
		"01-guard-eq.csv": "900100200300401", "04-zero-width.csv": "900100200300404", "94-plain-meta.csv": "900100200300405",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d := newDesk(t)
			i := d.integrate("generic", nil)
			i.post(`{"external_id":"` + id + `","name":"Somebody"}`).is(200)
			if got, _ := d.upload(field(t, name), "integration_id="+i.id+"&group_id="+d.group.String()); got != "completed: 1 = 0 + 1 + 0" {
				t.Error(got)
			}
			d.distribute()
			if n := d.count(`SELECT count(*) FROM assigned_leads`); n != 1 {
				t.Errorf("%d copies", n)
			}
		})
	}
}

// TestFieldIDs imports files whose ids are none, or were rounded, or are those of another list.
func TestFieldIDs(t *testing.T) {
	t.Parallel()
	const list = "lead_id,name,email\n1,Ada,ada@example.com\n2,Bea,bea@example.com\n"
	for name, c := range map[string]struct {
		files  []string
		counts string
		warned int
	}{
		"rounded":      {[]string{field(t, "05-rounded19.csv")}, "completed: 3 = 3 + 0 + 0", 2},
		"placeholders": {[]string{field(t, "07-placeholder-ids.csv")}, "completed: 4 = 4 + 0 + 0", 0},
		"exponents":    {[]string{"lead_id,name\n9.0010020030040E+14,Ada\n9.0010020030040E+14,Bea\n"}, "completed: 2 = 2 + 0 + 0", 0},
		"two lists":    {[]string{list, strings.NewReplacer("ada", "cyd", "bea", "dee").Replace(list)}, "completed: 2 = 2 + 0 + 0", 2},
		"again":        {[]string{list, list}, "completed: 2 = 0 + 2 + 0", 0},
		"second list again": {
			[]string{list, strings.ReplaceAll(list, "a@", "z@"), strings.ReplaceAll(list, "a@", "z@")}, "completed: 2 = 0 + 2 + 0", 0,
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d := newDesk(t)
			var counts, warnings string
			for _, file := range c.files {
				counts, warnings = d.upload(file, "group_id="+d.group.String())
			}
			if counts != c.counts || strings.Count(warnings, "\n") != c.warned {
				t.Errorf("%s; %s", counts, warnings)
			}
			if c.warned > 0 && !strings.Contains(warnings, "Line 3: ") {
				t.Errorf("no line in %q", warnings)
			}
		})
	}
}

func TestFieldPhones(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]string{
		"20-float-phone.csv": "<nil>",
		"22-exact-e.csv":     "+60123456781 +60123456782",
		"86-marks.csv":       "+60123456781 +60123456782 +60123456783 +60123456784 +60123456785",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d := newDesk(t)
			d.upload(field(t, name), "")
			var got []string
			for _, l := range d.leads() {
				got = append(got, fmt.Sprint(l["phone_e164"]))
			}
			if text := strings.Join(got, " "); text != want {
				t.Errorf("they are %s, not %s", text, want)
			}
		})
	}
}

// TestFieldHookIDs delivers people under ids that are none, and two people under one that is.
func TestFieldHookIDs(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	i := d.integrate("generic", nil)
	for n := range 4 {
		i.post(field(t, fmt.Sprintf("08-hook-undefined-%d.json", n))).is(200)
	}
	if got := i.outcomes(); got != "lead lead lead lead" {
		t.Error(got)
	}
	one := func(email string) { i.post(`{"external_id":"7","name":"x","email":"` + email + `"}`).is(200) }
	for _, email := range []string{"ada@example.com", "bea@example.com", "ADA@example.com", "bea@example.com"} {
		one(email)
	}
	if got := i.outcomes(); got != "lead lead lead lead lead lead duplicate duplicate" {
		t.Error(got)
	}
	if e := i.events()[5]; !strings.Contains(fmt.Sprint(e["detail"]), "another person") {
		t.Errorf("the event says %v", e["detail"])
	}
	if got := i.call("GET", "/v1/integrations/"+i.id, nil).is(200).object(); !strings.Contains(fmt.Sprint(got), "another person") {
		t.Errorf("the integration warns of nothing: %v", got)
	}
	d.distribute()
	if n := d.count(`SELECT count(*) FROM assigned_leads`); n != 6 {
		t.Errorf("%d copies", n)
	}
}

// TestDeletedLeadsComeBack deletes leads, and has them delivered, replayed and imported again.
func TestDeletedLeadsComeBack(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	i := d.integrate("generic", nil)
	const body = `[{"external_id":"1","name":"Ada"},{"external_id":"2","name":"Bea"}]`
	i.post(body).is(200)
	remove := func(n int) string {
		id := d.leads()[n]["id"].(string)
		d.call("DELETE", "/v1/leads/"+id, nil).is(204)
		return id
	}
	gone := remove(0)
	i.post(body).is(200)
	if got, n := i.outcomes(), len(d.leads()); got != "lead lead" || n != 2 {
		t.Errorf("delivered again: %s, %d leads", got, n)
	}
	for range 2 { // the second replay finds all there
		i.replay(i.events()[0]["id"]).is(200)
	}
	if n := len(d.leads()); n != 2 {
		t.Errorf("replayed: %d leads", n)
	}
	remove(0)
	remove(0)
	i.replay(i.events()[0]["id"]).is(200)
	if n := len(d.leads()); n != 2 {
		t.Errorf("replayed after all were deleted: %d leads", n)
	}
	if got, _ := d.upload("external_id,name\n1,Ada\n2,Bea\n3,Cyd\n", "integration_id="+i.id); got != "completed: 3 = 1 + 2 + 0" {
		t.Error(got)
	}
	for range 3 {
		remove(0)
	}
	if got, _ := d.upload("external_id,name\n1,Ada\n2,Bea\n3,Cyd\n", "integration_id="+i.id); got != "completed: 3 = 3 + 0 + 0" {
		t.Error(got)
	}
	d.call("GET", "/v1/leads/"+gone, nil).is(404)
	for _, l := range d.leads() {
		d.call("GET", "/v1/leads/"+l["id"].(string), nil).is(200)
	}
}

// TestSourcesByAnyName delivers and imports one source in many spellings.
func TestSourcesByAnyName(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	made := d.call("POST", "/v1/sources", object{"name": "Straße  Süd"}).is(201).object()
	d.call("POST", "/v1/sources", object{"name": "STRASSE SÜD"}).is(409)
	d.call("POST", "/v1/sources", object{"name": "\u200b\u200b"}).is(422)
	i := d.integrate("generic", object{"create_sources": true})
	i.post(`{"name":"x","source":"STRASSE su\u0308d\u200b"}`).is(200)
	if _, warnings := d.upload("name,source\ny,strasse SÜD\nz,\u200b\u200b\n", ""); warnings != "" {
		t.Error(warnings)
	}
	for _, l := range d.leads()[:2] {
		if l["source_id"] != made["id"] {
			t.Errorf("%v has the source %v", l["name"], l["source_id"])
		}
	}
	if n := d.count(`SELECT count(*) FROM sources`); n != 1 {
		t.Errorf("%d sources", n)
	}
}
