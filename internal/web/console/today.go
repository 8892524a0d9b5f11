package console

import (
	"net/url"
	"slices"
	"time"

	"github.com/leadwheel/leadwheel/internal/lead"
)

// A todayView is the first page: what needs a person, and what came in today and became of it.
type todayView struct {
	// Guide is how to begin, nil where leads are there.
	Guide    []step
	Troubles []trouble
	Numbers  []figure
	Chart    *chart
	// Refused are distributions that did not happen as they should not have.
	Refused []figure
	Got     []share
	// Others is how many got leads that are not listed.
	Others int
	Facts  []part
	Latest []*listView
}

// A step is one thing to do for whoever begins.
type step struct {
	Label, Href, Why string
	Done             bool
}

// A figure is a number, with where the things are that it counts.
type figure struct{ Label, Count, Href, Class string }

// A share is how many of all leads somebody got.
type share struct {
	Name, Href string
	Count      int
	// Width is the bar's, in hundredths of the greatest.
	Width float64
}

// activity is what the API tells of a stretch of time.
type activity struct {
	From, To                           time.Time
	Received, Given, Failed, Cancelled int
	Due, Pending                       int
	Hours                              []hour
	Reasons                            []failedFor
	Members                            []struct {
		MemberID string `json:"member_id"`
		Given    int
	}
}

// An hour is what happened within one.
type hour struct {
	At                                 time.Time
	Received, Given, Failed, Cancelled int
}

// failedFor is how many distributions failed for a reason, and how many of those were not tried again.
type failedFor struct {
	Reason         lead.Reason
	Count, Untried int
}

// refusals are the reasons for which a distribution does not happen as it should not.
var refusals = []lead.Reason{lead.AlreadyAssigned, lead.SourceLeadDeleted, lead.Duplicate, lead.TestLead}

// activity reads what has happened since a time.
func (v *visit) activity(from time.Time) (a activity, err error) {
	query := url.Values{"from": {from.UTC().Format(time.RFC3339)}, "to": {v.now.Add(time.Minute).UTC().Format(time.RFC3339)}}
	err = v.get("/v1/activity?"+query.Encode(), &a)
	return a, err
}

func today(v *visit) (*page, error) {
	var view todayView
	var err error
	if view.Troubles, err = v.troubles(); err != nil {
		return nil, err
	}
	if view.Guide, err = v.guide(); err != nil || view.Guide != nil {
		return &page{Title: v.say("Today"), Template: "today", Data: view}, err
	}
	local := v.now.In(v.zone)
	day, err := v.activity(time.Date(local.Year(), local.Month(), local.Day(), 0, 0, 0, 0, v.zone))
	if err != nil {
		return nil, err
	}
	view.count(v, day)
	if view.Facts, err = v.dueNext(); err != nil {
		return nil, err
	}
	for _, name := range []string{"leads", "history"} {
		p, err := placeOf(name, "", "")
		if err != nil {
			return nil, err
		}
		l, err := v.section(p, nil)
		if err != nil {
			return nil, err
		}
		l.Acts = nil // ticks would be lost when the page is read again
		view.Latest = append(view.Latest, l)
	}
	return &page{Title: v.say("Today"), Template: "today", Data: view}, nil
}

// count puts a day's numbers on the page.
func (t *todayView) count(v *visit, day activity) {
	date := day.From.In(v.zone).Format(time.DateOnly)
	ended := func(outcome, reason string) string {
		query := url.Values{"from": {date}, "outcome": {outcome}}
		if reason != "" {
			query.Set("reason", reason)
		}
		return home + "history?" + query.Encode()
	}
	failed := day.Failed
	for _, f := range day.Reasons {
		if slices.Contains(refusals, f.Reason) {
			failed -= f.Count
			t.Refused = append(t.Refused, figure{v.worded("reason", string(f.Reason)), grouped(f.Count), ended("failed", string(f.Reason)), "plain"})
		}
	}
	t.Numbers = []figure{
		{v.say("Came in"), grouped(day.Received), home + "leads?from=" + date, "plain"}, {v.say("Given"), grouped(day.Given), ended("succeeded", ""), "good"},
		{v.say("Waiting"), atMost(day.Due), home + "pending-leads", "warn"}, {v.say("Pending"), atMost(day.Pending), home + "pending-leads", "plain"},
		{v.say("Failed"), grouped(failed), ended("failed", ""), "bad"},
	}
	if day.Cancelled > 0 {
		t.Numbers = append(t.Numbers, figure{v.say("Deleted"), grouped(day.Cancelled), ended("cancelled", ""), "warn"})
	}
	t.Chart = v.chartOf(day.Hours)
	const listed = 20
	for i, m := range day.Members {
		if i == listed {
			t.Others = len(day.Members) - listed
			break
		}
		name, exists := v.names.of("members", m.MemberID)
		s := share{Name: name, Count: m.Given, Width: 100 * float64(m.Given) / float64(day.Members[0].Given)}
		if exists {
			s.Href = memberHref(m.MemberID)
		}
		t.Got = append(t.Got, s)
	}
}

// atMost is a number that the API counts up to 100,001.
func atMost(n int) string {
	if n > 100_000 {
		return "100,000+"
	}
	return grouped(n)
}

// dueNext says when the next pending lead goes out.
func (v *visit) dueNext() ([]part, error) {
	soonest, err := v.read("pending-leads", url.Values{"limit": {"1"}})
	next := shown{Text: v.say("nothing is pending")}
	if len(soonest.Items) > 0 {
		next = v.show("due_at", soonest.Items[0].text("due_at"))
	}
	return []part{{v.say("Next pending lead is due"), next}, {v.say("Time zone"), shown{Text: v.zone.String()}}}, err
}

// guide is how to begin, for a workspace that never had a lead.
func (v *visit) guide() ([]step, error) {
	leads, err := v.read("leads", url.Values{"limit": {"1"}})
	if err != nil || len(leads.Items) > 0 {
		return nil, err
	}
	return []step{
		{v.say("Add your people"), home + "members/new", v.say("Those who receive leads, each with an e-mail address or Telegram."), len(v.names.all("members")) > 0},
		{v.say("Make a group"), home + "groups/new", v.say("It hands out leads to its people in turn, in the shares that you choose."), len(v.names.all("groups")) > 0},
		{v.say("Key in a test lead"), home + "leads/new", v.say("And see who gets it, and why."), false},
	}, nil
}
