package ingest

import (
	"cmp"
	"reflect"
	"slices"
	"strings"
)

// manyLeads are the names, in their plain form (see plainHeader), under which several leads stand in a list, among other things.
// leadLists are those that hold nobody else, and peopleWords what names of such lists have in them, as updatedContacts.
var (
	leadLists   = wordSet(`leads contacts people persons customers prospects lead`)
	peopleWords = []string{"contact", "prospect", "customer", "people", "person", "enquir", "inquir", "applicant", "registrant", "registration", "submission", "respondent"}
	manyLeads   = wordSet(`leads lead contacts contact records record rows row entries entry submissions submission results result items item
		data people person customers customer prospects prospect body payload list events documents docs hits objects elements content
		nodes edges value values response responses message messages page pages output objectlist datalist resultset recordset dataset table sheet`)
)

// How surely a list of a name is one of leads: the lower the surer.
const (
	sureOfLeads = iota
	oftenLeads
	likelyLeads
	anyList
)

func rankOfList(name string) int {
	plain := plainHeader(name)
	switch {
	case strings.Contains(plain, "lead"):
		return sureOfLeads
	case manyLeads[plain]:
		return oftenLeads
	case slices.ContainsFunc(peopleWords, func(word string) bool { return strings.Contains(plain, word) }):
		return likelyLeads
	}
	return anyList
}

// isStranger reports whether what stands under a name is somebody else's.
func isStranger(name string) bool {
	plain := plainHeader(name)
	return strangers[plain] || strangers[strings.TrimSuffix(plain, "s")]
}

// maxSpread is how deep lists of leads are looked for.
const maxSpread = 16

// A spread is the objects of a delivery each of which may be a lead, in their order.
type spread struct {
	all []map[string]any
	// whole reports of an object that it is one lead, whatever lists there are in it, and left of a name that what stands beside
	// several leads under it is none of theirs.
	whole  func(map[string]any) bool
	left   func(name string) bool
	json   *decoding
	people *people
}

// spreadOf finds the leads in the values of a body. Where there are more than one delivery may have it stops at that.
func spreadOf(values []any, d *decoding, m Mapping) ([]map[string]any, error) {
	s := &spread{json: d, whole: m.within, left: m.begins, people: &people{}}
	if list, is := values[0].([]any); is && len(values) == 1 {
		values = list
	}
	err := s.items(values, 0)
	return s.all, cmp.Or(err, d.excess)
}

func (s *spread) add(object map[string]any) error {
	if len(s.all) == maxLeads {
		return tooMany
	}
	s.all = append(s.all, object)
	return nil
}

// value spreads whatever stands in a body or a list.
func (s *spread) value(value any, depth int) error {
	switch v := value.(type) {
	case map[string]any:
		return s.object(v, depth)
	case []any:
		if slices.ContainsFunc(v, isComposite) {
			return s.items(v, depth)
		}
	case string:
		if inner, is := s.json.inner(v); is && depth < maxSpread {
			return s.items(inner, depth+1)
		}
	}
	return s.add(map[string]any{"value": value})
}

// items spreads a list: rows under a header, the names and values of one lead, or one thing after another.
func (s *spread) items(list []any, depth int) error {
	if depth > maxNesting {
		return s.add(map[string]any{"value": list})
	}
	if rows := rowsOf(list, nil); rows != nil {
		return s.rows(rows)
	}
	if pairs := pairsOf(list); len(list) > 1 && pairs.tells() {
		return s.add(map[string]any{"answers": list})
	}
	for _, one := range list {
		if err := s.value(one, depth+1); err != nil {
			return err
		}
	}
	return nil
}

func (s *spread) rows(rows []map[string]any) error {
	for _, row := range rows {
		if err := s.add(row); err != nil {
			return err
		}
	}
	return nil
}

