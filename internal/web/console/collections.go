package console

import (
	"net/url"
	"slices"

	"github.com/google/uuid"

	"github.com/leadwheel/leadwheel/internal/language"
	"github.com/leadwheel/leadwheel/internal/lead"
)

// A collection is what the console knows of one of the API's: where it is, what of it to show, and what can be done.
type collection struct {
	// Name is what its address ends with, here and in the API.
	Name  string
	Title language.Text
	// Columns are fields of its items, with dots between the names of nested ones.
	Columns []string
	Filters []filter
	// Acts can be done to its items.
	Acts []string
	// Parts belong to each item: collections below it.
	Parts []collection
	// Related are collections that can be narrowed to what belongs to an item.
	Related []related
	// Query is added where one item is read, and Listed where the list is; Below are objects that are read below an item.
	Query  string
	Listed url.Values
	Below  []string
	// New is what the button says that makes one more, at the collection's address with /new; empty where none is made here.
	// Empty is what to do where there is none yet.
	New, Empty language.Text
	// Links are pages on which something is done about an item, with {id} for its id.
	Links []way
	// Kept says that only admins make and change items.
	Kept bool
	// Unlisted items have no address of their own; all that there is to know of them is in the list.
	Unlisted bool
	// CSV says that the list can be had as a file, Rejects that an item has one of what was not taken.
	CSV, Rejects bool
}

// related is a collection of which those belong to an item that have its id under Param.
type related struct{ Collection, Param string }

// A filter narrows a list by one parameter.
type filter struct {
	Param string
	Label language.Text
	// Kind is text, choice, from (a day's beginning), until (a day's end), id (of what a page led from: shown where it is
	// given), or the collection whose things are offered.
	Kind    string
	Choices []namedValue
}

func choice(param string, label language.Text, choices ...string) filter {
	f := filter{param, label, "choice", nil}
	for _, c := range choices {
		f.Choices = append(f.Choices, namedValue{Value: c})
	}
	return f
}

var (
	byText  = filter{"q", "Search", "text", nil}
	byFrom  = filter{"from", "From", "from", nil}
	byUntil = filter{"to", "Until", "until", nil}

	byMember      = filter{"member_id", "Member", "members", nil}
	byGroup       = filter{"group_id", "Group", "groups", nil}
	bySource      = filter{"source_id", "Source", "sources", nil}
	byIntegration = filter{"integration_id", "Integration", "integrations", nil}
	byLead        = filter{"lead_id", "Lead ID", "id", nil}
	byAssignment  = filter{"assignment_id", "Assignment ID", "id", nil}
)

