package console

import (
	"cmp"
	"encoding/json"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/leadwheel/leadwheel/internal/language"
	"github.com/leadwheel/leadwheel/internal/lead"
)

// story tells what became of a lead, the oldest first, then what is planned and meant to be followed up; live says that something is about to happen.
func (v *visit) story(id string) (all []storyLine, live bool, err error) {
	// What is pending is read first, or what goes out between the two would be in neither.
	planned, err := v.read("pending-leads", url.Values{"lead_id": {id}, "limit": {"50"}})
	if err != nil {
		return nil, false, err
	}
	past, err := v.read("history", url.Values{"lead_id": {id}})
	if err != nil {
		return nil, false, err
	}
	for _, entry := range past.Items {
		all = append(all, v.tell(entry))
	}
	slices.SortStableFunc(all, func(a, b storyLine) int { return a.when.Compare(b.when) })
	if past.NextCursor != "" {
		all = slices.Insert(all, 0, storyLine{Words: []shown{{Text: v.say("What was before is in the history.")}}})
	}
	for _, p := range planned.Items {
		if slices.ContainsFunc(past.Items, func(e object) bool { return e.text("pending_id") == p.text("id") }) {
			continue // it has gone out meanwhile
		}
		line := v.foretold(p)
		live = live || line.when.Before(v.now.Add(time.Minute))
		all = append(all, line)
	}
	copies, err := v.read("assigned-leads", url.Values{"source_lead_id": {id}, "limit": {"50"}})
	for _, c := range copies.Items {
		if at := momentOf(c, "follow_up_at"); !at.IsZero() {
			var w words
			w.say(v, "%s wants to follow it up.", v.show("member_id", c.text("member_id")))
			all = append(all, storyLine{At: v.when(at), when: at, Tone: "plain", Words: w})
		}
	}
	return all, live, err
}

// words are a sentence, made of words and of names that lead to their pages.
type words []shown

// say adds a text in which each %s is a name, or a few words.
func (w *words) say(v *visit, text language.Text, args ...any) {
	for i, piece := range strings.Split(v.say(text), "%s") {
		if i > 0 {
			switch arg := args[i-1].(type) {
			case shown:
				*w = append(*w, arg)
			case []shown:
				*w = append(*w, arg...)
			default:
				*w = append(*w, shown{Text: fmt.Sprint(arg)})
			}
		}
		*w = append(*w, shown{Text: piece})
	}
}

// next begins another sentence.
func (w *words) next() { *w = append(*w, shown{Text: " "}) }

// tell tells of an entry of history.
func (v *visit) tell(e object) storyLine {
	at := momentOf(e, "at")
	line := storyLine{At: v.when(at), when: at, Tone: "warn"}
	var w words
	member, whom := e.text("member_id") != "", v.show("member_id", e.get("member_id"))
	switch outcome := e.text("outcome"); {
	case outcome == "succeeded":
		line.Tone = "good"
		w.say(v, "Given to %s", whom)
	case outcome == "failed" && member:
		line.Tone = "bad"
		w.say(v, "Not given to %s: %s", whom, v.reasonText(e.text("reason")))
	case outcome == "failed":
		line.Tone = "bad"
		w.say(v, "Not given: %s", v.reasonText(e.text("reason")))
	case outcome == "cancelled" && member:
		w.say(v, "What was planned for %s was deleted", whom)
	case outcome == "cancelled":
		w.say(v, "What was planned was deleted")
	case outcome == "undone" && member: // a copy was taken back, or what was to come deleted
		w.say(v, "Undone: it is no more for %s", whom)
	case outcome == "undone":
		w.say(v, "Undone")
	case member:
		w.say(v, "%s from %s", capital(v.worded("outcome", outcome)), whom)
	default:
		w.say(v, "%s", capital(v.worded("outcome", outcome)))
	}
	if e.text("group_id") != "" {
		v.tellTurn(&w, e)
	}
	w = append(w, shown{Text: "."})
	v.tellMore(&w, e)
	line.Words = w
	return line
}

