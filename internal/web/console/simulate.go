package console

import (
	"errors"
	"maps"
	"net/http"
	"strings"
	"time"

	"github.com/leadwheel/leadwheel/internal/client"
)

const (
	// triedDays is how many days of leads drafts are tried on, and mostTried how many leads at the most.
	triedDays = 30
	mostTried = 100_000
	// triedPatience is how long a page waits for what comes of it, and triedAgain how often it looks.
	triedPatience = 8 * time.Second
	triedAgain    = 200 * time.Millisecond
)

// A tried draft is what came of it on last month's leads.
type tried struct {
	// Words say what came of it, and Doubt from when on what is set now does not reproduce what happened, empty where it does.
	Words, Doubt string
	Bars         []triedBar
	// Running is the id of the simulation where it takes longer than a page waits, empty else.
	Running string
}

// A triedBar is what a member had and would have had. Wide are the parts of the widest bar, in percent.
type triedBar struct {
	Name               string
	Was, Would         int
	WasWide, WouldWide float64
}

// simulated is a simulation as the API has it.
type simulated struct {
	ID, State                     string
	Error                         *string
	Leads, Moved, Waiting, Failed int
	Members                       []struct {
		ID         string `json:"member_id"`
		Was, Would int
	} `json:"per_member"`
	Differs *struct {
		At      time.Time
		Why     string
		Member  *string    `json:"member_id"`
		Group   *string    `json:"group_id"`
		Changed *time.Time `json:"changed_at"`
	}
}

// try tries drafts on the leads of last month, or looks again at what comes of it where do says of which simulation.
func (v *visit) try(do string, drafts map[string]any) (*tried, error) {
	var s simulated
	if _, id, again := strings.Cut(do, ":"); again {
		s.ID = id
	} else if err := v.startSimulation(drafts, &s); err != nil {
		return nil, err
	}
	for end := time.Now().Add(triedPatience); ; {
		if err := v.get("/v1/simulations/"+s.ID, &s); err != nil {
			return nil, err
		}
		if s.State != "running" || time.Now().After(end) {
			return v.triedOf(s), nil
		}
		select {
		case <-v.Context().Done():
			return nil, v.Context().Err()
		case <-time.After(triedAgain):
		}
	}
}

// isTrial says that a form's button has what is drafted be tried.
func isTrial(do string) bool { return do == "try" || strings.HasPrefix(do, "try:") }

// tryGroup shows the form of a group with what it would have come to.
func (v *visit) tryGroup(g *groupForm, one object, do string) (*page, error) {
	body, _ := g.body()
	if g.misweighed() {
		g.sayMisweighed()
		return v.groupPage(g, one)
	}
	body["id"] = one.text("id")
	var err error
	if g.Tried, err = v.try(do, map[string]any{"groups": []any{body}}); err != nil {
		if err = ofDraft("groups", err); !g.refuses(err) {
			return nil, err
		}
	} else if err := v.previewGroup(g, one); unfit(err) {
		return nil, err
	}
	return v.groupPage(g, one)
}

// tryRules shows the rules with what they would have come to.
func (v *visit) tryRules(f *form, rows []ruleRow, do string) (*page, error) {
	came, err := v.try(do, map[string]any{"rules": ruleBodies(rows)})
	if err != nil && !f.refused(err, func(field string) string { return ruleField(field, rows) }) {
		return nil, err
	}
	p, err := v.rulesPage(f, rows, nil)
	if err != nil {
		return nil, err
	}
	view := p.Data.(rulesView)
	view.Tried = came
	p.Data = view
	return p, nil
}

// startSimulation has drafts be tried on last month's leads or, where these are too many, on the last ones.
func (v *visit) startSimulation(drafts map[string]any, s *simulated) error {
	body := maps.Clone(drafts)
	body["from"], body["to"] = v.now.UTC().AddDate(0, 0, -triedDays), v.now.UTC()
	err := v.api.Call(v.Context(), http.MethodPost, "/v1/simulations", body, s)
	refused := &client.Problem{}
	if errors.As(err, &refused) && len(refused.Errors) == 1 && refused.Errors[0].Location == "body.to" {
		delete(body, "from")
		delete(body, "to")
		body["last"] = mostTried
		err = v.api.Call(v.Context(), http.MethodPost, "/v1/simulations", body, s)
	}
	return err
}

// ofDraft is what the API refuses of the first draft of a kind, as if it had been refused of what is saved.
func ofDraft(kind string, err error) error {
	refused := &client.Problem{}
	if !errors.As(err, &refused) {
		return err
	}
	same := *refused
	same.Errors = nil
	for _, e := range refused.Errors {
		e.Location = strings.Replace(e.Location, "body."+kind+"[0].", "body.", 1)
		same.Errors = append(same.Errors, e)
	}
	return &same
}

// triedOf says what came of a simulation.
func (v *visit) triedOf(s simulated) *tried {
	switch {
	case s.State == "running":
		return &tried{Words: v.say("This takes longer. Look again in a moment."), Running: s.ID}
	case s.Error != nil:
		return &tried{Words: v.say("This could not be worked out: %s", v.heard(*s.Error))}
	case s.Leads == 0:
		return &tried{Words: v.say("No leads came in during the last 30 days, so that there is nothing to try it on.")}
	}
	t := &tried{Words: v.say("Of %s leads of the last 30 days %s would have gone elsewhere; %s would wait, and %s would have failed.",
		grouped(s.Leads), grouped(s.Moved), grouped(s.Waiting), grouped(s.Failed))}
	most := 0
	for _, m := range s.Members {
		most = max(most, m.Was, m.Would)
	}
	for _, m := range s.Members {
		name, _ := v.names.of("members", m.ID)
		t.Bars = append(t.Bars, triedBar{
			Name: name, Was: m.Was, Would: m.Would, WasWide: 100 * float64(m.Was) / float64(most), WouldWide: 100 * float64(m.Would) / float64(most),
		})
	}
	if d := s.Differs; d != nil {
		about := ""
		switch {
		case d.Member != nil:
			about, _ = v.names.of("members", *d.Member)
		case d.Group != nil:
			about, _ = v.names.of("groups", *d.Group)
		}
		t.Doubt = v.say("What is set now does not reproduce what happened from %s on: %s.", v.tongue.Date(d.At.In(v.zone), "2 Jan 2006, 15:04"), v.whyDiffers(d.Why, about))
	}
	return t
}

// whyDiffers says why leads differ that the settings as they are do not give to whom they went.
func (v *visit) whyDiffers(why, about string) string {
	switch why {
	case "undone":
		return v.say("something was undone in %s", about)
	case "moved":
		return v.say("a lead was given to another by hand")
	case "rules_changed":
		return v.say("the rules were changed since")
	case "group_changed":
		return v.say("the group %s was changed since", about)
	case "member_changed":
		return v.say("%s was changed since", about)
	case "copies_closed":
		return v.say("a cap counts open copies, and when they were closed is not known")
	}
	return v.say("the reason is not known")
}
