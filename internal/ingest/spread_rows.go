package ingest

import (
	"cmp"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode"

	contacts "github.com/leadwheel/leadwheel/internal/contact"
)

// headerNames are the names, in their plain form, under which the columns of rows are named beside them.
var headerNames = []string{"headers", "header", "columns", "columnnames", "cols", "fields", "fieldnames", "names", "keys", "headings", "schema"}

// rowsOf is a table as objects: lists of texts and numbers under a first one that names the columns, or under names that an
// object around them has. Rows without names for their columns are one too where an address or a number tells that. It is nil
// for other lists.
func rowsOf(list []any, around map[string]any) []map[string]any {
	var rows [][]any
	for _, one := range list {
		row, is := one.([]any)
		if !is || slices.ContainsFunc(row, isComposite) {
			return nil
		}
		rows = append(rows, row)
	}
	if len(rows) == 0 {
		return nil
	}
	if names := namesOf(rows[0]); namesColumns(names) && len(rows) > 1 {
		return under(names, rows[1:])
	}
	for _, name := range sortedKeys(around) {
		if beside, is := around[name].([]any); is && slices.Contains(headerNames, plainHeader(name)) {
			if names := namesOf(beside); namesColumns(names) {
				return under(names, rows)
			}
		}
	}
	if 2*len(slices.DeleteFunc(slices.Clone(rows), func(row []any) bool { return !slices.ContainsFunc(row, isContact) })) >= len(rows) {
		return under(nil, rows)
	}
	return nil
}

// namesOf are the names of columns: texts, or what objects call themselves. There are none where one is neither.
func namesOf(list []any) []string {
	names := make([]string, len(list))
	for i, one := range list {
		switch v := one.(type) {
		case nil:
		case string:
			names[i] = Clean(v)
		case map[string]any:
			for _, key := range []string{"label", "title", "name", "header", "key", "field", "id"} {
				names[i] = cmp.Or(names[i], firstText(v[key]))
			}
		default:
			return nil
		}
	}
	return names
}

// namesColumns reports whether texts name columns: one of them who somebody is, and none is an address or a number itself.
func namesColumns(names []string) bool {
	told := false
	for _, name := range names {
		if looksLikeEmail([]byte(name)) || looksLikePhone([]byte(name)) {
			return false
		}
		told = told || Answers{{name: name, value: name}}.tells()
	}
	return told
}

// under are rows as objects, by the names of their columns.
func under(names []string, rows [][]any) []map[string]any {
	taken := make(map[string]bool)
	for i, name := range names {
		names[i] = uniqueHeader(cmp.Or(name, "column "+strconv.Itoa(i+1)), taken)
	}
	all := make([]map[string]any, len(rows))
	for i, row := range rows {
		all[i] = make(map[string]any, len(row))
		for j, cell := range row {
			for len(names) <= j {
				names = append(names, uniqueHeader("column "+strconv.Itoa(len(names)+1), taken))
			}
			all[i][names[j]] = cell
		}
	}
	return all
}

// isContact reports whether a text is an address, or a number with its country's code.
func isContact(value any) bool {
	text, is := value.(string)
	return is && (contacts.Email(text) != "" || contacts.Phone(text, "") != "")
}

// columnsOf are the leads of an object that has a list of their names, and one as long of their addresses or numbers.
func columnsOf(object map[string]any, names []string) []map[string]any {
	columns, roles := make(map[string][]any), make(map[role]int)
	for _, name := range names {
		if !isComposite(object[name]) {
			continue
		}
		list := listOf(object[name])
		if len(list) < 2 || slices.ContainsFunc(list, isComposite) {
			continue
		}
		columns[name] = list
		if r := (answer{name: name}).meaning(); r != roleNone && roles[r] == 0 && looksLike(r, list) {
			roles[r] = len(list)
		}
	}
	size := cmp.Or(roles[roleName], roles[roleFirst])
	if size == 0 || roles[roleEmail] != size && roles[rolePhone] != size {
		return nil
	}
	all := make([]map[string]any, size)
	for i := range all {
		all[i] = make(map[string]any, len(columns))
		for name, list := range columns {
			if len(list) == size {
				all[i][name] = list[i]
			}
		}
	}
	return all
}