// tellTurn tells whose turn it was in a group, and who was passed over.
func (v *visit) tellTurn(w *words, e object) {
	turn, known := turnOf(e)
	lane, laned := e.get("lane").(object)
	if laned {
		turn, known = turnOf(lane)
	}
	group := v.show("group_id", e.get("group_id"))
	switch given := e.text("outcome") == "succeeded" && e.text("moved_from") == ""; {
	case known && given && laned:
		w.say(v, ": turn %s of %s was theirs in the lane %s", turn, group, v.laneCalled(lane))
	case known && given:
		w.say(v, ": turn %s of %s was theirs", turn, group)
	default:
		w.say(v, ", by %s", group)
	}
	skipped, _ := e.get("skipped").([]any)
	ring := v.ringOf(e)
	for _, s := range skipped {
		one, _ := s.(object)
		who, why := v.show("member_id", one.get("member_id")), v.worded("reason", one.text("reason"))
		before, found := turnBefore(ring, turn, skipped, one.text("member_id"))
		if known && found {
			w.say(v, "; %s (turn %s) was passed over: %s", who, before, why)
		} else {
			w.say(v, "; %s was passed over: %s", who, why)
		}
	}
	if next := v.nextAfter(ring, turn, skipped); known && next != nil {
		var names []shown
		for i, m := range next {
			if i > 0 {
				names = append(names, shown{Text: " + "})
			}
			names = append(names, v.show("member_id", m.MemberID.String()))
		}
		w.say(v, ". Next was %s", names)
	}
}

// tellMore tells what else is worth a word.
func (v *visit) tellMore(w *words, e object) {
	if from := e.text("moved_from"); from != "" {
		w.next()
		w.say(v, "It was planned for %s before.", v.show("member_id", from))
	}
	if e.text("trigger") == "distribute_now" {
		w.next()
		w.say(v, "It was brought forward.")
	}
	if e.is("retried") {
		w.next()
		w.say(v, "It was tried again.")
	}
}

// foretold tells of what is pending.
func (v *visit) foretold(p object) storyLine {
	due := momentOf(p, "due_at")
	line := storyLine{At: v.when(due), when: due, Tone: "plain"}
	var w words
	member, group := p.text("member_id"), v.show("group_id", p.get("group_id"))
	turn, known := turnOf(p)
	lane, laned := p.get("lane").(object)
	switch whom := v.show("member_id", p.get("member_id")); {
	case member == "" && !group.Empty():
		w.say(v, "On its way: %s is about to give it to whoever is next.", group)
		line.Words = w
		return line
	case known && !group.Empty() && laned:
		w.say(v, "Planned for %s, by turn %s of %s in the lane %s.", whom, lane.text("turn"), group, v.laneCalled(lane))
	case known && !group.Empty():
		w.say(v, "Planned for %s, by turn %s of %s.", whom, turn, group)
	default:
		w.say(v, "Planned for %s.", whom)
	}
	if why := v.whyNot(member); why != "" {
		w.next()
		w.say(v, "They are %s: unless they are active by then, it will fail.", why)
	}
	line.Words = w
	return line
}

// ringOf are the slots of an entry's group, nil where they were others at the time.
func (v *visit) ringOf(e object) []lead.Slot {
	group := v.names.one("groups", e.text("group_id"))
	if group == nil || group.text("version") != e.text("ring_version") {
		return nil
	}
	return lead.Spread(receiversOf(group))
}

// turnBefore is the turn of somebody who was passed over on the way to a turn, where the slots between tell.
func turnBefore(ring []lead.Slot, turn int64, skipped []any, member string) (before int64, found bool) {
	for before = turn - 1; before >= 0 && before > turn-int64(len(ring)); before-- {
		slot := ring[before%int64(len(ring))]
		if slices.ContainsFunc(slot, func(m lead.Receiver) bool { return m.MemberID.String() == member }) {
			return before, true
		}
		if !slices.ContainsFunc(slot, func(m lead.Receiver) bool { return skips(skipped, m.MemberID.String()) }) {
			break
		}
	}
	return 0, false
}

func skips(skipped []any, member string) bool {
	return slices.ContainsFunc(skipped, func(s any) bool {
		one, is := s.(object)
		return is && one.text("member_id") == member
	})
}

// nextAfter is the slot whose turn came after one, without those who were passed over.
func (v *visit) nextAfter(ring []lead.Slot, turn int64, skipped []any) lead.Slot {
	for i := range int64(len(ring)) {
		slot := ring[(turn+1+i)%int64(len(ring))]
		able := slices.DeleteFunc(slices.Clone(slot), func(m lead.Receiver) bool {
			return skips(skipped, m.MemberID.String()) || v.whyNot(m.MemberID.String()) != ""
		})
		if len(able) > 0 {
			return able
		}
	}
	return nil
}

// turnOf is the turn that something took, and whether it took one.
func turnOf(e object) (int64, bool) {
	n, is := e.get("turn").(json.Number)
	if !is {
		return 0, false
	}
	turn, err := n.Int64()
	return turn, err == nil
}

// momentOf is a moment of an object's, the zero one where there is none.
func momentOf(e object, name string) time.Time {
	at, err := time.Parse(time.RFC3339, cmp.Or(e.text(name), "-"))
	if err != nil {
		return time.Time{}
	}
	return at
}
