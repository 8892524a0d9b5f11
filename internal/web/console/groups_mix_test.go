package console_test

import (
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"testing"
)

// TestEvenMix has a group keep its mix even of sources, and sees its lanes on its page and in a lead's story.
func TestEvenMix(t *testing.T) {
	t.Parallel()
	s := signedIn(t)
	aina, badri := s.make("members", map[string]any{"name": "Aina"}), s.make("members", map[string]any{"name": "Badri"})
	fair := s.make("sources", map[string]any{"name": "Fair"})
	group := s.ring("Sales", aina, badri)
	at := "/console/groups/" + group
	s.get(at+"/edit").is(http.StatusOK).shows("Even mix", "all leads take the same turns")
	filled := func(mix, field string) url.Values {
		form := s.get(at+"/edit").opened("name", "Sales", "method", "round_robin", "mix", mix, "mix_field", field, "do", "save")
		for i, m := range []string{aina, badri} {
			form.Add("row", strconv.Itoa(i))
			form.Set(fmt.Sprintf("seat.%d", i), "0")
			form.Set(fmt.Sprintf("member.%d.0", i), m)
			form.Set(fmt.Sprintf("weight.%d", i), "1")
		}
		return form
	}
	s.post(at+"/edit", filled("field", " ")).is(http.StatusUnprocessableEntity).shows(`id="f-mix_field-error"`)
	s.leadsTo(s.post(at+"/edit", filled("field", "city")), "Each value of the field city has turns of its own")
	s.get(at+"/edit").shows(`<option value="field" selected>`, `value="city"`)
	s.leadsTo(s.post(at+"/edit", filled("source", "")), "No lead has come yet")
	var last string
	for _, source := range []any{fair, fair, nil} {
		lead := map[string]any{"name": "Siti", "distribute": map[string]any{"group_id": group}}
		if source != nil {
			lead["source_id"] = source
		}
		last = s.make("leads", lead)
		s.distribute()
	}
	s.get(at).is(http.StatusOK).shows("Each source has turns of its own", "<bdi>Fair</bdi></th>", "<bdi>none</bdi></th>")
	s.get("/console/leads/"+last).is(http.StatusOK).shows("turn 1 of", "in the lane none")
	s.get("/console/history").is(http.StatusOK).shows("Fair", "none")
}
