package tasks

import (
	"bytes"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"

	"github.com/leadwheel/leadwheel/internal/lead"
)

func golden(t testing.TB, name string) []byte {
	t.Helper()
	data, err := os.ReadFile(filepath.Join("testdata", name))
	if err != nil {
		t.Fatal(err)
	}
	return bytes.TrimSpace(data)
}

func id(n byte) uuid.UUID {
	id := uuid.MustParse("01890000-0000-7000-8000-000000000000")
	id[15] = n
	return id
}

// TestGoldenPayloads holds the payloads to what earlier versions of the program wrote and will read.
func TestGoldenPayloads(t *testing.T) {
	t.Parallel()
	distribute := Distribute{Version: 1, Workspace: id(1), Batch: id(2)}
	ingest := Ingest{
		Version: 1, Workspace: id(1), Channel: "landing-page", SourceID: id(3), GroupID: id(4),
		Leads: []PushedLead{
			{ExternalID: "7412345678901234567", Name: "Aisyah Tan", Email: "aisyah@example.com", Phone: "+60123456789",
				Fields: json.RawMessage(`{"ad_id":7412345678901234567,"units":["Condo","Villa"]}`)},
			{ExternalID: "2", Phone: "0123456789"},
		},
	}
	members := Ingest{
		Version: 1, Workspace: id(1), Channel: "queue", MemberIDs: []uuid.UUID{id(5)},
		Leads: []PushedLead{{ExternalID: "1", Name: "Aisyah"}},
	}
	fetch := Fetch{Version: 1, Workspace: id(1), Integration: id(2)}
	t.Run("fetch", func(t *testing.T) { goldenCase(t, "fetch.json", fetch, Decode[Fetch]) })
	t.Run("distribute", func(t *testing.T) { goldenCase(t, "distribute.json", distribute, Decode[Distribute]) })
	notify := Notify{Version: 1, Workspace: id(1), Member: id(2), Channel: lead.Telegram}
	t.Run("notify", func(t *testing.T) { goldenCase(t, "notify.json", notify, Decode[Notify]) })
	webhook := Webhook{Version: 1, Workspace: id(1), Webhook: id(2)}
	t.Run("webhook", func(t *testing.T) { goldenCase(t, "webhook.json", webhook, Decode[Webhook]) })
	simulate := Simulate{Version: 1, Workspace: id(1), Simulation: id(2)}
	t.Run("simulate", func(t *testing.T) { goldenCase(t, "simulate.json", simulate, Decode[Simulate]) })
	t.Run("ingest", func(t *testing.T) { goldenCase(t, "ingest.json", ingest, Decode[Ingest]) })
	t.Run("ingest for members", func(t *testing.T) { goldenCase(t, "ingest_members.json", members, Decode[Ingest]) })
	members.MemberIDs, members.Route = nil, true
	t.Run("ingest by the rules", func(t *testing.T) { goldenCase(t, "ingest_route.json", members, Decode[Ingest]) })
}

func goldenCase[P any](t *testing.T, file string, want P, decode func([]byte) (P, error)) {
	data := golden(t, file)
	got, err := decode(data)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("decoded (-want +got):\n%s", diff)
	}
	written, err := json.Marshal(want)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(data), string(written)); diff != "" {
		t.Errorf("written (-want +got):\n%s", diff)
	}
}

func TestPayloadsAreStrict(t *testing.T) {
	t.Parallel()
	distribute, ingest := string(golden(t, "distribute.json")), string(golden(t, "ingest.json"))
	edit := func(text, old, new string) string {
		if !strings.Contains(text, old) {
			t.Fatalf("nothing to edit: %s", old)
		}
		return strings.Replace(text, old, new, 1)
	}
	for name, payload := range map[string]string{
		"empty":              ``,
		"not an object":      `[]`,
		"another version":    edit(distribute, `"v":1`, `"v":2`),
		"an unknown field":   edit(distribute, `{`, `{"priority":1,`),
		"no batch":           edit(distribute, `"batch_id"`, `"batch_ids"`),
		"something after it": distribute + `{}`,
		"no workspace":       edit(distribute, `"workspace_id":"01890000-0000-7000-8000-000000000001",`, ``),
	} {
		if _, err := Decode[Distribute]([]byte(payload)); !errors.Is(err, ErrPayload) {
			t.Errorf("%s: error is %v, want ErrPayload", name, err)
		}
	}
	fetch := string(golden(t, "fetch.json"))
	for name, payload := range map[string]string{
		"no integration":  edit(fetch, `"integration_id"`, `"batch_id"`),
		"another version": edit(fetch, `"v":1`, `"v":0`),
	} {
		if _, err := Decode[Fetch]([]byte(payload)); !errors.Is(err, ErrPayload) {
			t.Errorf("%s: error is %v, want ErrPayload", name, err)
		}
	}
	for name, payload := range map[string]string{
		"no leads":                  edit(ingest, `"leads":[`, `"leads":[],"x":[`),
		"no channel":                edit(ingest, `"channel":"landing-page"`, `"channel":""`),
		"a group and members":       edit(ingest, `"leads"`, `"member_ids":["01890000-0000-7000-8000-000000000005"],"leads"`),
		"a lead without id":         edit(ingest, `"external_id":"2",`, ``),
		"fields that are no object": edit(ingest, `"fields":{"ad_id":7412345678901234567,"units":["Condo","Villa"]}`, `"fields":[]`),
		"an unknown field of leads": edit(ingest, `"external_id":"2"`, `"external_id":"2","age":3`),
	} {
		if _, err := Decode[Ingest]([]byte(payload)); !errors.Is(err, ErrPayload) {
			t.Errorf("%s: error is %v, want ErrPayload", name, err)
		}
	}
}

// FuzzDecode looks for payloads that crash a decoder, or that do not survive being written again.
func FuzzDecode(f *testing.F) {
	f.Add(golden(f, "distribute.json"))
	f.Add(golden(f, "ingest.json"))
	f.Add(golden(f, "fetch.json"))
	f.Add([]byte(`{"v":1,"workspace_id":null,"leads":[{}]}`))
	f.Fuzz(func(t *testing.T, payload []byte) {
		if p, err := Decode[Distribute](payload); err == nil {
			again(t, p, Decode[Distribute])
		} else if !errors.Is(err, ErrPayload) {
			t.Errorf("error is %v, want ErrPayload", err)
		}
		if p, err := Decode[Fetch](payload); err == nil {
			again(t, p, Decode[Fetch])
		} else if !errors.Is(err, ErrPayload) {
			t.Errorf("error is %v, want ErrPayload", err)
		}
		if p, err := Decode[Ingest](payload); err == nil {
			again(t, p, Decode[Ingest])
		} else if !errors.Is(err, ErrPayload) {
			t.Errorf("error is %v, want ErrPayload", err)
		}
	})
}

func again[P any](t *testing.T, p P, decode func([]byte) (P, error)) {
	written, err := json.Marshal(p)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := decode(written); err != nil {
		t.Errorf("%s was read, written as %s, and refused: %v", "a payload", written, err)
	}
}
