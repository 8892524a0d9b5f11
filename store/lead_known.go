package store

import (
	"context"
	"fmt"
	"slices"
	"strconv"

	"github.com/google/uuid"
	"github.com/lib/pq"

	"github.com/leadwheel/leadwheel/internal/contact"
)

// An external id is held by one lead of its origin, in external_id. A lead that is pushed with an id that is held is
//
//   - the one that is there, where both have an address or a number in common, or nothing that says otherwise;
//   - one of its own where the holder's contact is another person's, or its name where neither has one: it has the id in also_id.
//     Pushed again it is known among those of the same id by its address or number, or by its name;
//   - the new holder where the old one was deleted, which then has the id in also_id. So for every id that was ever
//     pushed there is a holder;
//   - nothing where a person with the id was erased: then nobody's contact is known any more, and they must not come back.
//
// Whoever decides on more than the first of these holds the origin's lock: see lockIDs.

// A holder is the lead that holds an external id.
type holder struct {
	Place   int           `db:"place"`
	ID      uuid.UUID     `db:"lead_id"`
	Name    string        `db:"name"`
	Email   string        `db:"email"`
	Phone   string        `db:"phone"`
	Former  pq.Int64Array `db:"former"`
	Deleted bool          `db:"deleted"`
	Erased  bool          `db:"erased"`

	who contact.Identity
}

// shares reports whether a holder certainly is the person pushed, also by what it had before it was edited.
func (h holder) shares(who contact.Identity) bool {
	return h.who.Shares(who) || slices.ContainsFunc(who.Keys(), func(key int) bool { return slices.Contains(h.Former, int64(key)) })
}

// another reports whether a holder is another person than a lead. Where neither has a contact the names tell, also those that the
// holder had before it was edited; where the id has lost digits, they are the same or not.
func (h holder) another(l NewLead, who contact.Identity) bool {
	if len(h.who.Keys())+len(who.Keys()) > 0 {
		return h.who.Contradicts(who)
	}
	return otherName(h.Name, h.Former, l)
}

// byName reports whether a lead is another person than a holder, and only its name tells who it is.
func (h holder) byName(l NewLead, who contact.Identity) bool {
	return len(who.Keys()) == 0 && h.holds() && h.another(l, who)
}

// otherName reports whether a lead without a contact is of somebody else than one, by that one's name, and marks of those that it
// had before.
func otherName(name string, former pq.Int64Array, l NewLead) bool {
	if slices.Contains(former, int64(contact.NameMark(l.Name))) {
		return false
	}
	if contact.Rounded(l.ExternalID) {
		return contact.NameKey(name) != contact.NameKey(l.Name)
	}
	return contact.AnotherName(name, l.Name)
}

// A known is leads whose external ids were held when they were inserted.
type known struct {
	*Tx
	w      Workspace
	leads  []NewLead
	ids    []string // external ids, those that tell of erased people replaced
	added  []AddedLead
	people map[int]contact.Identity
}

// settleKnown finds the leads that are there in the place of those at places, which were not inserted, and inserts those
// that are others all the same.
func (t *Tx) settleKnown(ctx context.Context, w Workspace, leads []NewLead, rows []leadRow, places []int, added []AddedLead) error {
	k := known{Tx: t, w: w, leads: leads, ids: pluck(rows, func(l *leadRow) string { return l.external }), added: added, people: make(map[int]contact.Identity, len(places))}
	for _, place := range places {
		k.people[place] = contact.Identify(leads[place].Email, leads[place].Phone, w.Region)
	}
	places, err := k.sharing(ctx, places)
	if err != nil || len(places) == 0 {
		return err
	}
	if err := k.lock(ctx, places); err != nil {
		return err
	}
	for range 3 {
		fresh, released, err := k.decide(ctx, places, rows)
		if err != nil || len(fresh) == 0 {
			return err
		}
		if err := k.release(ctx, released); err != nil {
			return err
		}
		inserted, err := t.insertRows(ctx, w.ID, pick(rows, fresh))
		if err != nil {
			return err
		}
		if places = missing(fresh, rows, inserted); len(places) == 0 {
			return nil
		}
		// An id that nobody held any more, since its holder was erased a moment ago, has another holder by now.
	}
	return fmt.Errorf("%d leads have external ids that change hands again and again: %w", len(places), ErrNotFound)
}

// missing are the places whose ids are not among those inserted.
func missing(places []int, rows []leadRow, inserted []uuid.UUID) []int {
	there := make(map[uuid.UUID]bool, len(inserted))
	for _, id := range inserted {
		there[id] = true
	}
	return slices.DeleteFunc(slices.Clone(places), func(place int) bool { return there[rows[place].id] })
}

