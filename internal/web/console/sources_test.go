package console_test

import (
	"net/http"
	"strings"
	"testing"
)

// TestSourcesAreMerged after a question with a number; what had the one has the other then, in what is there and in what comes.
func TestSourcesAreMerged(t *testing.T) {
	t.Parallel()
	s := signedIn(t)
	wrong, right := s.make("sources", map[string]any{"name": hostile}), s.make("sources", map[string]any{"name": "Expo"})
	for range 3 {
		s.make("leads", map[string]any{"name": "Siti", "source_id": wrong})
	}
	l := s.make("leads", map[string]any{"name": "Ben", "source_id": right})
	customer := s.api("POST", "/v1/leads/"+l+"/convert", nil)["id"].(string)
	integration := s.make("integrations", map[string]any{"kind": "generic", "name": "Web", "source_id": wrong})
	counts := s.get("/console/sources/counts").is(http.StatusOK).shows("What each brought", hostile, ">3</bdi>", `href="/console/leads?source_id=`+wrong, "no source").lacks("<script>alert")
	counts.shows(`aria-current="page">What each brought`)
	s.get("/console/sources/counts?file=csv").is(http.StatusOK).shows("Expo,1,1,0")

	here := "/console/sources/" + wrong
	s.get(here).is(http.StatusOK).shows(">Merge</a>", ">Delete</button>")
	asked := s.get(here+"/merge").is(http.StatusOK).shows("3 leads", "cannot be undone", ">Merge</button>", ">Expo</option>").lacks(`<option value="`+wrong, "<script>alert")
	s.post(here+"/merge", asked.sends("into", "")).is(http.StatusUnprocessableEntity).shows(`id="f-into-error"`)
	s.post(here+"/merge", asked.sends("into", wrong)).is(http.StatusUnprocessableEntity).shows("This is the source itself")
	deleted := s.get(here).form(wrong)
	s.post("/console/acts/delete-source", deleted).is(http.StatusOK).shows("Only a source that nothing has")
	deleted.Set("sure", "yes")
	s.post("/console/acts/delete-source", deleted).is(http.StatusConflict).shows("merge it into another")

	form := asked.sends("into", right)
	s.leadsTo(s.post(here+"/merge", form), "Merged:")
	s.leadsTo(s.post(here+"/merge", form), "Merged:") // sent again, nothing more happens
	s.get(here).is(http.StatusNotFound)
	s.get("/console/sources").lacks("<bdi>&lt;script")
	s.get("/console/sources/"+right).is(http.StatusOK).shows("Expo", "Siti", "Ben")
	if n := strings.Count(s.get("/console/leads?source_id="+right).body, "<bdi>Siti</bdi>"); n != 3 {
		t.Errorf("%d of 3 leads are the other source's", n)
	}
	s.get("/console/integrations/" + integration).shows(">Expo</bdi>")
	s.get("/console/customers/" + customer).shows("Expo")
	s.get("/console/audit-log").shows("merged the source")
	unused := s.make("sources", map[string]any{"name": "Unused"})
	sure := s.get("/console/sources/" + unused).form(unused)
	sure.Set("sure", "yes")
	s.leadsTo(s.post("/console/acts/delete-source", sure), "Sources deleted: 1.")
	_, foreign := s.newWorkspace("rival")
	theirs := s.apiAs(foreign, "POST", "/v1/sources", map[string]any{"name": "Theirs"})["id"].(string)
	for _, id := range []string{theirs, "x"} {
		s.get("/console/sources/" + id + "/merge").is(http.StatusNotFound).lacks("Theirs")
		s.post("/console/sources/"+id+"/merge", asked.sends("into", right)).is(http.StatusNotFound)
	}
	s.post("/console/sources/"+right+"/merge", asked.sends("into", theirs, "once", "2")).is(http.StatusUnprocessableEntity).shows(`id="f-into-error"`)
}
