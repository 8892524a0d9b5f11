package ingest

import (
	"slices"
	"strconv"
	"strings"
)

// follow are the answers as a mapping says that they are. What it takes out of an answer is not in it any more; those that it
// is called on stay as they are, since a transaction that runs again reads them again.
func (a Answers) follow(m Mapping) Answers {
	if len(m) == 0 {
		return a
	}
	a = slices.Clone(a)
	var found Answers
	for _, target := range sortedKeys(m) {
		places := m[target]
		if i := a.named(places[0]); len(places) == 1 && i >= 0 {
			a[i].role, a[i].mapped = mappedRoles[target], true
			continue
		}
		found.addMapped(target, places, a.pluck)
	}
	return append(found, slices.DeleteFunc(a, func(one answer) bool { return one.value == nil })...)
}

// addMapped adds the text that a mapping's places give together. take gives the value at a place, and takes it away.
func (a *Answers) addMapped(target string, places []string, take func(place string) (any, bool)) {
	r := mappedRoles[target]
	var taken Answers
	for _, place := range places {
		if value, found := take(place); found {
			taken.Add(place, value)
		}
	}
	switch len(taken) {
	case 0:
		return
	case 1:
		taken[0].name, taken[0].role, taken[0].mapped = target, r, true
	default:
		texts := make([]string, len(taken))
		for i, one := range taken {
			texts[i], _ = one.textAs(r)
		}
		text, took := joined(r, texts)
		*a = append(*a, answer{name: target, role: r, mapped: true, value: text})
		taken = taken[took:]
	}
	*a = append(*a, taken...)
}

// named is the place of the answer that has a name, as it stands or else without regard to case, punctuation or spaces; -1
// where none has.
func (a Answers) named(name string) int {
	name = strings.TrimSpace(name)
	for _, like := range []func(string) bool{
		func(other string) bool { return other == name },
		func(other string) bool { return strings.EqualFold(other, name) },
		func(other string) bool { return plainHeader(other) == plainHeader(name) },
	} {
		for i, one := range a {
			if one.value != nil && (like(one.name) || slices.ContainsFunc(one.also, like)) {
				return i
			}
		}
	}
	return -1
}

// pluck takes the value at a place out of the answers: all of the answer of that name, or what is at a path within one.
func (a Answers) pluck(place string) (any, bool) {
	if i := a.named(place); i >= 0 {
		value := a[i].value
		a[i].value = nil
		return value, true
	}
	for dot := range place {
		if place[dot] != '.' {
			continue
		}
		if i := a.named(place[:dot]); i >= 0 {
			within := storable(a[i].value) // a copy
			if value, found := pluck(within, place[dot+1:]); found {
				a[i].value = storable(within)
				return value, true
			}
		}
	}
	return nil, false
}

// pluck finds the value at a path and takes it out of the object that holds it. A member's name may hold dots itself: then
// it wins over a path. Numbers in a path are places in a list.
func pluck(tree any, path string) (any, bool) {
	switch node := tree.(type) {
	case map[string]any:
		if value, found := node[path]; found {
			delete(node, path)
			return value, true
		}
		for dot := range path {
			if path[dot] != '.' {
				continue
			}
			if member, found := node[path[:dot]]; found {
				if value, found := pluck(member, path[dot+1:]); found {
					return value, true
				}
			}
		}
	case []any:
		first, rest, deeper := strings.Cut(path, ".")
		i, err := strconv.Atoi(first)
		switch {
		case err != nil || i < 0 || i >= len(node):
			return nil, false
		case !deeper:
			return node[i], true
		}
		return pluck(node[i], rest)
	}
	return nil, false
}
