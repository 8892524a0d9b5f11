package webhooks

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/leadwheel/leadwheel/internal/lead"
	"github.com/leadwheel/leadwheel/store"
)

// TestBodiesAreBounded writes a lead with more in its fields than a webhook takes.
func TestBodiesAreBounded(t *testing.T) {
	t.Parallel()
	d := store.WebhookDelivery{ID: uuid.New(), Event: lead.WebhookReceived, LeadID: uuid.New(), HappenedAt: time.Now()}
	c := store.WebhookContent{Contact: store.Contact{Name: strings.Repeat("\x01", 200), Phone: "1", Fields: json.RawMessage(`{"a":"` + strings.Repeat("x", 30_000) + `"}`)}}
	for fields, truncated := range map[string]bool{`{"a":"x"}`: false, string(c.Fields): true} {
		c.Fields = json.RawMessage(fields)
		text, err := Body(d, c)
		if err != nil || len(text) >= maxBody {
			t.Fatalf("%d bytes, %v", len(text), err)
		}
		var got struct {
			Type lead.WebhookEvent
			Data struct {
				Name      string
				Fields    map[string]any
				Truncated bool
			}
		}
		if err := json.Unmarshal(text, &got); err != nil || got.Type != lead.WebhookReceived || got.Data.Name != c.Name ||
			got.Data.Truncated != truncated || (got.Data.Fields == nil) != truncated {
			t.Errorf("%s, %v", text, err)
		}
	}
}
