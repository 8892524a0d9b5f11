package console

import (
	"cmp"
	"encoding/json"
	"net/url"
	"slices"
	"strconv"
	"time"

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
		all = slices.Insert(all, 0, storyLine{Words: []shown{{Text: "What was before is in the history."}}})
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
			w.name(v, "member_id", c.text("member_id"))
			w.say(" wants to follow it up.")
			all = append(all, storyLine{At: v.when(at), when: at, Tone: "plain", Words: w})
		}
	}
	return all, live, err
}

// words are a sentence, made of words and of names that lead to their pages.
type words []shown

func (w *words) say(text string)                 { *w = append(*w, shown{Text: text}) }
func (w *words) name(v *visit, field, id string) { *w = append(*w, v.show(field, id)) }

// tell tells of an entry of history.
func (v *visit) tell(e object) storyLine {
	at := momentOf(e, "at")
	line := storyLine{At: v.when(at), when: at}
	var w words
	member, group := e.text("member_id"), e.text("group_id")
	switch e.text("outcome") {
	case "succeeded":
		line.Tone = "good"
		w.say("Given to ")
		w.name(v, "member_id", member)
	case "failed":
		line.Tone = "bad"
		w.say("Not given")
		if member != "" {
			w.say(" to ")
			w.name(v, "member_id", member)
		}
		w.say(": " + lead.Reason(e.text("reason")).Text())
	case "cancelled":
		line.Tone = "warn"
		w.say("What was planned")
		if member != "" {
			w.say(" for ")
			w.name(v, "member_id", member)
		}
		w.say(" was deleted")
	case "undone":
		line.Tone = "warn"
		v.tellUndone(&w, e)
	default:
		line.Tone = "warn"
		w.say(capital(say("outcome", e.text("outcome"))))
		if member != "" {
			w.say(" from ")
			w.name(v, "member_id", member)
		}
	}
	if group != "" {
		v.tellTurn(&w, e)
	}
	w.say(".")
	v.tellMore(&w, e)
	line.Words = w
	return line
}

// tellUndone tells that a run was undone of which the lead was: a copy was taken back, or what was to come deleted.
func (v *visit) tellUndone(w *words, e object) {
	w.say("Undone")
	if member := e.text("member_id"); member != "" {
		w.say(": it is no more for ")
		w.name(v, "member_id", member)
	}
}

// tellTurn tells whose turn it was in a group, and who was passed over.
func (v *visit) tellTurn(w *words, e object) {
	turn, known := turnOf(e)
	if lane, is := e.get("lane").(object); is {
		turn, known = turnOf(lane)
	}
	switch given := e.text("outcome") == "succeeded"; {
	case known && given && e.text("moved_from") == "":
		w.say(": turn " + turnInLane(e) + " of ")
		w.name(v, "group_id", e.text("group_id"))
		w.say(" was theirs")
		w.say(inLane(e))
	default:
		w.say(", by ")
		w.name(v, "group_id", e.text("group_id"))
	}
	skipped, _ := e.get("skipped").([]any)
	ring := v.ringOf(e)
	for _, s := range skipped {
		one, _ := s.(object)
		w.say("; ")
		w.name(v, "member_id", one.text("member_id"))
		if known {
			if before, found := turnBefore(ring, turn, skipped, one.text("member_id")); found {
				w.say(" (turn " + strconv.FormatInt(before, 10) + ")")
			}
		}
		w.say(" was passed over: " + say("reason", one.text("reason")))
	}
	if next := v.nextAfter(ring, turn, skipped); known && next != nil {
		w.say(". Next was ")
		for i, m := range next {
			if i > 0 {
				w.say(" + ")
			}
			w.name(v, "member_id", m.MemberID.String())
		}
	}
}

// tellMore tells what else is worth a word.
func (v *visit) tellMore(w *words, e object) {
	if from := e.text("moved_from"); from != "" {
		w.say(" It was planned for ")
		w.name(v, "member_id", from)
		w.say(" before.")
	}
	if e.text("trigger") == "distribute_now" {
		w.say(" It was brought forward.")
	}
	if e.is("retried") {
		w.say(" It was tried again.")
	}
}

// foretold tells of what is pending.
func (v *visit) foretold(p object) storyLine {
	due := momentOf(p, "due_at")
	line := storyLine{At: v.when(due), when: due, Tone: "plain"}
	var w words
	member, group := p.text("member_id"), p.text("group_id")
	switch {
	case member == "" && group != "":
		w.say("On its way: ")
		w.name(v, "group_id", group)
		w.say(" is about to give it to whoever is next.")
	default:
		w.say("Planned for ")
		w.name(v, "member_id", member)
		if _, known := turnOf(p); known && group != "" {
			w.say(", by turn " + turnInLane(p) + " of ")
			w.name(v, "group_id", group)
			w.say(inLane(p))
		}
		w.say(".")
		if why := v.whyNot(member); why != "" {
			w.say(" They are " + why + ": unless they are active by then, it will fail.")
		}
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
