package api_test

import (
	"encoding/json"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/leadwheel/leadwheel/internal/lead"
)

// A document is what these tests read of the OpenAPI document.
type document struct {
	OpenAPI string `json:"openapi"`
	Paths   map[string]map[string]struct {
		OperationID string                `json:"operationId"`
		Roles       []lead.Role           `json:"x-roles"`
		Security    []map[string][]string `json:"security"`
		Parameters  []struct {
			Name, In string
			Schema   struct{ Format string }
		}
		RequestBody *struct{ Content map[string]any }
		Responses   map[string]struct {
			Content map[string]struct{ Schema map[string]any }
			Headers map[string]any
		}
	}
	Components struct{ Schemas map[string]any }
}

func (s *site) document() document {
	s.t.Helper()
	r := s.do("", "GET", "/v1/openapi.json", nil).is(200)
	var d document
	if err := json.Unmarshal([]byte(r.body), &d); err != nil {
		s.t.Fatal(err)
	}
	return d
}

func TestDocumentDescribesEveryOperation(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	d := s.document()
	if !strings.HasPrefix(d.OpenAPI, "3.1") || len(d.Paths) < 15 {
		t.Fatalf("OpenAPI %q with %d paths", d.OpenAPI, len(d.Paths))
	}
	for path, operations := range d.Paths {
		for method, op := range operations {
			name := method + " " + path
			if op.OperationID == "" || len(op.Roles) == 0 || op.Security == nil || (len(op.Security) == 0) != slices.Contains(op.Roles, "anybody") {
				t.Errorf("%s: without id, roles or security", name)
			}
			needed := []string{"401", "403", "503"}
			switch method {
			case "post", "put", "patch":
				needed = append(needed, "400", "413", "415", "422")
			}
			if strings.Contains(path, "{id}") {
				needed = append(needed, "404")
			}
			for _, status := range needed {
				if _, problem := op.Responses[status].Content["application/problem+json"]; !problem {
					t.Errorf("%s: does not describe its %s", name, status)
				}
			}
			if !slices.ContainsFunc(slices.Collect(maps.Keys(op.Responses)), func(s string) bool { return s[0] == '2' }) {
				t.Errorf("%s: does not describe its success", name)
			}
			if method == "patch" && len(op.RequestBody.Content) != 2 {
				t.Errorf("%s: takes %v", name, op.RequestBody.Content)
			}
			for _, p := range op.Parameters {
				if p.In == "path" && p.Schema.Format != "uuid" {
					t.Errorf("%s: path parameter %s is not described as a UUID", name, p.Name)
				}
			}
		}
	}
	if _, is := d.Components.Schemas["Problem"]; !is {
		t.Error("there is no schema of problems")
	}
}

func TestEveryCollectionThatTakesPOSTIsAList(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	// These POSTs are no collections: one adds to another, one acts on an item, of which GET may say what came of it.
	actions := []string{
		"/v1/leads/batch", "/v1/privacy/export", "/v1/privacy/erase", "/v1/history/{id}/retry", "/v1/assignments/preview", "/v1/imports/preview", "/v1/pending-leads/delete", "/v1/pending-leads/distribute-now", "/v1/pending-leads/move",
		"/v1/integrations/{id}/events/{event_id}/replay", "/v1/integrations/{id}/reconcile", "/v1/integrations/{id}/test",
		"/v1/sources/{id}/merge", "/v1/leads/{id}/convert", "/v1/assigned-leads/{id}/convert", "/v1/assigned-leads/{id}/accept", "/v1/offers/{id}/accept", "/v1/my/next-lead", "/v1/workspace/rename-status",
		"/v1/members/{id}/telegram-link", "/v1/me/telegram-link", "/v1/members/{id}/test-notification", "/v1/members/{id}/pending", "/v1/groups/preview", "/v1/leads/delete", "/v1/history/retry", "/v1/notifications/{id}/resend", "/v1/message-template/preview", "/v1/message-template/test", "/v1/rules/check",
		"/v1/webhooks/{id}/rotate-secret", "/v1/webhooks/{id}/test", "/v1/webhooks/{id}/redeliver-failed", "/v1/webhooks/{id}/deliveries/{delivery_id}/redeliver",
		"/v1/sessions/end-all", "/v1/sign-in", "/v1/sign-in/link", "/v1/sign-in/passkey", "/v1/sign-in/passkey/begin", "/v1/sign-in/oidc", "/v1/sign-in/oidc/begin", "/v1/me/passkeys/begin", "/v1/people/{id}/sign-in-link", "/v1/api-keys/{id}/rotate", "/v1/imports/{id}/cancel", "/v1/imports/{id}/undo", "/v1/assignments/{id}/undo",
	}
	member := s.member("M").String() // of whom there are lists
	for path, operations := range s.document().Paths {
		if _, takesPost := operations["post"]; !takesPost || slices.Contains(actions, path) {
			continue
		}
		get, is := operations["get"]
		if !is {
			t.Errorf("%s has POST and no GET", path)
			continue
		}
		var names []string
		for _, p := range get.Parameters {
			names = append(names, p.Name)
		}
		if !slices.Contains(names, "limit") || !slices.Contains(names, "cursor") {
			t.Errorf("GET %s has the parameters %v", path, names)
		}
		r := s.get(strings.Replace(path, "{id}", member, 1)).is(200)
		if _, has := r.object()["next_cursor"]; !has || r.at("items") == nil {
			t.Errorf("GET %s: %s", path, r.body)
		}
	}
}

// TestContractRoles holds the table in code against the contract.
func TestContractRoles(t *testing.T) {
	t.Parallel()
	may := map[lead.Role][]string{
		lead.RoleIntegration: {"post-lead", "post-lead-batch", "post-import", "preview-import", "list-imports", "get-import", "get-import-rejects", "get-me"},
		lead.RoleMember: {
			"get-workspace", "list-sources", "list-assigned-leads", "get-assigned-lead", "patch-assigned-lead", "convert-assigned-lead",
			"list-assigned-lead-timeline", "list-customers", "get-customer", "patch-customer", "post-opportunity", "list-opportunities",
			"get-opportunity", "patch-opportunity", "get-me", "patch-me", "put-my-password", "list-my-passkeys", "begin-my-passkey", "post-my-passkey", "patch-my-passkey", "delete-my-passkey", "list-sessions", "delete-session", "end-sessions",
			"post-session", "accept-assigned-lead", "post-next-lead", "list-my-offers", "accept-offer", "get-my-messages", "patch-my-messages", "get-my-availability", "patch-my-availability", "post-my-telegram-link",
		},
	}
	for path, operations := range newSite(t).document().Paths {
		for method, op := range operations {
			if !slices.Contains(op.Roles, lead.RoleAdmin) && !slices.Contains(op.Roles, "anybody") {
				t.Errorf("%s %s: an admin may do everything", method, path)
			}
			for role, operations := range may {
				if slices.Contains(op.Roles, role) != slices.Contains(operations, op.OperationID) {
					t.Errorf("%s %s: %v", method, path, op.Roles)
				}
			}
		}
	}
}
