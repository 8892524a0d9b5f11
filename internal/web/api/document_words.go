package api

import (
	"strings"

	"github.com/danielgtaylor/huma/v2"
)

// A chapter is where the document has operations: those at paths that begin alike. Its items are what their ids are of.
type chapter struct{ tag, item string }

// chapters are by the first word of paths. Those with one tag stand together.
var chapters = map[string]chapter{
	"leads":            {"Leads", "source lead"},
	"imports":          {"Imports", "import"},
	"assignments":      {"Assignments", "assignment"},
	"pending-leads":    {"Pending leads", "pending lead"},
	"history":          {"History", "entry of history"},
	"assigned-leads":   {"Assigned leads", "assigned lead"},
	"offers":           {"Offers", "offer"},
	"my":               {"Offers", "offer"},
	"customers":        {"Customers", "customer"},
	"opportunities":    {"Opportunities", "opportunity"},
	"members":          {"Members", "member"},
	"groups":           {"Groups", "group"},
	"rules":            {"Rules", "rule"},
	"simulations":      {"Simulations", "simulation"},
	"sources":          {"Sources", "source"},
	"integrations":     {"Integrations", "integration"},
	"webhooks":         {"Webhooks", "webhook"},
	"notifications":    {"Messages", "message"},
	"message-template": {"Messages", "template"},
	"activity":         {"Reports", "report"},
	"fairness":         {"Reports", "report"},
	"workspace":        {"Workspace", "workspace"},
	"people":           {"People and keys", "person"},
	"api-keys":         {"People and keys", "API key"},
	"sign-in":          {"Sign-in", "sign-in"},
	"sessions":         {"Sign-in", "session"},
	"me":               {"Me", "passkey"},
	"privacy":          {"Privacy", "person"},
	"audit-log":        {"Audit log", "entry of the audit log"},
	"installation":     {"Installation", "installation"},
	"dead-tasks":       {"Installation", "task"},
}

// tags are the document's, in the order in which it has them.
var tags = []*huma.Tag{
	{Name: "Leads", Description: "Source leads: what people left of themselves, and came in by some way. Each is kept once, however often it is given out."},
	{Name: "Imports", Description: "Files of leads, row by row."},
	{Name: "Assignments", Description: "Distributions of many leads at once, tried, done, followed and undone."},
	{Name: "Pending leads", Description: "Decisions that have not taken effect yet: planned for a time, offered, or waiting for somebody."},
	{Name: "History", Description: "What became of each distribution, and why."},
	{Name: "Assigned leads", Description: "The copies that members got and work on."},
	{Name: "Offers", Description: "Leads that wait for the first member who accepts them."},
	{Name: "Customers", Description: "Leads that became customers."},
	{Name: "Opportunities", Description: "What may be sold to a lead or a customer, and for how much."},
	{Name: "Members", Description: "Who gets leads, when they can take some, and how they are told."},
	{Name: "Groups", Description: "Distribution groups: whose turn it is, who is available, and what happens where nobody is."},
	{Name: "Rules", Description: "Which group a lead goes to."},
	{Name: "Simulations", Description: "What past leads would have come to by other groups, rules or members."},
	{Name: "Sources", Description: "Where leads and customers are from, as people name it."},
	{Name: "Integrations", Description: "Addresses at which ad platforms and forms deliver leads, and what came there."},
	{Name: "Webhooks", Description: "Addresses that are told of leads, and what they were told."},
	{Name: "Messages", Description: "What members are told of their leads, by which channels, and in which words."},
	{Name: "Reports", Description: "What happened over a time, and whether everybody had their share."},
	{Name: "Workspace", Description: "What holds for all of the workspace."},
	{Name: "People and keys", Description: "Who may sign in, and which programs may call."},
	{Name: "Sign-in", Description: "How people sign in, and where they are signed in."},
	{Name: "Me", Description: "What a caller sees and chooses of their own."},
	{Name: "Privacy", Description: "All that is kept about a person, to be handed out or erased."},
	{Name: "Audit log", Description: "Who changed what, and when."},
	{Name: "Installation", Description: "The state of the servers."},
}

// chapterOf panics for a path that has none, so that no operation is served without one.
func chapterOf(path string) chapter {
	first, _, _ := strings.Cut(strings.TrimPrefix(path, "/v1/"), "/")
	found, has := chapters[first]
	if !has {
		panic("api: paths that begin as " + path + " does have no row in the table of chapters")
	}
	return found
}

// pathParamText says what an id in a path is of: {id} of the chapter's items, {event_id} of an event.
func pathParamText(path, name string) string {
	item := chapterOf(path).item
	if of, cut := strings.CutSuffix(name, "_id"); cut {
		item = strings.ReplaceAll(of, "_", " ")
	}
	return "The " + item + "'s id."
}

// servers are where the API is to be had. There is none that everybody shares.
func servers() []*huma.Server {
	return []*huma.Server{
		{URL: "/", Description: "The server that this document came from."},
		{URL: "{address}", Description: "Another one.", Variables: map[string]*huma.ServerVariable{
			"address": {Default: "http://127.0.0.1:8080", Description: "Scheme, host and port; the default is what `leadwheel up` listens on."},
		}},
	}
}

// info says what the document describes.
func info() *huma.Info {
	return &huma.Info{
		Title:   "Leadwheel",
		Version: "1",
		Description: "Hands out sales leads: source leads in, assigned leads out. Every request needs an API key, " +
			"`Authorization: Bearer lw_…`, but for those with which people sign in.\n\n" +
			"Answers may have more members than are described here, and later versions of them do: take no notice of those that you do not know. " +
			"Requests may not.\n\n" +
			"Each answer has the request's id in the header `X-Request-Id`: the one that it brought there (8 to 128 letters, digits, `.`, `_` and `-`, " +
			"and nothing that could be somebody's number), else the trace id of its `traceparent`, else a new one. Problems have it as `request_id`.",
		Contact: &huma.Contact{Name: "Leadwheel", URL: "https://github.com/leadwheel/leadwheel"},
		License: &huma.License{Name: "Apache License 2.0", Identifier: "Apache-2.0"},
	}
}