// sharing settles the leads that certainly are their ids' holders, and returns the others: by far the fewest.
func (k *known) sharing(ctx context.Context, places []int) ([]int, error) {
	holders, err := k.holders(ctx, places)
	if err != nil {
		return nil, err
	}
	return slices.DeleteFunc(places, func(place int) bool {
		h, held := holders[place]
		is := held && !h.Deleted && h.shares(k.people[place])
		if is {
			k.added[place] = AddedLead{ID: h.ID, Existing: true}
		}
		return is
	}), nil
}

// lock keeps others from deciding on ids of the same origins until the transaction ends. It passes the gate first: whoever
// erases people holds that alone, and then wants the leads that are to release their ids.
func (k *known) lock(ctx context.Context, places []int) error {
	if err := k.passGate(ctx, k.w.ID); err != nil {
		return err
	}
	var origins []string
	for _, place := range places {
		origins = append(origins, k.leads[place].Origin)
	}
	slices.Sort(origins) // the same in every transaction, or two could wait for each other
	for _, origin := range slices.Compact(origins) {
		if err := k.lockIDs(ctx, k.w.ID, origin); err != nil {
			return err
		}
	}
	return nil
}

// A named id is an external id of an origin.
type namedID struct{ origin, id string }

// decide settles leads, and returns the places of those to be inserted and the holders that are to release their ids to
// them. What is to be inserted beside a holder has its id moved to also.
func (k *known) decide(ctx context.Context, places []int, rows []leadRow) (fresh []int, released []uuid.UUID, err error) {
	holders, err := k.holders(ctx, places)
	if err != nil {
		return nil, nil, err
	}
	others, err := k.others(ctx, places)
	if err != nil {
		return nil, nil, err
	}
	now := make(map[namedID]holder)                  // those that become holders here
	beside := make(map[namedID]map[string]uuid.UUID) // those that come in beside them here, by what they are known by
	namesakes, err := k.namesakes(ctx, places, holders)
	if err != nil {
		return nil, nil, err
	}
	for _, place := range places {
		l, who, id := k.leads[place], k.people[place], namedID{k.leads[place].Origin, k.ids[place]}
		h, o := holders[place], others[place]
		if next, is := now[id]; is {
			h = next
		}
		marks := marksOf(l, who)
		o = o.orHere(beside[id], marks)
		if o.ID == uuid.Nil && h.byName(l, who) {
			o.ID = namesakes.of(id, l)
		}
		rows[place].external, rows[place].also = id.id, ""
		var is bool
		if k.added[place], is = recognise(l, who, h, o); is {
			continue
		}
		fresh, k.added[place] = append(fresh, place), AddedLead{ID: rows[place].id}
		if h.holds() {
			rows[place].external, rows[place].also = "", id.id
			k.added[place].Beside = h.ID
			if beside[id] == nil {
				beside[id] = make(map[string]uuid.UUID)
			}
			for _, mark := range marks {
				beside[id][mark] = rows[place].id
			}
			if h.byName(l, who) {
				namesakes.add(id, namesake{ID: rows[place].id, Name: l.Name})
			}
			continue
		}
		if h.ID != uuid.Nil {
			released = append(released, h.ID)
		}
		now[id] = holder{ID: rows[place].id, Name: l.Name, who: who}
	}
	return fresh, released, nil
}

// holds reports whether there is a holder, and it keeps its id.
func (h holder) holds() bool { return h.ID != uuid.Nil && !h.Deleted }

// recognise answers for a lead that is there already: it is the holder of its id, one that has the id beside it, or one
// whose person was erased. Each may be none.
func recognise(l NewLead, who contact.Identity, h holder, o other) (AddedLead, bool) {
	switch {
	case h.holds() && h.shares(who):
		return AddedLead{ID: h.ID, Existing: true}, true
	case o.ID != uuid.Nil && !o.Erased:
		return AddedLead{ID: o.ID, Existing: true}, true
	case h.Erased:
		return AddedLead{ID: h.ID, Existing: true, Erased: true}, true
	case h.holds() && !h.another(l, who):
		return AddedLead{ID: h.ID, Existing: true}, true
	case o.ID != uuid.Nil:
		return AddedLead{ID: o.ID, Existing: true, Erased: true}, true
	}
	return AddedLead{}, false
}

// marksOf are what a lead is known by among those that have the same id: an address, a number, or a name where it has
// neither.
func marksOf(l NewLead, who contact.Identity) (marks []string) {
	for kind, text := range []string{who.Email, who.Phone, who.Digits} {
		if text != "" {
			marks = append(marks, strconv.Itoa(kind)+text)
		}
	}
	if len(marks) == 0 {
		marks = []string{"name " + l.Name}
	}
	return marks
}
