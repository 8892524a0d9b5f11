package hooks_test

import (
	"fmt"
	"net/url"
	"strings"
	"testing"
)

// TestDeliveriesOfNobody delivers leads by which nobody could be reached or named. The event keeps them and says why none were made.
func TestDeliveriesOfNobody(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	i, form := d.integrate("generic", nil), d.integrate("form", nil)
	i.post(`[{"email":"x"},{"name":"Ada","email":"x"},{"phone":"x"},{"name":"N/A"}]`).is(200)
	e := i.events()[0]
	if e["outcome"] != "lead" || e["made"] != 1.0 || e["not_made"] != 3.0 || !strings.Contains(fmt.Sprint(e["reasons"]), "nobody could be reached") {
		t.Errorf("the delivery is %v", e)
	}
	if l := d.only(); l["name"] != "Ada" || l["email"] != "x" {
		t.Errorf("stored as %v", l)
	}
	for _, sent := range []url.Values{{"email": {"x"}}, {"phone": {"-"}}, {"name": {"N/A"}}} {
		if got := form.submit(sent).is(422); !strings.Contains(got.body, "go back") {
			t.Errorf("answered %s", got.body)
		}
	}
	form.submit(url.Values{"phone": {"1"}}).is(200)
	if got := form.outcomes(); got != "unmapped unmapped unmapped lead" {
		t.Errorf("the deliveries are %q", got)
	}
	google := d.google()
	google.post(strings.NewReplacer("aisyah@example.com", "x", "Aisyah Tan", "N/A", "+60123456789", "-").Replace(googleBody)).is(200)
	if got := google.outcomes(); got != "unmapped" {
		t.Errorf("Google's delivery is %q: %v", got, google.events())
	}
}
