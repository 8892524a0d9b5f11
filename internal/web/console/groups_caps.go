package console

import (
	"net/http"
	"net/url"
	"slices"
	"strconv"

	"github.com/leadwheel/leadwheel/internal/lead"
)

// editGroupCaps asks how many of a group's leads each of its receivers gets at the most.
func editGroupCaps(v *visit) (*page, error) {
	one, f, err := v.openItem("groups", "caps", groupCapValues)
	if err != nil {
		return nil, err
	}
	return v.groupCapsForm(one, f)
}

func saveGroupCaps(v *visit) (*page, error) {
	one, here, f, err := v.sentItem("groups")
	if err != nil {
		return nil, err
	}
	body := groupCapsBody(one, f)
	return v.save(f, edit{http.MethodPut, "/v1/groups/" + one.text("id"), body, "group", groupCapValues, func(string) string { return "" }}, here, func() (*page, error) {
		return v.groupCapsForm(one, f)
	})
}

// cappedOf are the receivers of a group, each once, with the strictest of their caps in it.
func cappedOf(one object) (ids []string, caps map[string]lead.Caps) {
	caps = make(map[string]lead.Caps)
	for _, l := range receiversOf(one) {
		for _, m := range l.Members {
			id := m.MemberID.String()
			if !slices.Contains(ids, id) {
				ids = append(ids, id)
			}
			if m.Caps != nil {
				caps[id] = caps[id].Stricter(*m.Caps)
			}
		}
	}
	return ids, caps
}

func (v *visit) groupCapsForm(one object, f *form) (*page, error) {
	ids, _ := cappedOf(one)
	for _, id := range ids {
		name, _ := v.names.of("members", id)
		for _, c := range capNames {
			f.add(input{Kind: "text", Name: id + "." + c.Name, Label: name + ": " + uncapital(v.say(c.Label))})
		}
	}
	f.Fields[len(f.Fields)-1].Hint = v.say("Empty limits are none. They count what this group gives; a member's own hold over all groups.")
	return formPage(v.say("Limits in %s", v.called(one)), f, &link{v.called(one), home + "groups/" + one.text("id")}), nil
}

func groupCapValues(one object) url.Values {
	values := url.Values{}
	ids, caps := cappedOf(one)
	for _, id := range ids {
		c := caps[id]
		for name, most := range byName(&c) {
			values.Set(id+"."+name, "")
			if *most != nil {
				values.Set(id+"."+name, strconv.Itoa(**most))
			}
		}
	}
	return values
}

// groupCapsBody is the group with the caps that the form says, the same wherever a member is listed.
func groupCapsBody(one object, f *form) map[string]any {
	slots, _ := draftFrom(one).listed()
	for _, slot := range slots {
		members, _ := slot["members"].([]map[string]any)
		for _, m := range members {
			id, _ := m["member_id"].(string)
			caps := map[string]any{}
			for _, c := range capNames {
				text := f.value(id + "." + c.Name)
				if text == "" {
					continue
				}
				n, err := strconv.Atoi(text)
				if err != nil || n < 1 {
					f.errors[id+"."+c.Name] = f.say("This is no whole number above 0.")
				}
				caps[c.Name] = n
			}
			if m["caps"] = caps; len(caps) == 0 {
				delete(m, "caps")
			}
		}
	}
	return map[string]any{"name": one.text("name"), "method": one.text("method"), "slots": slots}
}
