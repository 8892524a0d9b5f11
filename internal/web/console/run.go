package console

import (
	"net/url"
	"strconv"

	"github.com/leadwheel/leadwheel/internal/language"
)

// A runView is how far leads have come that were assigned together.
type runView struct {
	Sentence []shown
	Counts   []runCount
	// Live says that more is to come soon.
	Live     bool
	Here     string
	Acts     []*act
	Form     formView
	ID       string
	Below    []section
	Sections []*listView
}

// A runCount is how many of them have come to one end; its bar begins at From and is Width wide, in hundredths of all.
type runCount struct {
	Label, Class string
	Count        int
	From, Width  float64
	Href         string
}

// showRun shows what became of leads that were assigned together.
func showRun(v *visit) (*page, error) {
	one, err := v.item("assignments")
	if err != nil {
		return nil, err
	}
	p, err := placeOf("assignments", "", "")
	if err != nil {
		return nil, err
	}
	id := one.text("id")
	view := runView{Sentence: v.runWords(one), Here: v.URL.Path, Acts: v.offered(p.fitting(one)), Form: v.form(p.path), ID: id}
	total := number(one, "count")
	from := 0.0
	for _, c := range []struct {
		field                string
		label                language.Text
		class, list, outcome string
	}{
		{"given", "Given", "good", "history", "succeeded"}, {"pending", "Pending", "plain", "pending-leads", ""},
		{"failed", "Failed", "bad", "history", "failed"}, {"cancelled", "Deleted", "warn", "history", "cancelled"}, {"withdrawn", "Taken back", "warn", "history", ""},
		{"undone", "Undone", "warn", "history", "undone"},
	} {
		n := number(one, c.field)
		if (c.field == "withdrawn" || c.field == "undone") && n == 0 {
			continue
		}
		query := url.Values{"assignment_id": {id}}
		if c.outcome != "" {
			query.Set("outcome", c.outcome)
		}
		share := runCount{Label: v.say(c.label), Class: c.class, Count: n, From: from, Href: home + c.list + "?" + query.Encode()}
		if total > 0 {
			share.Width = 100 * float64(n) / float64(total)
		}
		from += share.Width
		view.Counts = append(view.Counts, share)
	}
	view.Live = number(one, "pending") > 0
	if view.Below, err = v.withUndone(nil, p, id, one); err != nil {
		return nil, err
	}
	if view.Sections, err = v.sections(p, id); err != nil {
		return nil, err
	}
	return &page{Title: v.say("Assigned %s", v.leads(total)), Template: "run", Data: view, Up: &link{v.say("Assignments"), home + "assignments"}}, nil
}

// runWords say to whom leads were assigned, when, and how fast they go out.
func (v *visit) runWords(one object) []shown {
	var to []shown
	if group := one.text("group_id"); group != "" {
		to = append(to, v.show("group_id", group))
	}
	members, _ := one.get("member_ids").([]any)
	for i, m := range members {
		if i > 0 {
			to = append(to, shown{Text: ", "})
		}
		to = append(to, v.show("member_id", m))
	}
	var w words
	w.say(v, "To %s, assigned %s.", to, v.show("created_at", one.get("created_at")))
	w.next()
	switch {
	case one.text("pace") != "":
		w.say(v, "They go out later, %s for each member.", v.worded("pace", one.text("pace")))
	case one.text("at") != "":
		w.say(v, "They go out %s.", v.show("at", one.get("at")))
	default:
		w.say(v, "They go out at once.")
	}
	return w
}

// number is a whole number of an object's, 0 where there is none.
func number(one object, field string) int {
	n, err := strconv.Atoi(one.text(field))
	if err != nil {
		return 0
	}
	return n
}
