package console

import (
	"maps"
	"net/url"
	"slices"
	"strconv"
	"time"
)

// fairDays are for how many days back fairness is shown, the first one unless another is chosen.
var fairDays = []int{30, 7, 90}

// A fairnessView is what each receiver of a group was due and got in some days.
type fairnessView struct {
	Words string
	Days  []dayChoice
	File  string // where the page is to be had as a file
	Bars  []fairRow
}

// A dayChoice leads to another number of days.
type dayChoice struct {
	Label, Href string
	Here        bool
}

// A fairRow is a receiver's bar, with all else that is known.
type fairRow struct {
	fairBar
	Turns, Debt, Withdrawn, Answered int
	Passed, Median                   string
}

// showFairness shows what the receivers of a group were due and got.
func showFairness(v *visit) (*page, error) {
	group, err := v.item("groups")
	if err != nil {
		return nil, err
	}
	days, err := strconv.Atoi(v.URL.Query().Get("days"))
	if err != nil || !slices.Contains(fairDays, days) {
		days = fairDays[0]
	}
	var report struct {
		Items []struct {
			MemberID  string `json:"member_id"`
			Due       int
			Share     float64
			Received  int
			Passed    map[string]int
			Debt      int
			Withdrawn int
			Answered  int
			Median    *float64 `json:"median_answer_seconds"`
		}
	}
	asked := url.Values{"group_id": {group.text("id")}, "from": {v.now.UTC().AddDate(0, 0, -days).Format(time.RFC3339)}}
	if v.URL.Query().Has("file") {
		return nil, v.download("/v1/fairness", "fairness", asked)
	}
	if err := v.get("/v1/fairness?"+asked.Encode(), &report); err != nil {
		return nil, err
	}
	here := home + "groups/" + group.text("id")
	view := fairnessView{
		Words: v.say("Nothing was given in these days."), File: here + "/fairness?file=csv&days=" + strconv.Itoa(days),
	}
	for _, n := range fairDays {
		view.Days = append(view.Days, dayChoice{v.say("%d days", n), here + "/fairness?days=" + strconv.Itoa(n), n == days})
	}
	most := 0.0
	for _, m := range report.Items {
		most = max(most, float64(m.Received), m.Share)
	}
	if most > 0 {
		view.Words = v.say("The line across a bar is the share that their places in the ring come to. What was undone is not counted.")
	}
	for _, m := range report.Items {
		name, _ := v.names.of("members", m.MemberID)
		row := fairRow{fairBar: fairBar{Name: name, Got: m.Received, Due: tenths(m.Share), Why: v.whyNot(m.MemberID)}, Turns: m.Due, Debt: m.Debt,
			Withdrawn: m.Withdrawn, Answered: m.Answered}
		if most > 0 {
			row.GotWide, row.DueAt = 100*float64(m.Received)/most, 100*m.Share/most
		}
		for _, reason := range slices.Sorted(maps.Keys(m.Passed)) {
			if row.Passed != "" {
				row.Passed += ", "
			}
			row.Passed += v.worded("reason", reason) + " " + grouped(m.Passed[reason])
		}
		if m.Median != nil {
			row.Median = time.Duration(*m.Median * float64(time.Second)).Round(time.Second).String()
		}
		view.Bars = append(view.Bars, row)
	}
	return &page{Title: v.say("Fairness of %s", v.called(group)), Template: "fairness", Data: view, Up: &link{v.called(group), here}}, nil
}
