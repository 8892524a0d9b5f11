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

// These are what the API refuses things with that people meet on screen most; whatever else it says is shown in English.
var _ = []language.Text{
	"a name needs at least one character that can be seen", "this is not an e-mail address; links to sign in go there",
	"this is no address that can be written to; write it as aina@example.com, without a name or anything else",
	"this is not a time zone; use an IANA name such as Asia/Kuala_Lumpur", "this is no time of day; write HH:MM, from 00:00 to 23:59",
	"quiet hours need two different times of day; null is none", "an agent sees what is one member's; say whose",
	"there is no such member in this workspace", "this is you; let another admin remove you", "this is your own role; let another admin change it",
	"this is not one of the workspace's statuses",
	"you are off duty; go on duty to take leads",
	"this is not your present password",
	"this is past; give a time in the future, or none",
	"this lead is a customer already",
	"this is not a currency; use a code of ISO 4217 such as MYR",
	"this is no number, and there is no name or e-mail; give one of them",
	"this is no address of e-mail, and there is no name or phone; give one of them",
	"this stands for nothing, and there is no e-mail or phone; give one of them",
	"this installation sends no mail; ask an administrator for a link that signs you in",
	"there is no such group in this workspace",
	"there is no such source in this workspace",
}
