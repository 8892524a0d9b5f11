package api

import (
	"encoding/json"
	"net/http"
	"reflect"
	"strings"

	"github.com/danielgtaylor/huma/v2"
	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"

	"github.com/leadwheel/leadwheel/internal/lead"
	"github.com/leadwheel/leadwheel/internal/webhooks"
)

// happenings say of each event what has happened when a webhook is told of it.
var happenings = map[lead.WebhookEvent]string{
	lead.WebhookReceived:   "A source lead was stored",
	lead.WebhookAssigned:   "A member got a copy of a lead",
	lead.WebhookFailed:     "A distribution ended without a copy",
	lead.WebhookUpdated:    "A source lead or a copy was changed",
	lead.WebhookUnanswered: "A copy was not answered in time, or nobody accepted an offer",
	lead.WebhookOffered:    "A lead was offered to a member",
	lead.WebhookConverted:  "A source lead or a copy became a customer",
	lead.WebhookDeleted:    "A source lead was deleted",
	lead.WebhookWithdrawn:  "A copy was taken back from its member",
	lead.WebhookTest:       "Somebody tries the webhook: nothing has happened, and the lead is made up",
}

// exampleDelivery is what a webhook may be sent.
const exampleDelivery = `","timestamp":"2027-02-15T01:30:00Z","as_of":"2027-02-15T01:30:01Z","data":{"lead_id":"` + exampleLead + `","member_id":"` + exampleMember + `",` +
	`"name":"Nur Aisyah","email":null,"phone":"012-345 6789","phone_e164":"+60123456789","fields":{"city":"Penang"},"source_id":"` + exampleSource + `",` +
	`"source":"Website","channel":"api","external_id":null,"integration_id":null,"duplicate_of":null,"test":false,"created_at":"2027-02-15T01:29:58Z"}}`

// describeWebhooks describes what webhooks are sent, and what their answers mean.
func (a *API) describeWebhooks() {
	doc := a.huma.OpenAPI()
	doc.Webhooks = make(map[string]*huma.PathItem)
	schema := doc.Components.Schemas.Schema(reflect.TypeFor[webhooks.LeadDelivery](), true, "")
	delivered := doc.Components.Schemas.Map()["DeliveredLead"]
	fields := Fields{}.Schema(doc.Components.Schemas)
	fields.Description = delivered.Properties["fields"].Description
	delivered.Properties["fields"] = fields
	for _, event := range lead.WebhookTypes() {
		doc.Webhooks[string(event)] = &huma.PathItem{Post: &huma.Operation{
			OperationID: "told-" + wordOfEvent(event), Tags: []string{chapters["webhooks"].tag}, Summary: happenings[event],
			Description: sentTo(event) + " Each delivery is sent at least " +
				"once, and perhaps not in order: the id in its header is the same in every attempt.",
			Security: []map[string][]string{{}},
			Parameters: []*huma.Param{
				deliveryHeader(standardwebhooks.HeaderWebhookID, "Which delivery this is, in every attempt at it."),
				deliveryHeader(standardwebhooks.HeaderWebhookTimestamp, "When this attempt was made, in seconds since 1970. Refuse one that is minutes old."),
				deliveryHeader(standardwebhooks.HeaderWebhookSignature, "Signatures by each secret that signs now, as Standard Webhooks has them: v1, and the HMAC-SHA256 of id, timestamp and body."),
			},
			RequestBody: &huma.RequestBody{Required: true, Content: map[string]*huma.MediaType{"application/json": {
				Schema: schema, Example: json.RawMessage(`{"type":"` + string(event) + exampleDelivery),
			}}},
			Responses: map[string]*huma.Response{
				"2XX":     {Description: "It was taken."},
				"410":     {Description: http.StatusText(http.StatusGone) + ": the webhook is disabled, and told of nothing any more."},
				"default": {Description: "It was not taken, and is sent again later; after the time that Retry-After says, where it does."},
			},
		}}
	}
}

// sentTo says who is told of an event.
func sentTo(event lead.WebhookEvent) string {
	const form = ", in the form of Standard Webhooks 1.0.0."
	if event == lead.WebhookTest {
		return "Sent to a webhook by POST /v1/webhooks/{id}/test, whatever its events are" + form
	}
	return "Sent to webhooks that have this event among their events" + form
}

// wordOfEvent is an event as a part of an operation's id.
func wordOfEvent(event lead.WebhookEvent) string {
	return strings.NewReplacer(".", "-", "_", "-").Replace(string(event))
}

func deliveryHeader(name, doc string) *huma.Param {
	return &huma.Param{Name: name, In: "header", Required: true, Description: doc, Schema: &huma.Schema{Type: huma.TypeString}}
}
