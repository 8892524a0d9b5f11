package console

import (
	"net/url"
	"slices"
	"strings"
)

// pendingDays shows what is pending as days by people.
func pendingDays(v *visit) (*page, error) {
	p, err := placeOf("pending-leads", "", "")
	if err != nil {
		return nil, err
	}
	asked := v.URL.Query()
	chosen := v.chosen(p.Filters, asked)
	var read list
	if err := v.get("/v1/pending-leads/days?"+chosen.Encode(), &read); err != nil {
		return nil, err
	}
	view := &daysView{Href: home + "pending-leads/days", None: v.say("Nothing is planned. Leads that are handed out later are here until their time.")}
	v.daysTable(view, read.Items, chosen)
	for _, f := range p.Filters {
		if f.Kind != "id" {
			view.Filters = append(view.Filters, v.filterView(f, asked.Get(f.Param)))
		}
		view.Narrowed = view.Narrowed || asked.Get(f.Param) != ""
	}
	if view.Narrowed {
		view.None = v.say("Nothing is planned that matches.")
	}
	return &page{Title: v.say("Pending"), Template: "days", Data: view, Views: pendingViews(v)}, nil
}

// A daysView is how many leads are planned for whom on which day.
type daysView struct {
	Href     string
	Filters  []filterView
	Narrowed bool
	Table    *table
	None     string
	// Linked says that each number leads to its leads, and More how many people are not shown.
	Linked bool
	More   int
}

const (
	// maxColumns is how many days have columns of their own; later ones share one. maxPeople is how many people have rows.
	maxColumns = 14
	maxPeople  = 40
	// maxLinked is how many numbers may lead to their leads: links of all of them would be most of a large page.
	maxLinked = 250
)

// daysTable gives a view a row for each member and a column for each day.
func (v *visit) daysTable(view *daysView, items []object, chosen url.Values) {
	if len(items) == 0 {
		return
	}
	var days, members []string
	counts := map[string]map[string]int{}
	for _, one := range items { // the earliest day first
		day, member := one.text("day"), one.text("member_id")
		if !slices.Contains(days, day) {
			days = append(days, day)
		}
		if counts[member] == nil {
			counts[member] = map[string]int{}
			members = append(members, member)
		}
		counts[member][day] += number(one, "count")
	}
	names := map[string]string{}
	for _, m := range members {
		names[m], _ = v.names.of("members", m)
	}
	slices.SortFunc(members, func(a, b string) int {
		return strings.Compare(strings.ToLower(names[a])+a, strings.ToLower(names[b])+b)
	})
	view.More = max(len(members)-maxPeople, 0)
	members = members[:len(members)-view.More]
	view.Linked = len(members)*min(len(days), maxColumns) <= maxLinked
	t := &table{Labels: []string{v.say("Who"), v.say("All")}}
	for _, day := range days[:min(len(days), maxColumns)] {
		t.Labels = append(t.Labels, v.dayWords(day))
	}
	if len(days) > maxColumns {
		t.Labels = append(t.Labels, v.say("Later"))
	}
	for _, m := range members {
		t.Rows = append(t.Rows, daysRow(m, names[m], days, counts[m], chosen, view.Linked))
	}
	view.Table = t
}

func daysRow(member, name string, days []string, counts map[string]int, chosen url.Values, linked bool) []shown {
	to := func(until string, n int) shown {
		if n == 0 {
			return shown{}
		}
		query := url.Values{"member_id": {member}}
		for _, param := range []string{"group_id", "due_before"} {
			if chosen.Has(param) {
				query.Set(param, chosen.Get(param))
			}
		}
		if until != "" {
			query.Set("due_before", until)
		}
		return shown{Text: grouped(n), Href: home + "pending-leads?" + query.Encode()}
	}
	all, later := 0, 0
	row := []shown{{Text: name, Href: memberHref(member)}, {}}
	for i, day := range days {
		all += counts[day]
		if i < maxColumns {
			one := to(day, counts[day])
			if !linked {
				one.Href = ""
			}
			row = append(row, one)
		} else {
			later += counts[day]
		}
	}
	row[1] = to("", all)
	if len(days) > maxColumns {
		row = append(row, to("", later))
	}
	return row
}
