package console

import (
	"net/http"
	"slices"

	"github.com/leadwheel/leadwheel/internal/client"
)

// matches are how many an act concerns that is done to all which filters leave, as they were counted for whoever is asked.
type matches struct {
	Count   int
	More    bool
	Reasons []failedFor
	Notes   []string
}

// Words are the number for people.
func (m matches) Words() string { return grouped(m.Count) }

// matches counts what an order concerns; nil where that cannot be counted, since there are too many or it cannot be asked.
func (v *visit) matches(o *order) *matches {
	var m matches
	if v.get(o.API()+"/count?"+o.chosen.Encode(), &m) != nil || m.More {
		return nil // the page then says so
	}
	if o.Name == "retry" {
		left := 0
		for _, r := range m.Reasons {
			if slices.Contains(hopeless, string(r.Reason)) {
				m.Count -= r.Untried
				left += r.Untried
			}
		}
		if left > 0 {
			m.Notes = append(m.Notes, v.say("%s cannot succeed, since the lead is there already, or the lead or the group is gone; they are left as they are.", v.others(left)))
		}
	}
	return &m
}

// retryAll tries all failures again that the filters leave and that can succeed, reason by reason: the API's filter takes one.
func retryAll(v *visit, o *order) (n int, err error) {
	var found matches
	if err := v.get(o.API()+"/count?"+o.chosen.Encode(), &found); err != nil {
		return 0, err
	}
	hopeful := slices.DeleteFunc(found.Reasons, func(r failedFor) bool { return slices.Contains(hopeless, string(r.Reason)) })
	if len(hopeful) == 0 {
		return 0, &client.Problem{Status: http.StatusConflict, Detail: v.say("none of these can succeed, or all were tried again already")}
	}
	for _, r := range hopeful {
		filter := map[string]any{"matched": r.Untried}
		for name, value := range flat(o.chosen) {
			filter[name] = value
		}
		delete(filter, "retried")
		delete(filter, "outcome")
		filter["reason"] = r.Reason
		var done count
		if err := v.api.Call(v.Context(), http.MethodPost, "/v1/history/retry", map[string]any{"filter": filter}, &done); err != nil {
			return n, err
		}
		n += done.Count
	}
	return n, nil
}
