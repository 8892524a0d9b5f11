package console

import "slices"

// A settingsView is how the workspace is set up, and the way to what the menu does not name.
type settingsView struct {
	Facts []part
	Lists []settingsLink
}

type settingsLink struct{ Label, Href, Words string }

// settingsLinks are the collections that the settings lead to, with what is found there.
var settingsLinks = []struct{ name, words string }{
	{"assignments", "Every time that leads were handed out together, and how far each has come."},
	{"assigned-leads", "The members’ own copies of leads, with their status and notes."},
	{"opportunities", "What may become of leads and customers, with stage and amount."},
	{"notifications", "What members were told of their leads, and what could not be sent."},
	{"webhooks", "Other programs that are told of leads."},
	{"api-keys", "The keys by which programs and members reach the workspace."},
	{"sessions", "Who is signed in to the console, and from where."},
	{"audit-log", "Who changed what, and when."},
}

func showSettings(v *visit) (*page, error) {
	var workspace object
	if err := v.get("/v1/workspace", &workspace); err != nil {
		return nil, err
	}
	view := settingsView{Facts: []part{
		{"Name", shown{Text: workspace.text("name")}},
		{"Time zone", shown{Text: workspace.text("timezone")}},
		{"Region of phone numbers", shown{Text: workspace.text("region")}},
		{"Leads go out", shown{Text: "from " + workspace.text("distribution_hours.from") + " to " + workspace.text("distribution_hours.to")}},
		{"Statuses", v.show("statuses", workspace.get("statuses"))},
		{"Distribution", truth("enabled", workspace.is("features.leads_distribution"))},
		{"Distribution by a plan", truth("enabled", workspace.is("features.scheduled_distribution"))},
	}}
	for _, l := range settingsLinks {
		i := slices.IndexFunc(collections, func(c collection) bool { return c.Name == l.name })
		view.Lists = append(view.Lists, settingsLink{collections[i].Title, home + l.name, l.words})
	}
	return &page{Title: "Settings", Template: "settings", Data: view}, nil
}
