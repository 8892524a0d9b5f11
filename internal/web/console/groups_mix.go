package console

import (
	"net/url"
	"strings"

	"github.com/leadwheel/leadwheel/internal/lead"
)

// mixField is the choice of a field, whose name is asked beside it.
const mixField = "field"

// A mixDraft is by what a group keeps its mix even, as a form has it: Field is the name of the field, with mixField.
type mixDraft struct{ Mix, Field string }

func mixOf(sent url.Values) mixDraft {
	return mixDraft{sent.Get("mix"), strings.TrimSpace(sent.Get("mix_field"))}
}

func mixFrom(balanceBy string) mixDraft {
	if name := lead.BalanceBy(balanceBy).Field(); name != "" {
		return mixDraft{mixField, name}
	}
	return mixDraft{Mix: balanceBy}
}

// balanceBy is what the API is sent.
func (m mixDraft) balanceBy() any {
	switch m.Mix {
	case "":
		return nil
	case mixField:
		return "field:" + m.Field
	}
	return m.Mix
}

// field is where in the form what the API refuses was filled in.
func (m mixDraft) field() string {
	if m.Mix == mixField {
		return "mix_field"
	}
	return "mix"
}

// mixFields ask by what a group keeps its mix even.
func (g *groupForm) mixFields(v *visit) []input {
	return []input{
		g.made(input{Kind: "select", Name: "mix", Label: v.say("Even mix"), Value: g.Mix, Hint: v.say("Each receiver then gets as many leads of each kind, and nobody all the cold ones."), Options: []option{
			{Label: v.say("Of nothing: all leads take the same turns")}, {Value: string(lead.BalanceSource), Label: v.say("Of sources: each has turns of its own")},
			{Value: string(lead.BalanceCampaign), Label: v.say("Of campaigns: each has turns of its own")}, {Value: string(lead.BalanceForm), Label: v.say("Of forms: each has turns of its own")},
			{Value: string(lead.BalanceRule), Label: v.say("Of rules: each has turns of its own")}, {Value: mixField, Label: v.say("Of a field: each of its values has turns of its own")},
		}}),
		g.made(input{Kind: "text", Name: "mix_field", Label: v.say("Field"), Value: g.Field, Hint: v.say("Its name, where the mix is even of a field.")}),
	}
}

// mixInWords says by what a group keeps its mix even, empty for nothing.
func (v *visit) mixInWords(one object) string {
	switch by := lead.BalanceBy(one.text("balance_by")); by {
	case lead.BalanceNothing:
		return ""
	case lead.BalanceSource:
		return v.say("Each source has turns of its own, so that all receivers get as many of each.")
	case lead.BalanceCampaign:
		return v.say("Each campaign has turns of its own, so that all receivers get as many of each.")
	case lead.BalanceForm:
		return v.say("Each form has turns of its own, so that all receivers get as many of each.")
	case lead.BalanceRule:
		return v.say("Each rule has turns of its own, so that all receivers get as many of each.")
	default:
		return v.say("Each value of the field %s has turns of its own, so that all receivers get as many of each.", by.Field())
	}
}

// A laneView is a lane of a group with who is next and what its receivers got of late.
type laneView struct {
	Name, Next string
	Turns      string
	// Got are what the receivers got, in their order.
	Got []string
}

// laneCalled is what people call a lane.
func (v *visit) laneCalled(lane object) string {
	switch name := lane.text("name"); {
	case name != "":
		return name
	case lane.get("value") == nil:
		return v.say("everything else")
	case lane.text("value") == "":
		return v.say("none")
	}
	return lane.text("value")
}

// A mixView are the lanes of a group that were opened last, and who its receivers are.
type mixView struct {
	Words     string
	Receivers []string
	Lanes     []laneView
	More      bool
}

// shownLanes is how many lanes a group's page shows, and shownInLane of how many receivers what they got.
const (
	shownLanes  = "20"
	shownInLane = 12
)

// mixOfGroup reads the lanes of a group, nil where it balances by nothing.
func (v *visit) mixOfGroup(one object) (*mixView, error) {
	words := v.mixInWords(one)
	if words == "" {
		return nil, nil
	}
	var list struct {
		Items      []object
		NextCursor string `json:"next_cursor"`
	}
	if err := v.get("/v1/groups/"+url.PathEscape(one.text("id"))+"/lanes?next=1&limit="+shownLanes, &list); err != nil {
		return nil, err
	}
	m := &mixView{Words: words, More: list.NextCursor != ""}
	for i, lane := range list.Items {
		l := laneView{Name: v.laneCalled(lane), Turns: lane.text("turns")}
		members, _ := lane.get("members").([]any)
		for _, member := range members[:min(len(members), shownInLane)] {
			share, _ := member.(object)
			if i == 0 {
				name, _ := v.names.of("members", share.text("member_id"))
				m.Receivers = append(m.Receivers, name)
			}
			l.Got = append(l.Got, share.text("leads"))
		}
		for _, t := range v.nextTurns(turnsOf(lane), 1) {
			l.Next = t.Who
		}
		m.Lanes = append(m.Lanes, l)
	}
	return m, nil
}

// numberInLane is the number that a turn of a ring of a size has in its lane.
func numberInLane(turn int64, size int) int64 {
	return turn - lead.LaneFrom(lead.LaneOf(turn, max(size, 1)), max(size, 1))
}

// turnShown is a turn in a list: by its number in its lane, with the lane, where the group had lanes.
func (v *visit) turnShown(o object) shown {
	if lane, is := o.get("lane").(object); is {
		return shown{Text: lane.text("turn"), After: v.laneCalled(lane)}
	}
	return v.show("turn", o.get("turn"))
}
