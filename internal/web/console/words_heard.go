package console

import "github.com/leadwheel/leadwheel/internal/language"

// These are the words that are made of the names of fields and of values, as worded and label make them: so far as people meet them.
var _ = []language.Text{
	"Accepted", "Act ID", "Address", "Addresses", "Already assigned", "Amount", "Answer by", "Answered", "Assigned", "Assigned lead", "Assignment",
	"Attempts", "Attribution", "Because", "Becomes", "Body", "By", "Cancelled", "Cancelled by name", "Channel", "Columns", "Consent", "Contact",
	"Content type", "Count", "Create sources", "Created", "Currency", "Current", "Customer", "Deleted", "Detail", "Disabled reason", "Duplicate of",
	"Duplicates", "Email", "Enabled", "Erased", "Error", "Event", "Events", "Expires", "External ID", "Failed", "Failing since", "Fields", "Finished",
	"For customers", "For leads", "Form IDs", "Given", "Group", "Heading", "Held", "Ids", "Imported", "Integration", "Kept", "Kept count", "Kind",
	"Last used", "Lead", "Leads", "Leads deleted", "Leads kept", "Made", "Mapping", "Member", "Message", "Method", "Moved from", "Name", "Not made", "Notes",
	"Offered", "Offered to", "Operation", "Outcome", "Overflowed", "Pace", "Pending", "Person", "Phone", "Query", "Queue", "Reason", "Reasons", "Receivers",
	"Receives", "Rejected", "Replanned from", "Retried", "Retry of", "Revoked", "Ring version", "Role", "Route", "Rows", "Rule", "Rules broken",
	"Rules version", "Seed", "Seen", "Sent", "Session", "Shared", "Skipped", "Source", "Source lead", "Stage", "State", "Status", "Test", "Title", "Told by",
	"Trigger", "Turn", "URL", "Undo until", "Undone", "Updated", "Waiting since", "Warned", "Warning", "Warnings", "What to do", "Why", "Withdrawn", "Working hours", "Worth",

	"active", "admin", "agent", "cancelled", "changed", "completed", "content", "converted", "field", "failed", "generic", "given", "held elsewhere", "import", "manager", "mapping", "member",
	"offered", "ok", "open", "permission", "refused", "retried", "running", "sent", "succeeded", "test", "throttled", "undeliverable", "undone",
	"unsubscribed", "waiting", "withdrawn", "name", "email", "phone", "external id", "source", "campaign name", "form id", "answered", "done", "touched",
}