// object spreads an object: the leads of the lists in it, or else the object itself, which is one.
func (s *spread) object(object map[string]any, depth int) error {
	if depth > maxNesting || s.whole(object) {
		return s.add(object)
	}
	v := survey{spread: s}
	v.look(object, nil, anyList, 0)
	before := len(s.all)
	for _, l := range v.leads(object) {
		from := len(s.all)
		if l.rows != nil {
			if err := s.rows(l.rows); err != nil {
				return err
			}
		} else if err := s.items(l.items, depth+1); err != nil {
			return err
		}
		for _, around := range slices.Backward(l.around) {
			s.share(around, from)
		}
	}
	if len(s.all) > before {
		return nil
	}
	if !v.reached && len(v.lists) == 0 && depth < maxSpread {
		if within, found := s.json.unfold(object); found {
			return s.object(within, depth+1)
		}
	}
	return s.add(object)
}

// share gives the leads from a place on what an object around them says beside them.
func (s *spread) share(around map[string]any, from int) {
	leads := s.all[from:]
	for _, name := range besideLeads(around, len(leads)) {
		for _, lead := range leads {
			if _, there := lead[name]; !there && !s.left(name) {
				lead[name] = around[name]
			}
		}
	}
}

// A list is several things in an object, some of which may be leads.
type list struct {
	items []any
	// rows are those of a table, whose items need no look.
	rows []map[string]any
	name string
	// rank says by its name, and path by all names on the way to it, how surely these are leads.
	rank, path int
	around     []map[string]any // the objects in which it stands, from the outermost
	owned      bool             // one of these but the outermost is somebody who can be reached
	reached    int              // how many of it say how somebody can be reached
}

// A survey is what there is in an object.
type survey struct {
	*spread
	lists []list
	// reached means that the object, or one in it that stands in no list, says how somebody can be reached.
	reached bool
}

// look finds the lists in an object and in those within it.
func (v *survey) look(object map[string]any, around []map[string]any, path, depth int) {
	one := v.people.of(object)
	if one.reached {
		v.reached, path = true, anyList // a list within is something of that person's
	}
	around = append(slices.Clip(around), object)
	if rows := columnsOf(object, one.names); rows != nil {
		v.lists = append(v.lists, list{rows: rows, around: around, reached: len(rows)})
	}
	entries, rank := v.entries(object)
	if len(entries) > 0 {
		v.add(list{items: members(object, entries), rank: rank, path: min(path, rank), around: around}, object)
	}
	for _, name := range one.names {
		if isStranger(name) || slices.Contains(entries, name) {
			continue
		}
		rank := rankOfList(name)
		l := list{name: name, rank: rank, path: min(path, rank), around: around}
		switch inner := object[name].(type) {
		case []any:
			if only, is := oneObject(inner); is && !v.people.reachable(only) && depth < maxSpread {
				v.look(only, around, l.path, depth+1)
				continue
			}
			l.items = inner
		case map[string]any:
			if entries, _ := v.entries(inner); len(entries) == len(inner) {
				l.items = members(inner, entries)
			} else if depth < maxSpread {
				v.look(inner, around, l.path, depth+1)
			}
		}
		v.add(l, object)
	}
}

// add adds a list that may be one of leads. What names the columns of a table may stand in the object beside it.
func (v *survey) add(l list, object map[string]any) {
	l.items = v.json.unfoldList(l.items)
	if !slices.ContainsFunc(l.items, isComposite) {
		return
	}
	if l.rows = rowsOf(l.items, object); l.rows != nil {
		l.reached = len(l.rows)
	} else if pairs := pairsOf(l.items); pairs != nil && (pairs.tells() || !leadLists[plainHeader(l.name)]) {
		return
	}
	for _, outer := range l.around[1:] {
		l.owned = l.owned || v.people.of(outer).reached
	}
	for _, one := range l.items {
		if l.rows == nil && v.people.reachable(one) {
			l.reached++
		}
	}
	v.lists = append(v.lists, l)
}

// leads are the lists whose items are leads of their own, none where the object is one.
func (v *survey) leads(object map[string]any) []list {
	var all []list
	switch best := v.best(); {
	case v.reached:
		all = v.only(func(l list) bool {
			return l.rank == sureOfLeads && l.reached > 0 || l.rank == oftenLeads && !l.owned && len(l.items) > 1 && v.people.everyone(l)
		})
	case best >= 0:
		all = v.only(func(l list) bool { return l.reached > 0 && (l.path <= likelyLeads) == (best <= likelyLeads) })
	case !v.people.of(object).named:
		all = v.named()
	}
	n := 0
	for _, l := range all {
		n += max(len(l.items), len(l.rows))
	}
	if n == 1 && all[0].rows == nil && (!v.reached || all[0].rank != sureOfLeads) {
		return nil // it is found in the object, with what stands around it
	}
	return all
}

