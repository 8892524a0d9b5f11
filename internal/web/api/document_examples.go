package api

import (
	"encoding/json"

	"github.com/danielgtaylor/huma/v2"
)

// Ids of examples, one for each kind of thing.
const (
	exampleLead    = "01935f3a-8c1e-7b52-9d04-2f6f0d1c7a11"
	exampleMember  = "01935f3a-8c1e-7b52-9d04-2f6f0d1c7a12"
	exampleGroup   = "01935f3a-8c1e-7b52-9d04-2f6f0d1c7a13"
	exampleSource  = "01935f3a-8c1e-7b52-9d04-2f6f0d1c7a14"
	exampleCopy    = "01935f3a-8c1e-7b52-9d04-2f6f0d1c7a15"
	examplePending = "01935f3a-8c1e-7b52-9d04-2f6f0d1c7a16"
	exampleHistory = "01935f3a-8c1e-7b52-9d04-2f6f0d1c7a17"
)

const (
	exampleReceivers = `"slots":[{"members":[{"member_id":"` + exampleMember + `"}],"weight":2}]`
	exampleRules     = `"rules":[{"name":"Penang","when":"fields.city == \"Penang\"","then":{"group_id":"` + exampleGroup + `"}}]`
	exampleTemplate  = `{"template":"New lead: {{.Name}}, {{.Phone}}"}`
	exampleFile      = "name,phone,email,source\nNur Aisyah,012-345 6789,aisyah@example.com,Website\n"
)