// collections are those of the menu, in its order.
var collections = []collection{
	{
		Name: "leads", Title: "Leads",
		Columns: []string{"name", "created_at", "phone", "email", "given_to", "source_id", "channel", "test"},
		New:     "New lead", Empty: "No leads yet. Key one in, import a file, or connect the form or ad platform that they come from.",
		Filters: []filter{
			byText, {"assigned", "Given to", "choice", []namedValue{{"false", "not given to anybody"}, {"true", "given to somebody"}}}, bySource, byIntegration,
			byFrom, byUntil, {"test", "Tests", "choice", []namedValue{{"true", "only tests"}, {"false", "no tests"}}},
			{"campaign_id", "Campaign ID", "text", nil}, {"form_id", "Form ID", "text", nil}, {"external_id", "External ID", "text", nil},
		},
		Acts:    []string{"assign", "delete-lead", "export", "convert"},
		Related: []related{{"history", "lead_id"}, {"assigned-leads", "source_lead_id"}, {"pending-leads", "lead_id"}, {"customers", "lead_id"}, {"opportunities", "lead_id"}},
		CSV:     true,
	},
	{
		Name: "assigned-leads", Title: "Assigned leads",
		Empty:   "Nobody has a lead yet.",
		Columns: []string{"name", "assigned_at", "phone", "email", "member_id", "group_id", "source", "status", "follow_up_at"},
		Filters: []filter{byText, byMember, byGroup, bySource, {"status", "Status", "text", nil}, byFrom, byUntil, {"source_lead_id", "Lead ID", "id", nil}},
		Acts:    []string{"convert"},
		Links:   []way{{"New opportunity", "opportunities/new?assigned_lead_id={id}"}},
		Related: []related{{"customers", "assigned_lead_id"}, {"opportunities", "assigned_lead_id"}}, CSV: true,
	},
	{
		Name: "pending-leads", Title: "Pending",
		Columns: []string{"due", "lead_id", "member_id", "group_id", "turn", "trigger", "pace"},
		Empty:   "Nothing waits. Leads that are handed out later wait here until their time.",
		Filters: []filter{byMember, byGroup, choice("state", "State", "waiting", "offered"), {"due_before", "Due until", "until", nil}, byLead, byAssignment},
		Acts:    []string{"distribute-now", "move-pending", "delete-pending"},
	},
	{
		Name: "history", Title: "History",
		Columns: []string{"at", "outcome", "lead_id", "member_id", "group_id", "turn", "trigger", "why"},
		Filters: []filter{
			choice("outcome", "Outcome", "failed", "succeeded", "cancelled", "withdrawn", "undone"), choice("reason", "Reason", reasons()...),
			{"retried", "Tried again", "choice", []namedValue{{"false", "not yet"}, {"true", "already"}}},
			choice("trigger", "How", "immediate", "scheduled", "distribute_now", "overflow", "reassigned", "pulled"), byMember, byGroup, byFrom, byUntil, byLead,
			byAssignment, {"act_id", "Audit log entry", "id", nil},
		},
		Acts: []string{"retry"}, Unlisted: true, CSV: true, Empty: "Nothing was handed out yet.",
	},
	{
		Name: "assignments", Title: "Assignments", Empty: "No leads were assigned from here yet. Tick some under Leads.",
		Columns: []string{"created_at", "group_id", "member_ids", "pace", "count", "given", "pending", "failed", "cancelled"},
		Acts:    []string{"undo"},
		Related: []related{{"pending-leads", "assignment_id"}, {"history", "assignment_id"}},
	},
	{
		Name: "groups", Title: "Groups", Columns: []string{"name", "receivers", "method"}, Acts: []string{"delete-group"},
		Listed: url.Values{"next": {"1"}},
		New:    "New group", Empty: "No groups yet. A group hands out leads to its receivers in turn. Make one, and leads have somewhere to go.",
		Related: []related{{"pending-leads", "group_id"}, {"history", "group_id"}, {"assigned-leads", "group_id"}},
	},
	{
		Name: "members", Title: "Members", Columns: []string{"name", "receives", "told by", "email", "timezone"},
		Acts: []string{"deactivate", "activate", "test-notification", "remove-member"},
		New:  "New member", Empty: "No members yet. Members are the people who receive leads. Add yours first.",
		Related: []related{{"pending-leads", "member_id"}, {"assigned-leads", "member_id"}, {"notifications", "member_id"}, {"history", "member_id"}},
		CSV:     true,
	},
	{
		Name: "integrations", Title: "Integrations",
		New: "New integration", Empty: "No integrations yet. An integration is an address that takes leads from an ad platform or a form.",
		Columns: []string{"name", "kind", "enabled", "health.state", "health.held", "warning", "group_id", "source_id"},
		Acts:    []string{"try", "pause", "resume", "reconcile"},
		Parts: []collection{{
			Name: "events", Title: "Events", Columns: []string{"at", "outcome", "detail", "made", "not_made", "lead_ids"},
			Filters: []filter{choice("outcome", "Outcome", "lead", "duplicate", "test", "ignored", "unmapped", "held", "refused")},
			Acts:    []string{"replay"},
		}},
		Related: []related{{"leads", "integration_id"}},
	},
	{
		Name: "imports", Title: "Imports", New: "New import", Empty: "Nothing was imported yet. A file of leads, such as an export of an ad platform or a spreadsheet, comes in by New import.",
		Columns: []string{"created_at", "file_name", "status", "rows", "imported", "duplicates", "rejected", "group_id", "source_id", "pace"}, Rejects: true,
		Acts: []string{"cancel-import", "undo"},
	},
	{
		Name: "notifications", Title: "Messages",
		Empty:   "Nobody was told of a lead yet.",
		Columns: []string{"created_at", "state", "member_id", "channel", "fallback_from", "kind", "leads", "attempts", "error", "next_attempt_at", "sent_at"},
		Filters: []filter{choice("state", "State", "failed", "owed", "sent"), byMember},
		Acts:    []string{"resend"}, Unlisted: true,
	},
	{
		Name: "webhooks", Title: "Webhooks", New: "New webhook", Kept: true, Empty: "No webhooks yet. A webhook tells another program of leads.",
		Columns: []string{"url", "enabled", "disabled_reason", "failing_since", "events"},
		Acts:    []string{"enable", "disable", "test-webhook", "redeliver-failed", "delete-webhook"},
		Links:   []way{{"Edit", "webhooks/{id}/edit"}, {"New secret", "webhooks/{id}/secret"}},
		Parts: []collection{{
			Name: "deliveries", Title: "Deliveries",
			Columns: []string{"at", "state", "event", "lead_id", "attempts", "status", "error", "sent_at"},
			Filters: []filter{choice("state", "State", "failed", "owed", "sent")},
			Acts:    []string{"redeliver"},
		}},
	},
	{
		Name: "customers", Title: "Customers", Empty: "No customers yet. A lead becomes one by Convert, on its page or on that of a member’s copy.",
		Columns: []string{"created_at", "name", "phone", "email", "member_id", "source"},
		Filters: []filter{byText, byMember, bySource, byFrom, byUntil}, CSV: true,
		Links:   []way{{"Edit", "customers/{id}/edit"}, {"New opportunity", "opportunities/new?customer_id={id}"}},
		Related: []related{{"opportunities", "customer_id"}},
	},
	{
		Name: "sources", Title: "Sources", New: "New source", Empty: "No sources yet. A source says where leads and customers came from, such as a fair or a campaign.", Columns: []string{"name", "enabled", "for_leads", "for_customers"},
		Related: []related{{"leads", "source_id"}, {"customers", "source_id"}},
		Links:   []way{{"Edit", "sources/{id}/edit"}, {"Merge", "sources/{id}/merge"}}, Acts: []string{"delete-source"},
	},
	{
		Name: "opportunities", Title: "Opportunities", Empty: "No opportunities yet. One is made on the page of a lead, of a copy or of a customer, by New opportunity.",
		Columns: []string{"title", "created_at", "contact", "stage", "worth", "member_id", "source"},
		Filters: []filter{
			{"stage", "Stage", "text", nil}, byMember, bySource, byLead, {"assigned_lead_id", "Assigned lead ID", "id", nil}, {"customer_id", "Customer ID", "id", nil},
		},
		Links: []way{{"Edit", "opportunities/{id}/edit"}}, CSV: true,
	},
	{
		Name: "api-keys", Title: "API keys", Columns: []string{"key", "role", "member_id", "group_id", "source_id", "created_at", "last_used_at", "expires_at", "revoked_at"},
		Acts: []string{"rotate-key", "revoke-key"}, Unlisted: true, New: "New key", Empty: "No keys yet. Programs that bring leads in, and members’ own programs, need one each.",
	},
	{
		Name: "people", Title: "People", Columns: []string{"name", "email", "role", "member_id", "seen_at"}, Acts: []string{"remove-person"},
		New: "Invite", Empty: "Nobody signs in as a person yet. Invite yourself first, then those who manage and call.",
	},
	{
		Name: "sessions", Title: "Signed in", Columns: []string{"created_at", "current", "begun with", "opened by", "address", "seen_at", "expires_at"},
		Acts: []string{"end-session"}, Unlisted: true,
	},
	{
		Name: "dead-tasks", Title: "Given up on", Columns: []string{"failed_at", "kind", "error", "what to do"}, Unlisted: true,
		Empty: "The queue gave up on nothing.",
	},
	{
		Name: "audit-log", Title: "Audit log", Columns: []string{"at", "operation", "api_key_id", "count", "fields", "ids"},
		Filters: []filter{{"operation", "Operation", "text", nil}, {"id", "ID", "text", nil}, byFrom, byUntil}, Unlisted: true, CSV: true,
	},
}