// best is the rank of the list that is surest one of leads who can be reached, -1 where there is none.
func (v *survey) best() int {
	best := -1
	for _, l := range v.lists {
		if l.reached > 0 && (best < 0 || l.path < best) {
			best = l.path
		}
	}
	return best
}

func (v *survey) only(such func(list) bool) (all []list) {
	for _, l := range v.lists {
		if such(l) {
			all = append(all, l)
		}
	}
	return all
}

// named are the lists of names, where nobody can be reached: of what is bought and sold there are such lists too.
func (v *survey) named() []list {
	all := v.only(func(l list) bool {
		return l.path <= oftenLeads && len(l.items) > 1 && (l.path == sureOfLeads || !slices.ContainsFunc(l.items, isThing))
	})
	if named := slices.IndexFunc(all, func(l list) bool { return slices.ContainsFunc(l.items, v.people.named) }); named >= 0 {
		return all[named : named+1]
	}
	return all[:min(len(all), 1)]
}

// A saying is what an object says of somebody.
type saying struct {
	object         map[string]any // which stays, so that no other has its place
	names          []string       // of its members, sorted
	reached, named bool
	// below is set once it is known whether somebody can be reached by what is in the object, however deep.
	below *bool
}

// people is what is known of objects that were looked at: what leads stand in is looked at from all that is around it.
type people struct{ known map[uintptr]*saying }

func (p *people) of(object map[string]any) *saying {
	place := reflect.ValueOf(object).Pointer()
	if known := p.known[place]; known != nil {
		return known
	}
	names := sortedKeys(object)
	answers := brief(object, names)
	one := &saying{object: object, names: names, reached: answers.reaches(roleEmail, rolePhone), named: answers.reaches(roleName, roleFirst)}
	if p.known == nil {
		p.known = make(map[uintptr]*saying)
	}
	p.known[place] = one
	return one
}

// reachable reports whether something says how to reach somebody, or what is in it does.
func (p *people) reachable(value any) bool {
	switch v := value.(type) {
	case []any:
		return slices.ContainsFunc(v, p.reachable)
	case map[string]any:
		one := p.of(v)
		if one.below == nil {
			found := one.reached
			for name, inner := range v {
				found = found || isComposite(inner) && !isStranger(name) && p.reachable(inner)
			}
			one.below = &found
		}
		return *one.below
	}
	return false
}

// everyone reports whether each of a list says how to reach somebody, by itself or in what is known to hold that.
func (p *people) everyone(l list) bool {
	return l.rows != nil || !slices.ContainsFunc(l.items, func(one any) bool {
		object, is := one.(map[string]any)
		return !is || !p.of(object).reached && !slices.ContainsFunc(sortedKeys(object), func(name string) bool {
			inner, is := oneObject(object[name])
			return is && containers[plainHeader(name)] && p.of(inner).reached
		})
	})
}

func (p *people) named(value any) bool {
	object, is := value.(map[string]any)
	return is && p.of(object).named
}

// thingNames are the names, in their plain form, of what things have and people have not.
var thingNames = wordSet(`price unitprice sku qty quantity amount total subtotal productid variantid barcode cost stock currency totalprice lineid`)

func isThing(value any) bool {
	object, is := value.(map[string]any)
	return is && slices.ContainsFunc(sortedKeys(object), func(name string) bool { return thingNames[plainHeader(name)] })
}

// isComposite reports whether a value has others in it.
func isComposite(value any) bool {
	switch value.(type) {
	case []any, map[string]any:
		return true
	}
	return false
}

// tells reports whether one of the answers surely says who somebody is.
func (a Answers) tells() bool {
	return a.reaches(append(nameRoles[:len(nameRoles):len(nameRoles)], roleEmail, rolePhone)...)
}
