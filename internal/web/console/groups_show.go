package console

import (
	"fmt"
	"net/http"
	"net/url"

	"github.com/leadwheel/leadwheel/internal/lead"
)

var toGroups = way{"Groups", home + "groups"}

// A groupView is a group with who is next and who got what.
type groupView struct {
	// Kept is what other systems call it, and keep with it.
	Kept      []part
	Form      formView
	Acts      []*act
	ID, Edit  string
	Method    string
	Wheel     *wheel
	Next      []nextTurn
	Receivers []receiverView
	// Policy says what becomes of leads that somebody cannot take, Waiting how many wait; empty for none.
	Policy, Waiting string
	Fairness        *fairness
	// Mix are its lanes, nil where it balances by nothing.
	Mix      *mixView
	Sections []*listView
}

// A receiverView is one place of a group's list.
type receiverView struct {
	Members []receiverMember
	Weight  int
	Next    bool
}

type receiverMember struct {
	Name, Href, Why string
	Silent          bool
}

func showGroup(v *visit) (*page, error) {
	one, err := v.item("groups")
	if err != nil {
		return nil, err
	}
	id := one.text("id")
	var coming struct {
		Next []turn `json:"next"`
	}
	if err := v.get("/v1/groups/"+id+"?next=20", &coming); err != nil {
		return nil, err
	}
	p, err := placeOf("groups", "", "")
	if err != nil {
		return nil, err
	}
	if err := v.readObstacles(id); err != nil {
		return nil, err
	}
	listed := receiversOf(one)
	view := groupView{
		Form: v.form("groups"), Acts: p.fitting(one), ID: id, Edit: home + "groups/" + id + "/edit", Method: v.worded("method", one.text("method")),
		Wheel: v.wheelOf(lead.Spread(listed), coming.Next), Next: v.nextTurns(coming.Next, len(lead.Spread(listed))), Receivers: v.receiverViews(listed, coming.Next),
	}
	view.Policy, view.Kept = v.policyInWords(one), v.keptElsewhere(one)
	if view.Waiting, err = v.waitingFor(id); err != nil {
		return nil, err
	}
	if view.Fairness, err = v.fairnessOf(id); err != nil {
		return nil, err
	}
	if view.Mix, err = v.mixOfGroup(one); err != nil {
		return nil, err
	}
	if view.Sections, err = v.sections(p, id); err != nil {
		return nil, err
	}
	return &page{Title: v.called(one), Template: "group", Data: view, Up: v.way(toGroups)}, nil
}

// receiverViews are a group's receivers as listed, the next one marked.
func (v *visit) receiverViews(listed []lead.Listed, next []turn) []receiverView {
	all := make([]receiverView, len(listed))
	marked := false
	for i, l := range listed {
		all[i].Weight = l.Weight
		for _, m := range l.Members {
			id := m.MemberID.String()
			name, exists := v.names.of("members", id)
			one := receiverMember{Name: name, Why: v.whyNot(id), Silent: !m.Notify}
			if exists {
				one.Href = memberHref(id)
			}
			all[i].Members = append(all[i].Members, one)
			if !marked && len(next) > 0 && len(next[0].MemberIDs) > 0 && next[0].MemberIDs[0] == id {
				all[i].Next, marked = true, true
			}
		}
	}
	return all
}

// A fairness is what each receiver was due of a group's last turns, and what they got.
type fairness struct {
	Words string
	Bars  []fairBar
}

// A fairBar is one receiver's; Got and Due are also given in hundredths of the longest.
type fairBar struct {
	Name           string
	Got            int
	Due            string
	GotWide, DueAt float64
	Why            string
}

func (v *visit) fairnessOf(group string) (*fairness, error) {
	var shares struct {
		Counted int
		Members []struct {
			MemberID string `json:"member_id"`
			Slots    int
			Leads    int
		}
	}
	if err := v.get("/v1/groups/"+url.PathEscape(group)+"/shares", &shares); err != nil {
		return nil, err
	}
	f := &fairness{Words: v.say("No turn was handed out yet since the receivers were last changed.")}
	if shares.Counted == 0 {
		return f, nil
	}
	f.Words = v.say("The last %s since the receivers were last changed; four rounds of the wheel are counted at the most.", v.many(shares.Counted, "%d turn", "%d turns"))
	size, most := 0, 0.0
	for _, m := range shares.Members {
		size += m.Slots
	}
	due := func(slots int) float64 { return float64(shares.Counted*slots) / float64(max(size, 1)) }
	for _, m := range shares.Members {
		most = max(most, float64(m.Leads), due(m.Slots))
	}
	for _, m := range shares.Members {
		name, _ := v.names.of("members", m.MemberID)
		f.Bars = append(f.Bars, fairBar{
			Name: name, Got: m.Leads, Due: tenths(due(m.Slots)), GotWide: 100 * float64(m.Leads) / most, DueAt: 100 * due(m.Slots) / most, Why: v.whyNot(m.MemberID),
		})
	}
	return f, nil
}

// receiversInOrder shows a group's receivers in its list, the next one marked.
func (v *visit) receiversInOrder(group object) shown {
	var all shown
	for _, r := range v.receiverViews(receiversOf(group), turnsOf(group)) {
		for _, m := range r.Members {
			one := shown{Text: m.Name, After: m.Why} // without links, of which there would be hundreds
			if r.Weight > 1 {
				one.Text += " ×" + grouped(r.Weight)
			}
			if r.Next {
				one.After, one.Next = v.say("next"), true
			}
			all.Items = append(all.Items, one)
		}
		if len(all.Items) >= maxListed {
			all.Items = append(all.Items, shown{Text: v.say("and more")})
			break
		}
	}
	return all
}

// turnsOf are the turns to come that the API told with a group.
func turnsOf(group object) (all []turn) {
	next, _ := group.get("next").([]any)
	for _, n := range next {
		one, _ := n.(object)
		number, _ := turnOf(one)
		t := turn{Turn: number}
		members, _ := one.get("member_ids").([]any)
		for _, m := range members {
			t.MemberIDs = append(t.MemberIDs, fmt.Sprint(m))
		}
		all = append(all, t)
	}
	return all
}

// maxListed is how many receivers of a group its list shows.
const maxListed = 8

func (s *site) serveGroups(pages *http.ServeMux) {
	pages.HandleFunc("GET /console/rules", s.page(showRules))
	pages.HandleFunc("POST /console/rules", s.page(changeOrSaveRules))
	pages.HandleFunc("GET /console/groups/new", s.page(newGroup))
	pages.HandleFunc("POST /console/groups/new", s.page(addGroup))
	pages.HandleFunc("GET /console/groups/{id}", s.page(showGroup))
	pages.HandleFunc("GET /console/groups/{id}/edit", s.page(editGroup))
	pages.HandleFunc("POST /console/groups/{id}/edit", s.page(saveGroup))
	pages.HandleFunc("GET /console/groups/{id}/caps", s.page(editGroupCaps))
	pages.HandleFunc("POST /console/groups/{id}/caps", s.page(saveGroupCaps))
	pages.HandleFunc("GET /console/groups/{id}/fairness", s.page(showFairness))
	pages.HandleFunc("GET /console/groups/{id}/policy", s.page(editPolicy))
	pages.HandleFunc("POST /console/groups/{id}/policy", s.page(savePolicy))
}