// examples are what bodies of requests may be, by operation. A test holds each to its schema, and demands one of each that takes a
// body.
var examples = map[string]string{
	"patch-workspace": `{"timezone":"Asia/Kuala_Lumpur","distribution_hours":{"from":"09:00","to":"18:00"}}`,
	"rename-status":   `{"from":"Contacted","to":"Called"}`,

	"post-member":         `{"name":"Siew Ling","email":"siewling@example.com","timezone":"Asia/Kuala_Lumpur","external_id":"hr-118","metadata":{"branch":"Penang"}}`,
	"patch-member":        `{"active":false,"pending":{"action":"spread","group_id":"` + exampleGroup + `"}}`,
	"post-absence":        `{"from":"2027-02-15","to":"2027-02-19","note":"Chinese New Year"}`,
	"post-member-pending": `{"action":"spread","member_ids":["` + exampleMember + `"]}`,

	"put-message-template":     exampleTemplate,
	"preview-message-template": exampleTemplate,
	"test-message-template":    exampleTemplate,

	"post-group":    `{"name":"Penang","method":"round_robin",` + exampleReceivers + `}`,
	"preview-group": `{"id":"` + exampleGroup + `","name":"Penang","method":"round_robin",` + exampleReceivers + `}`,
	"put-group":     `{"name":"Penang","method":"round_robin",` + exampleReceivers + `,"pending":{"action":"leave"}}`,

	"put-rules":   `{"version":3,` + exampleRules + `}`,
	"check-rules": `{` + exampleRules + `,"lead":{"channel":"api","fields":{"city":"Penang"}}}`,

	"post-simulation": `{"last":5000,"members":[{"id":"` + exampleMember + `","caps":{"per_day":20}}]}`,

	"post-source":  `{"name":"Website"}`,
	"patch-source": `{"enabled":false}`,
	"merge-source": `{"into":"` + exampleSource + `"}`,

	"post-lead": `{"name":"Nur Aisyah","phone":"012-345 6789","email":"aisyah@example.com","fields":{"city":"Penang"},"external_id":"crm-4711",` +
		`"distribute":{"group_id":"` + exampleGroup + `"}}`,
	"post-lead-batch": `{"leads":[{"name":"Nur Aisyah","phone":"012-345 6789"},{"email":"weijie@example.com"}],"distribute":{"group_id":"` + exampleGroup + `","pace":"normal"}}`,
	"patch-lead":      `{"email":"aisyah@example.com","fields":{"city":null}}`,
	"delete-leads":    `{"ids":["` + exampleLead + `"]}`,

	"post-assignment":    `{"lead_ids":["` + exampleLead + `"],"group_id":"` + exampleGroup + `"}`,
	"preview-assignment": `{"filter":{"source_id":"` + exampleSource + `","assigned":false,"matched":120},"group_id":"` + exampleGroup + `","pace":"slow"}`,

	"patch-pending-lead":           `{"due_at":"2027-02-15T09:30:00+08:00"}`,
	"delete-pending-leads":         `{"ids":["` + examplePending + `"]}`,
	"distribute-pending-leads-now": `{"filter":{"member_id":"` + exampleMember + `","matched":12}}`,
	"move-pending-leads":           `{"ids":["` + examplePending + `"],"member_id":"` + exampleMember + `"}`,

	"retry-histories": `{"ids":["` + exampleHistory + `"]}`,

	"patch-assigned-lead": `{"status":"Won","notes":"Signed for a year."}`,
	"patch-customer":      `{"notes":"Prefers to be called after six."}`,
	"post-opportunity":    `{"assigned_lead_id":"` + exampleCopy + `","title":"Annual plan","amount":"1250.50","currency":"MYR"}`,
	"patch-opportunity":   `{"stage":"negotiation","amount":1100}`,

	"post-import":    exampleFile,
	"preview-import": exampleFile,

	"post-api-key":   `{"name":"Website","role":"integration","source_id":"` + exampleSource + `"}`,
	"rotate-api-key": `{"overlap_hours":24}`,
	"post-person":    `{"email":"mira@example.com","name":"Mira","role":"manager"}`,
	"patch-person":   `{"role":"agent","member_id":"` + exampleMember + `"}`,

	"sign-in":           `{"email":"mira@example.com","password":"correct horse battery staple"}`,
	"send-sign-in-link": `{"email":"mira@example.com"}`,
	"passkey-sign-in":   `{"flow":"f3Jr…","credential":{"id":"Y3Jl…","type":"public-key"}}`,
	"oidc-sign-in":      `{"flow":"f3Jr…","code":"SplxlOBeZQQYbYS6WxSbIA","state":"af0ifjsldkj"}`,

	"patch-me":              `{"name":"Mira","language":"ms"}`,
	"put-my-password":       `{"current":"correct horse battery staple","password":"another horse another staple"}`,
	"post-my-passkey":       `{"name":"Phone","flow":"f3Jr…","credential":{"id":"Y3Jl…","type":"public-key"}}`,
	"patch-my-passkey":      `{"name":"Old phone"}`,
	"patch-my-messages":     `{"notify_by":["telegram"],"quiet_hours":{"from":"21:00","to":"08:00"}}`,
	"patch-my-availability": `{"on_duty":true}`,

	"post-integration":  `{"kind":"generic","name":"Landing page","group_id":"` + exampleGroup + `","mapping":{"name":["first_name","last_name"],"phone":"contact.mobile"}}`,
	"patch-integration": `{"enabled":false}`,

	"post-webhook":     `{"url":"https://crm.example.com/leadwheel","events":["lead.assigned","lead.distribution_failed"]}`,
	"patch-webhook":    `{"enabled":true}`,
	"redeliver-failed": `{"since":"2027-02-15T00:00:00+08:00"}`,

	"export-person": `{"email":"aisyah@example.com"}`,
	"erase-person":  `{"email":"aisyah@example.com","phone":"+60123456789"}`,
}

// exemplify gives each body that an operation takes its example: files as text, the rest as JSON.
func exemplify(op *huma.Operation) {
	text, has := examples[op.OperationID]
	if op.RequestBody == nil || !has {
		return
	}
	for kind, content := range op.RequestBody.Content {
		switch kind {
		case "application/json", mergePatch:
			content.Example = json.RawMessage(text)
		case csvType, "application/csv", "text/plain":
			content.Example = text
		}
	}
}