func reasons() []string {
	var all []string
	for _, r := range lead.Reasons() {
		all = append(all, string(r))
	}
	// Those that happen every day come first.
	often := []string{string(lead.AlreadyAssigned), string(lead.SourceLeadDeleted), string(lead.MemberInactive)}
	slices.Sort(all)
	return append(often, slices.DeleteFunc(all, func(r string) bool { return slices.Contains(often, r) })...)
}

// A place is a collection, the parts of an item of one included, with the path of its list in the API. The console's own
// address is the same below /console.
type place struct {
	*collection
	path string
}

// API is where the API has the list, Href where the console has it.
func (p place) API() string  { return "/v1/" + p.path }
func (p place) Href() string { return home + p.path }

// item is the path of one of the place's items, below either.
func (p place) item(id string) string { return p.path + "/" + url.PathEscape(id) }

// placeOf finds the place that an address names: a collection, or with an id, a part of an item of it.
func placeOf(name, id, partName string) (place, error) {
	at := slices.IndexFunc(collections, func(c collection) bool { return c.Name == name })
	if at < 0 {
		return place{}, errNoPage
	}
	p := place{&collections[at], name}
	if partName == "" {
		return p, nil
	}
	below := slices.IndexFunc(p.Parts, func(c collection) bool { return c.Name == partName })
	if below < 0 || uuid.Validate(id) != nil {
		return place{}, errNoPage
	}
	return place{&p.Parts[below], p.item(id) + "/" + partName}, nil
}

// placeAndID are what the visit's address names: a list, or with an id one item of it.
func (v *visit) placeAndID() (p place, id string, err error) {
	name, id, partName := v.PathValue("collection"), v.PathValue("id"), v.PathValue("part")
	p, err = placeOf(name, id, partName)
	if partName != "" {
		id = v.PathValue("part_id")
	}
	if err == nil && id != "" && (p.Unlisted || uuid.Validate(id) != nil) {
		err = errNoPage
	}
	return p, id, err
}