// looksLike reports whether a list may be one of a role: addresses and numbers look like that.
func looksLike(r role, list []any) bool {
	return !slices.ContainsFunc(list, func(one any) bool {
		text := []byte(firstText(one))
		return len(text) > 0 && (r == roleEmail && !looksLikeEmail(text) || r == rolePhone && !looksLikePhone(text))
	})
}

// listOf is a value that is a list, or an object that numbers what is in it.
func listOf(value any) []any {
	switch v := value.(type) {
	case []any:
		return v
	case map[string]any:
		if names := sortedKeys(v); !slices.ContainsFunc(names, func(name string) bool { return !isNumber(name) }) {
			sortNumbers(names)
			return members(v, names)
		}
	}
	return nil
}

// ordinalName is a name with a number behind it, as lead_2.
var ordinalName = regexp.MustCompile(`^(\p{L}+)[ _-]?\d{1,6}$`)

func isNumber(name string) bool {
	return name != "" && len(name) <= 20 && strings.Trim(name, "0123456789") == ""
}

// sortNumbers sorts names that are numbers.
func sortNumbers(names []string) {
	slices.SortStableFunc(names, func(a, b string) int { return cmp.Or(cmp.Compare(len(a), len(b)), cmp.Compare(a, b)) })
}

// entries are the names of the members of an object that make it a list by another form, and how surely that is one of leads: it
// numbers them, or names them by the keys of people's records.
func (v *survey) entries(object map[string]any) (names []string, rank int) {
	all := v.people.of(object).names
	if names = slices.DeleteFunc(slices.Clone(all), func(name string) bool { return !isNumber(name) || !isComposite(object[name]) }); len(names) > 0 {
		sortNumbers(names)
		rank = oftenLeads
	} else {
		names = slices.DeleteFunc(slices.Clone(all), func(name string) bool {
			inner, is := object[name].(map[string]any)
			return !is || !isRecordName(name) || !v.people.of(inner).reached
		})
		rank = likelyLeads
	}
	if len(names) < 2 && len(names) < len(object) {
		return nil, anyList
	}
	return names, rank
}

// members are the members of an object with some names.
func members(object map[string]any, names []string) []any {
	list := make([]any, len(names))
	for i, name := range names {
		list[i] = object[name]
	}
	return list
}

// isRecordName reports whether a name is one with a number, as those of lists have, or a key such as programs make.
func isRecordName(name string) bool {
	if parts := ordinalName.FindStringSubmatch(name); parts != nil {
		return rankOfList(parts[1]) < anyList
	}
	if len(name) < shortestKey || strings.ContainsFunc(name, func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) && r != '-' && r != '_' }) {
		return false
	}
	return name[0] == '-' || digitsIn(name) >= fewestKeyDigits
}

// shortestKey and fewestKeyDigits are how many characters, and how many digits of them, make a name the key of a record.
const (
	shortestKey     = 12
	fewestKeyDigits = 4
)

// within reports whether a mapping finds in an object who the lead is.
func (m Mapping) within(object map[string]any) bool {
	for target, places := range m {
		if target != "external_id" && slices.ContainsFunc(places, func(place string) bool { return holds(object, place) }) {
			return true
		}
	}
	return false
}

// begins reports whether a name is one of a mapping's places, or the first of the way to one.
func (m Mapping) begins(name string) bool {
	for _, places := range m {
		if slices.ContainsFunc(places, func(place string) bool { return place == name || strings.HasPrefix(place, name+".") }) {
			return true
		}
	}
	return false
}

// holds reports whether there is something at a path, as pluck finds it.
func holds(tree any, path string) bool {
	switch node := tree.(type) {
	case map[string]any:
		if value, found := node[path]; found {
			return value != nil
		}
		for dot := range path {
			if path[dot] == '.' && holds(node[path[:dot]], path[dot+1:]) {
				return true
			}
		}
	case []any:
		first, rest, deeper := strings.Cut(path, ".")
		i, err := strconv.Atoi(first)
		return err == nil && i >= 0 && i < len(node) && (!deeper || holds(node[i], rest))
	}
	return false
}
