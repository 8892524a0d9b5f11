package console

import (
	"fmt"
	"net/url"
	"slices"
	"time"

	"github.com/leadwheel/leadwheel/internal/language"
)

// A trouble is something that needs a person. Href is where it is mended, and Mend what its link says.
type trouble struct{ Text, Why, Href, Mend string }

// troubles are what needs a person, the worst first.
func (v *visit) troubles() (all []trouble, err error) {
	for _, look := range []func(*visit) ([]trouble, error){failures, overdue, integrationTroubles, ruleTroubles, messageTroubles, webhookTroubles} {
		found, err := look(v)
		if err != nil {
			return nil, err
		}
		all = append(all, found...)
	}
	return all, nil
}

// someOf is how many of what may be many are looked at on the first page: beyond it says how many there are at the least.
const someOf = "100"

// some is how many items a list has, of which there may be more.
func (l list) some(v *visit) string {
	if l.NextCursor != "" {
		return v.say("%d or more", len(l.Items))
	}
	return fmt.Sprint(len(l.Items))
}

// failures tells of what failed in the last day and was not tried again, by reason. What was refused as it should be is no trouble.
func failures(v *visit) ([]trouble, error) {
	from := url.Values{"from": {v.now.Add(-24 * time.Hour).UTC().Format(time.RFC3339)}}
	var day matches
	err := v.get("/v1/history/count?"+from.Encode(), &day)
	var all []trouble
	for _, f := range day.Reasons {
		if slices.Contains(refusals, f.Reason) {
			continue
		}
		query := url.Values{"retried": {"false"}, "from": from["from"], "reason": {string(f.Reason)}}
		mend := v.say("See them, and try them again")
		if slices.Contains(hopeless, string(f.Reason)) {
			mend = v.say("See them")
		}
		all = append(all, trouble{
			v.say("Distributions that failed in the last day (%s): %d", v.worded("reason", string(f.Reason)), f.Untried),
			sentence(v.reasonText(string(f.Reason))), home + "history?" + query.Encode(), mend,
		})
	}
	return all, err
}

// lateAfter is how late a pending lead may be before it is worth a word.
const lateAfter = time.Minute

func overdue(v *visit) ([]trouble, error) {
	found, err := v.read("pending-leads", url.Values{"due_before": {time.Now().Add(-lateAfter).UTC().Format(time.RFC3339)}, "limit": {someOf}})
	if err != nil || len(found.Items) == 0 {
		return nil, err
	}
	return []trouble{{
		v.say("Pending leads that are overdue: %s, the oldest since %s", found.some(v), v.show("due_at", found.Items[0].text("due_at")).Text),
		v.say("Workers are behind, or nobody acts on what is due. See the queues on the operators' listener."), home + "pending-leads", v.say("See what is pending"),
	}}, nil
}

func integrationTroubles(v *visit) ([]trouble, error) {
	found, err := v.read("integrations", url.Values{})
	var all []trouble
	for _, i := range found.Items {
		href := home + "integrations/" + url.PathEscape(i.text("id"))
		switch state := i.text("health.state"); {
		case !i.is("enabled"):
			all = append(all, trouble{v.say("Integration %s is paused", i.text("name")), v.say("What it is sent is kept, and makes no leads."), href, v.say("Resume it")})
		case state != "ok":
			all = append(all, trouble{
				v.say("Integration %s: %s, with %s leads held", i.text("name"), v.worded("state", state), i.text("health.held")), v.say(healthWords[state]), href, v.say("Mend it"),
			})
		case i.text("warning") != "":
			all = append(all, trouble{v.say("Integration %s warns", i.text("name")), sentence(v.heard(i.text("warning"))), href, v.say("Look at it")})
		}
	}
	return all, err
}

var healthWords = map[string]language.Text{
	"token_dead": "The platform does not take the access token any more. Give the integration a new one, and what is held comes in.",
	"permission": "The platform refuses to show leads to this access token. Grant it the permission, or give another.",
	"throttled":  "The platform asks to be asked less often. This passes by itself.",
}

func failedMessages(v *visit) ([]trouble, error) {
	found, err := v.read("notifications", url.Values{"state": {"failed"}, "limit": {someOf}})
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
		v.say("Messages of the last day that could not be sent: %s", found.some(v)), v.say("Each says why. The leads themselves have arrived."),
		home + "notifications?state=failed", v.say("See why, and send them again"),
	}}, err
}

func webhookTroubles(v *visit) ([]trouble, error) {
	found, err := v.read("webhooks", url.Values{})
	var all []trouble
	for _, w := range found.Items {
		href := home + "webhooks/" + url.PathEscape(w.text("id"))
		switch {
		case w.text("disabled_reason") != "":
			all = append(all, trouble{v.say("Webhook %s is disabled", w.text("url")), sentence(v.heard(w.text("disabled_reason"))), href, v.say("Enable it")})
		case w.text("failing_since") != "":
			all = append(all, trouble{v.say("Webhook %s is failing", w.text("url")), v.say("Since %s.", v.show("failing_since", w.text("failing_since")).Text), href, v.say("Look at it")})
		}
	}
	return all, err
}
