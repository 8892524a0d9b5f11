package chaos_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/google/uuid"
)

// add adds a lead that is given to nobody, or as distribute says, and returns its id.
func (c *caller) add(name string, group int, how ending, due time.Time) (id string, done bool) {
	body := map[string]any{"name": name}
	if !due.IsZero() {
		body["distribute"] = map[string]any{"group_id": c.groups[group], "at": due.Format(time.RFC3339Nano)}
	}
	c.ask(entry{name: name, group: group, ending: how, due: due})
	made, done := c.send(request{method: http.MethodPost, path: "/v1/leads", key: name, kind: "lead", body: body})
	if done {
		c.acknowledge(name)
	}
	return made.id(), done
}

// plan plans a lead, and leaves it alone, brings it forward, deletes what is pending of it, or deletes the lead itself.
func (c *caller) plan() {
	name := fmt.Sprintf("plan %d", c.n)
	due := time.Now().Add(3*time.Second + upTo(c.rng, 5*time.Second))
	id, done := c.add(name, planned, given, due)
	if !done {
		return
	}
	pause(c.t.Context(), upTo(c.rng, 2*time.Second))
	switch c.rng.IntN(5) {
	case 0:
		c.change(name, func(e *entry) { e.due = time.Time{} })
		if count, done := c.pending("distribute-now", name, id); done && count > 0 {
			c.change(name, func(e *entry) { e.acknowledged = time.Now() })
		}
	case 1:
		c.change(name, func(e *entry) { e.ending = unknown })
		switch count, done := c.pending("delete", name, id); {
		case done && count > 0:
			c.change(name, func(e *entry) { e.ending = nobody })
		case done:
			c.change(name, func(e *entry) { e.ending = given })
		}
	case 2:
		c.change(name, func(e *entry) { e.ending = unknown })
		if _, done := c.send(request{method: http.MethodDelete, path: "/v1/leads/" + id, kind: "lead deleted"}); done && time.Now().Before(due) {
			c.change(name, func(e *entry) { e.ending = nobody })
		}
	}
}

// pending does something with what is pending of a lead, and returns with how many.
func (c *caller) pending(what, name, id string) (count int, done bool) {
	listed, done := c.send(request{method: http.MethodGet, path: "/v1/pending-leads?lead_id=" + id, kind: "pending leads read"})
	var list struct {
		Items []struct{ ID uuid.UUID }
	}
	if err := json.Unmarshal(listed.body, &list); err != nil || !done || len(list.Items) == 0 {
		return 0, done
	}
	ids := make([]uuid.UUID, len(list.Items))
	for n, item := range list.Items {
		ids[n] = item.ID
	}
	acted, done := c.sendTwice(request{
		method: http.MethodPost, path: "/v1/pending-leads/" + what, key: what + " " + name, kind: "pending " + what, body: map[string]any{"ids": ids},
	})
	var is struct{ Count int }
	_ = json.Unmarshal(acted.body, &is) // 0 says that it was given before
	return is.Count, done
}

// assignDeleted deletes a lead and assigns it: nobody may get it.
func (c *caller) assignDeleted() {
	name := fmt.Sprintf("deleted %d", c.n)
	id, done := c.add(name, planned, stored, time.Time{})
	if !done {
		return
	}
	if _, done = c.send(request{method: http.MethodDelete, path: "/v1/leads/" + id, kind: "lead deleted"}); done {
		c.change(name, func(e *entry) { e.ending = nobody })
		c.assign(name, []string{id}, planned)
	}
}

func (c *caller) assign(name string, ids []string, group int) (id string, done bool) {
	made, done := c.sendTwice(request{
		method: http.MethodPost, path: "/v1/assignments", key: "assign " + name, kind: "assignment", body: map[string]any{"lead_ids": ids, "group_id": c.groups[group]},
	})
	return made.id(), done
}

// undo assigns some leads and takes them back.
func (c *caller) undo() {
	var names, ids []string
	for n := range 2 + c.rng.IntN(6) {
		name := fmt.Sprintf("undo %d-%d", c.n, n)
		id, done := c.add(name, undone, stored, time.Time{})
		if !done {
			return
		}
		names, ids = append(names, name), append(ids, id)
	}
	mark := func(e ending) {
		for _, name := range names {
			c.change(name, func(one *entry) { one.ending = e })
		}
	}
	mark(unknown)
	assignment, done := c.assign(names[0], ids, undone)
	if !done {
		return
	}
	mark(given)
	if c.rng.IntN(3) == 0 {
		return
	}
	pause(c.t.Context(), upTo(c.rng, 2*time.Second))
	mark(unknown)
	q := request{method: http.MethodPost, path: "/v1/assignments/" + assignment + "/undo", key: "undo " + names[0], kind: "undo"}
	for began := time.Now(); time.Since(began) < patience && !c.t.Failed(); pause(c.t.Context(), again) {
		undo, done := c.send(q)
		var is struct {
			State string
			Kept  int `json:"kept_count"`
		}
		switch err := json.Unmarshal(undo.body, &is); {
		case !done:
			return
		case err != nil || is.Kept > 0:
			c.t.Errorf("the undo of %s says: %s", assignment, undo.body)
			return
		case is.State == "done":
			mark(back)
			return
		}
		q = request{method: http.MethodGet, path: q.path, kind: "undo read"}
	}
	c.t.Errorf("the undo of assignment %s is not done within %s", assignment, patience)
}

