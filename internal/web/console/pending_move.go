package console

import (
	"net/http"
	"strconv"

	"github.com/leadwheel/leadwheel/internal/client"
)

// pendingMeant says in a request which pending leads an order concerns: those that were ticked, or all that match.
func pendingMeant(o *order) map[string]any {
	if o.chosen == nil {
		return map[string]any{"ids": o.IDs}
	}
	n, err := strconv.Atoi(o.sent.Get("matched"))
	if err != nil { // they are too many to be counted
		return map[string]any{"all": flat(o.chosen)}
	}
	filter := map[string]any{"matched": n}
	for name, value := range flat(o.chosen) {
		filter[name] = value
	}
	return map[string]any{"filter": filter}
}

// movePending moves pending leads to another member, another time, or both.
func movePending(v *visit, o *order) (int, error) {
	body := pendingMeant(o)
	if body["all"] != nil {
		return 0, &client.Problem{Status: http.StatusConflict, Detail: v.say("more than 100,000 match, which is the most at a time; narrow the list")}
	}
	if member := o.sent.Get("member_id"); member != "" {
		body["member_id"] = member
	}
	if at := o.sent.Get("at"); at != "" {
		moment, err := v.moment("at", at)
		if err != nil {
			return 0, err
		}
		body["at"] = moment
	}
	if body["member_id"] == nil && body["at"] == nil {
		return 0, &client.Problem{Status: http.StatusUnprocessableEntity, Detail: v.say("Choose a member, or a time, or both")}
	}
	var done count
	err := v.api.Call(v.Context(), http.MethodPost, "/v1/pending-leads/move", body, &done)
	return done.Count, err
}

// moveFields ask where pending leads are to be moved.
func (v *visit) moveFields(f *form) *form {
	members := append([]option{{Label: v.say("whoever was to get them")}}, v.names.options("members", isActive)...)
	f.choose("member_id", "Member", "", members)
	f.add(input{Kind: "datetime-local", Name: "at", Label: v.say("Time"), Hint: v.say("By the clock of %s. Empty: when they were to go out.", v.zone)})
	return f
}

// notMoved asks again where pending leads are to be moved, with what was wrong and what was given; other errors it gives back.
func (v *visit) notMoved(o *order, err error) (*page, error) {
	f := v.newForm("", "", o.sent)
	if o.Asks != asksMove || !f.refused(err, func(field string) string { return oneOf(field, "member_id", "at") }) {
		return nil, err
	}
	view := v.ask(o)
	view.Move = v.moveFields(f)
	return &page{Title: v.say(o.Label), Template: "ask", Data: view, Status: http.StatusUnprocessableEntity}, nil
}

// asksMove is what is asked before leads are moved.
const asksMove = "move"
