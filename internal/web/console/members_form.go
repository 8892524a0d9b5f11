package console

import (
	"net/http"
	"net/url"
	"strings"

	"github.com/google/uuid"
)

var toMembers = way{"Members", home + "members"}

// newMember asks for a member to be added.
func newMember(v *visit) (*page, error) {
	return v.memberForm(v.say("New member"), v.newForm(home+"members/new", home+"members", url.Values{}))
}

func addMember(v *visit) (*page, error) {
	f, err := v.sentForm(home + "members")
	if err != nil {
		return nil, err
	}
	f.does(v)
	var made struct{ ID string }
	err = v.api.Call(v.Context(), http.MethodPost, "/v1/members", without(memberBody(f)), &made)
	if err != nil && f.refused(err, memberField) {
		return v.memberForm(v.say("New member"), f)
	}
	if err != nil {
		return nil, err
	}
	return v.done(home+"members/"+url.PathEscape(made.ID), "added")
}

// editMember asks what to change of a member.
func editMember(v *visit) (*page, error) {
	one, f, err := v.openItem("members", "edit", memberValues)
	if err != nil {
		return nil, err
	}
	return v.memberForm(v.say("Edit %s", v.called(one)), f)
}

// memberValues are what a member's form holds.
func memberValues(one object) url.Values {
	return url.Values{
		"name": {one.text("name")}, "email": {one.text("email")}, "telegram_chat_id": {one.text("telegram_chat_id")},
		"timezone": {one.text("timezone")}, "language": {one.text("language")}, "notify_by": {toldBy(one)}, "from": {one.text("quiet_hours.from")}, "to": {one.text("quiet_hours.to")},
	}
}

func saveMember(v *visit) (*page, error) {
	one, here, f, err := v.sentItem("members")
	if err != nil {
		return nil, err
	}
	path := "/v1/members/" + one.text("id")
	return v.save(f, edit{http.MethodPatch, path, memberBody(f), "member", memberValues, memberField}, here, func() (*page, error) {
		return v.memberForm(v.say("Edit %s", v.called(one)), f)
	})
}

// item reads the thing that an address names in a collection.
func (v *visit) item(collection string) (object, error) {
	if uuid.Validate(v.PathValue("id")) != nil {
		return nil, errNoPage
	}
	var one object
	return one, v.get("/v1/"+collection+"/"+v.PathValue("id"), &one)
}

// memberForm shows the fields of a member.
func (v *visit) memberForm(title string, f *form) (*page, error) {
	f.text("text", "name", "Name", "")
	f.text("email", "email", "Email", "Where they are told of their leads, unless it is by Telegram.")
	f.text("text", "telegram_chat_id", "Telegram chat", "A number. Leave it empty: the member’s page makes a link by which they connect their Telegram themselves.")
	f.add(input{
		Kind: "text", Name: "timezone", Label: v.say("Time zone"), Hint: v.say("Leads go out by this clock. Empty: the workspace’s, %s.", v.zone.String()), Suggested: zones,
	})
	f.add(input{Kind: "select", Name: "notify_by", Label: v.say("Told of new leads"), Wide: true, Options: []option{
		{Label: v.say("by Telegram where connected, else by e-mail")}, {Value: "email", Label: v.say("by e-mail")}, {Value: "telegram", Label: v.say("by Telegram")},
		{Value: "email,telegram", Label: v.say("by both")}, {Value: "none", Label: v.say("not at all")},
	}})
	f.languageField(v.workspaceRead)
	f.text("time", "from", "Quiet from", "No messages from this time …")
	f.text("time", "to", "Quiet until", "… until this one, by their own clock. Leave both empty for messages at any time.")
	return formPage(title, f, v.way(toMembers)), nil
}

// zones are suggested; every other IANA time zone can be written.
var zones = []string{
	"Asia/Kuala_Lumpur", "Asia/Singapore", "Asia/Jakarta", "Asia/Bangkok", "Asia/Manila", "Asia/Ho_Chi_Minh", "Asia/Hong_Kong", "Asia/Taipei", "Asia/Tokyo",
	"Asia/Kolkata", "Asia/Dubai", "Australia/Sydney", "Australia/Perth", "Europe/London", "Europe/Berlin", "America/New_York", "America/Los_Angeles", "America/Sao_Paulo", "UTC",
}

// memberBody is what a form says of a member; null is what it leaves empty.
func memberBody(f *form) map[string]any {
	body := map[string]any{"name": f.value("name"), "notify_by": nil, "quiet_hours": nil}
	for _, name := range []string{"email", "telegram_chat_id", "timezone", "language"} {
		if body[name] = nil; f.value(name) != "" {
			body[name] = f.value(name)
		}
	}
	switch by := f.value("notify_by"); by {
	case "":
	case "none":
		body["notify_by"] = []string{}
	default:
		body["notify_by"] = strings.Split(by, ",")
	}
	if f.value("from") != "" || f.value("to") != "" {
		body["quiet_hours"] = map[string]string{"from": f.value("from"), "to": f.value("to")}
	}
	return body
}

// without leaves out what is null, which a new thing cannot have.
func without(body map[string]any) map[string]any {
	for name, value := range body {
		if value == nil {
			delete(body, name)
		}
	}
	return body
}

// memberField is the form's field for one of the API's.
func memberField(field string) string {
	field = strings.TrimPrefix(field, "quiet_hours.")
	switch {
	case strings.HasPrefix(field, "notify_by"):
		return "notify_by"
	case field == "quiet_hours":
		return "from"
	}
	return field
}