// accept accepts a copy for its member.
func (c *caller) accept() {
	listed, done := c.send(request{method: http.MethodGet, path: fmt.Sprintf("/v1/assigned-leads?limit=5&group_id=%s", c.groups[answered]), kind: "copies read"})
	var list struct {
		Items []struct {
			ID         uuid.UUID
			AnsweredAt *time.Time `json:"answered_at"`
		}
	}
	if json.Unmarshal(listed.body, &list) != nil || !done {
		return
	}
	for _, item := range list.Items {
		if item.AnsweredAt != nil {
			continue
		}
		if _, done := c.send(request{method: http.MethodPost, path: "/v1/assigned-leads/" + item.ID.String() + "/accept", key: item.ID.String(), kind: "accepted"}); done {
			c.answer(item.ID)
		}
		return
	}
}

// edit adds a lead and changes its phone, again and again: what was acknowledged last stands.
func (c *caller) edit() {
	name := fmt.Sprintf("edit %d", c.n)
	id, done := c.add(name, planned, stored, time.Time{})
	for n := range 3 {
		if !done {
			return
		}
		phone := fmt.Sprintf("+6012%07d", c.n*10+n)
		c.change(name, func(e *entry) { e.phone = "" })
		if _, done = c.send(request{method: http.MethodPatch, path: "/v1/leads/" + id, kind: "lead edited", body: map[string]any{"phone": phone}}); done {
			c.change(name, func(e *entry) { e.phone = phone })
		}
	}
}

// come has one of two members go, and come back.
func (c *caller) come() {
	member := 6 + c.n%2
	path := "/v1/members/" + c.members[member].String()
	if _, done := c.send(request{method: http.MethodPatch, path: path, kind: "member deactivated", body: map[string]any{"active": false}}); done {
		c.absent(member)
		pause(c.t.Context(), upTo(c.rng, 4*time.Second))
		c.returned(member)
	}
	c.send(request{method: http.MethodPatch, path: path, kind: "member reactivated", body: map[string]any{"active": true}})
}

// reorder edits a ring: some of its members, in another order, of whom two are always there.
func (c *caller) reorder() {
	chosen := []int{4, 5}
	for _, more := range []int{6, 7} {
		if c.rng.IntN(2) == 0 {
			chosen = append(chosen, more)
		}
	}
	c.rng.Shuffle(len(chosen), func(i, j int) { chosen[i], chosen[j] = chosen[j], chosen[i] })
	var slots []map[string]any
	for _, m := range chosen {
		slots = append(slots, map[string]any{"weight": 1 + c.rng.IntN(2), "members": []map[string]any{{"member_id": c.members[m]}}})
	}
	c.send(request{method: http.MethodPut, path: "/v1/groups/" + c.groups[edited].String(), kind: "group edited", body: map[string]any{
		"name": strings.Repeat("edited ", 1+c.n%2), "method": "round_robin", "slots": slots,
	}})
}

// begin has everybody begin.
func (c *crowd) begin() {
	first := &caller{crowd: c, rng: c.dice(0)}
	c.hook = first.integrate()
	p := c.newPusher()
	for n, one := range []struct {
		every time.Duration
		do    func(*caller)
	}{
		{400 * time.Millisecond, func(one *caller) { one.single("lead") }},
		{400 * time.Millisecond, func(one *caller) { one.single("form") }},
		{1500 * time.Millisecond, (*caller).many},
		{500 * time.Millisecond, (*caller).deliver},
		{4 * time.Second, (*caller).importFile},
		{700 * time.Millisecond, p.push},
		{600 * time.Millisecond, (*caller).plan},
		{2 * time.Second, (*caller).assignDeleted},
		{1500 * time.Millisecond, (*caller).undo},
		{700 * time.Millisecond, (*caller).accept},
		{2 * time.Second, (*caller).edit},
		{2 * time.Second, (*caller).come},
		{2 * time.Second, (*caller).reorder},
	} {
		c.call(uint64(n), one.every, one.do) // #nosec G115 // there are a dozen
	}
	c.finish = func() { p.finish(first) }
}
