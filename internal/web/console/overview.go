package console

import (
	"cmp"
	"fmt"
	"net/url"
	"slices"
	"time"

	"github.com/leadwheel/leadwheel/internal/lead"
)

// An overviewView is the first page: what is wrong, what waits, and what came last.
type overviewView struct {
	Troubles []trouble
	Facts    []part
	Latest   []*listView
}

// A trouble is something to be looked at.
type trouble struct{ Text, Why, Href string }

func overview(v *visit) (*page, error) {
	var view overviewView
	for _, look := range []func(*visit) ([]trouble, error){failures, overdue, integrationTroubles, messageTroubles, webhookTroubles} {
		found, err := look(v)
		if err != nil {
			return nil, err
		}
		view.Troubles = append(view.Troubles, found...)
	}
	soonest, err := v.read("pending-leads", url.Values{"limit": {"1"}})
	if err != nil {
		return nil, err
	}
	next := shown{Text: "nothing is pending"}
	if len(soonest.Items) > 0 {
		next = v.show("due_at", soonest.Items[0].text("due_at"))
	}
	view.Facts = []part{{"Next pending lead is due", next}, {"Time zone", shown{Text: v.zone.String()}}}
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
	return &page{Title: "Today", Template: "overview", Data: view}, nil
}

// some is how many items a list has, of which there may be more.
func (l list) some() string {
	if l.NextCursor != "" {
		return fmt.Sprintf("%d or more", len(l.Items))
	}
	return fmt.Sprint(len(l.Items))
}

// maxCounted bounds what is read to be counted.
const maxCounted = 5000

// failures counts what failed in the last day and was not tried again, by reason.
func failures(v *visit) ([]trouble, error) {
	since := time.Now().Add(-24 * time.Hour).UTC().Format(time.RFC3339)
	query := url.Values{"retried": {"false"}, "from": {since}}
	counts, counted, more := map[string]int{}, 0, false
	for entry, err := range v.walk("history", query) {
		if err != nil {
			return nil, err
		}
		if more = counted == maxCounted; more {
			break
		}
		counts[entry.text("reason")]++
		counted++
	}
	var all []trouble
	for reason, n := range counts {
		query.Set("reason", reason)
		all = append(all, trouble{
			fmt.Sprintf("Distributions that failed in the last day (%s): %d", say("reason", reason), n),
			sentence(lead.Reason(reason).Text()), home + "history?" + query.Encode(),
		})
	}
	slices.SortFunc(all, func(a, b trouble) int { return cmp.Compare(a.Href, b.Href) })
	if more {
		query.Del("reason")
		all = append(all, trouble{"More distributions failed in the last day than are counted here", "", home + "history?" + query.Encode()})
	}
	return all, nil
}

// lateAfter is how late a pending lead may be before it is worth a word.
const lateAfter = time.Minute

func overdue(v *visit) ([]trouble, error) {
	found, err := v.read("pending-leads", url.Values{"due_before": {time.Now().Add(-lateAfter).UTC().Format(time.RFC3339)}})
	if err != nil || len(found.Items) == 0 {
		return nil, err
	}
	return []trouble{{
		fmt.Sprintf("Pending leads that are overdue: %s, the oldest since %s", found.some(), v.show("due_at", found.Items[0].text("due_at")).Text),
		"Workers are behind, or nobody acts on what is due. See the queues on the operators' listener.", home + "pending-leads",
	}}, nil
}

func integrationTroubles(v *visit) ([]trouble, error) {
	found, err := v.read("integrations", url.Values{})
	var all []trouble
	for _, i := range found.Items {
		href := home + "integrations/" + url.PathEscape(i.text("id"))
		switch state := i.text("health.state"); {
		case !i.is("enabled"):
			all = append(all, trouble{fmt.Sprintf("Integration %s is paused", i.text("name")), "What it is sent is kept, and makes no leads.", href})
		case state != "ok":
			all = append(all, trouble{
				fmt.Sprintf("Integration %s: %s, with %s leads held", i.text("name"), say("state", state), i.text("health.held")), healthWords[state], href,
			})
		case i.text("warning") != "":
			all = append(all, trouble{fmt.Sprintf("Integration %s warns", i.text("name")), sentence(i.text("warning")), href})
		}
	}
	return all, err
}

var healthWords = map[string]string{
	"token_dead": "The platform does not take the access token any more. Give the integration a new one, and what is held comes in.",
	"permission": "The platform refuses to show leads to this access token. Grant it the permission, or give another.",
	"throttled":  "The platform asks to be asked less often. This passes by itself.",
}

func messageTroubles(v *visit) ([]trouble, error) {
	found, err := v.read("notifications", url.Values{"state": {"failed"}})
	since := time.Now().Add(-24 * time.Hour)
	if old := slices.IndexFunc(found.Items, func(m object) bool { // they come newest first
		at, err := time.Parse(time.RFC3339, m.text("created_at"))
		return err == nil && at.Before(since)
	}); old >= 0 {
		found = list{Items: found.Items[:old]}
	}
	if len(found.Items) == 0 {
		return nil, err
	}
	return []trouble{{
		fmt.Sprintf("Messages of the last day that could not be sent: %s", found.some()), "Each says why. The leads themselves have arrived.",
		home + "notifications?state=failed",
	}}, err
}

func webhookTroubles(v *visit) ([]trouble, error) {
	found, err := v.read("webhooks", url.Values{})
	var all []trouble
	for _, w := range found.Items {
		href := home + "webhooks/" + url.PathEscape(w.text("id"))
		switch {
		case w.text("disabled_reason") != "":
			all = append(all, trouble{fmt.Sprintf("Webhook %s is disabled", w.text("url")), sentence(w.text("disabled_reason")), href})
		case w.text("failing_since") != "":
			all = append(all, trouble{fmt.Sprintf("Webhook %s is failing", w.text("url")), "Since " + v.show("failing_since", w.text("failing_since")).Text + ".", href})
		}
	}
	return all, err
}
