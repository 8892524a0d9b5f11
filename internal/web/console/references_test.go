package console_test

import (
	"net/http"
	"testing"
)

// TestWhatOtherSystemsKeepIsShown looks at the pages of things that other systems have ids for.
func TestWhatOtherSystemsKeepIsShown(t *testing.T) {
	t.Parallel()
	s := signedIn(t)
	kept := map[string]any{"external_id": "hr-118", "metadata": map[string]string{"member_id": hostile}}
	with := func(body map[string]any) map[string]any {
		for name, value := range kept {
			body[name] = value
		}
		return body
	}
	m := s.make("members", with(map[string]any{"name": "Aisyah"}))
	slots := []any{map[string]any{"members": []any{map[string]any{"member_id": m}}}}
	for _, at := range []string{
		"members/" + m,
		"groups/" + s.make("groups", with(map[string]any{"name": "Sales", "method": "round_robin", "slots": slots})),
		"sources/" + s.make("sources", with(map[string]any{"name": "Expo"})),
	} {
		s.get("/console/"+at).is(http.StatusOK).shows("External ID", "hr-118", "Kept by other systems", "member_id", hostile).lacks("<script>alert")
	}
	bare := s.make("members", map[string]any{"name": "Ben"})
	s.get("/console/members/"+bare).is(http.StatusOK).lacks("External ID", "Kept by other systems")
}
