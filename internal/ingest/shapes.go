package ingest

import (
	"encoding/json"
	"slices"
	"strings"
)

// containers are the names, in their plain form (see plainHeader), under which forms and programs keep what the person
// filled in, as a list or an object of names and values.
var containers = wordSet(`fields field fielddata usercolumndata answers answer questions question questionsandanswers formfields form formdata
	forms data response responses formresponse submission submissions values value customfields properties property entry entries
	payload body lead contact customer person prospect user buyer client applicant visitor record inputs input columns column params param
	parameters parameter items item namedvalues attributes content results result details post request object event message`)

// strangers are the names of what has contacts of somebody else's in a delivery.
var strangers = wordSet(`agent owner vendor dealer seller broker salesperson provider account site staff manager team assignee assignedto
	createdby updatedby author company organization organisation business merchant store page recipient to host organizer advertiser`)

// labelKeys and valueKeys are the names of a name and of its value, where these are members of an object. The first that
// is there counts, and of the names first one that is known.
var (
	labelKeys = []string{
		"label", "title", "question", "name", "field", "field_label", "field_name", "fieldname", "column_name", "key", "column_id", "field_id", "id",
		"questionid", "ref",
	}
	valueKeys = []string{"value", "values", "answer", "answers", "string_value", "response", "text", "val", "raw_value", "input"}
)

func wordSet(text string) map[string]bool {
	set := make(map[string]bool)
	for _, word := range strings.Fields(text) {
		set[word] = true
	}
	return set
}

// treeAnswers are what an object says: its members, those of lists of names and values one by one, and names in their
// parts as one. Where nobody can be reached by them, what lies deeper is looked through for somebody who can; known means
// that this need not be.
func treeAnswers(object map[string]any, known bool) Answers {
	a := flat(object, "")
	if known || a.reaches(roleEmail, rolePhone) {
		return a
	}
	if path := pathTo(object, roleEmail, rolePhone); path != nil {
		return along(object, path)
	}
	if a.reaches(roleName, roleFirst, roleLast) {
		return a
	}
	if path := pathTo(object, roleName, roleFirst, roleLast); path != nil {
		return along(object, path)
	}
	return a
}

// flat is the answers of an object's members but one.
func flat(object map[string]any, but string) Answers {
	var t telling
	for _, name := range sortedKeys(object) {
		if name != but || but == "" {
			t.addMember(name, object[name])
		}
	}
	return t.Answers
}

// brief is as much of an object's answers as says whether somebody can be reached: of what is deep in it nothing is kept.
func brief(object map[string]any, names []string) Answers {
	t := telling{brief: true}
	for _, name := range names {
		t.addMember(name, object[name])
	}
	return t.Answers
}

// along is the answers of the object at a path, and then those that stand on the way to it.
func along(object map[string]any, path []string) Answers {
	if len(path) == 0 {
		return flat(object, "")
	}
	inner, is := oneObject(object[path[0]])
	if !is {
		return flat(object, "")
	}
	return append(along(inner, path[1:]), flat(object, path[0])...)
}

// oneObject is a value that is an object, or a list of one.
func oneObject(value any) (object map[string]any, is bool) {
	if list, many := value.([]any); many && len(list) == 1 {
		value = list[0]
	}
	object, is = value.(map[string]any)
	return object, is
}

// maxDeep is how deep somebody is looked for.
const maxDeep = 16

// pathTo finds the nearest object below one that says how to reach somebody, nil where there is none. Names alone count
// only where they are sure to be the person's.
func pathTo(object map[string]any, roles ...role) []string {
	type place struct {
		object map[string]any
		path   []string
	}
	contact := slices.Contains(roles, roleEmail)
	for level := []place{{object, nil}}; len(level) > 0; {
		var below []place
		for _, p := range level {
			for _, name := range sortedKeys(p.object) {
				plain := plainHeader(name)
				inner, is := oneObject(p.object[name])
				if !is || strangers[plain] || !contact && !containers[plain] {
					continue
				}
				path := append(slices.Clone(p.path), name)
				if brief(inner, sortedKeys(inner)).reaches(roles...) {
					return path
				}
				if len(path) < maxDeep {
					below = append(below, place{inner, path})
				}
			}
		}
		level = below
	}
	return nil
}

// reaches reports whether one of the answers is surely of one of the roles.
func (a Answers) reaches(roles ...role) bool {
	return slices.ContainsFunc(a, func(one answer) bool {
		r := one.meaning()
		return slices.Contains(roles, r) && one.text() != ""
	})
}

// A telling is the answers of an object while they are gathered. One that is brief leaves out what is deep in them.
type telling struct {
	Answers
	brief bool
}

// keep adds an answer of which it may be known what it is.
func (t *telling) keep(r role, name string, value any) {
	if t.brief && isComposite(value) {
		value = firstText(value)
	}
	t.addAs(r, name, value)
}

// addMember adds a member of an object.
func (t *telling) addMember(name string, value any) {
	switch v := value.(type) {
	case map[string]any:
		t.addObject(name, v)
		return
	case []any:
		inside := containers[plainHeader(name)]
		if pairs := t.pairs(v); pairs != nil && (inside || !isStranger(name) && pairs.reaches(roleEmail, rolePhone)) {
			t.Answers = append(t.Answers, pairs...)
			return
		}
		if t.addFirst(name, v) {
			return
		}
	}
	t.keep(roleNone, name, value)
}

// addFirst adds the first address or number of a list of objects that are one each, and reports whether there is one.
func (t *telling) addFirst(name string, list []any) bool {
	r := answer{name: name}.meaning()
	if r != roleEmail && r != rolePhone {
		return false
	}
	for _, one := range list {
		if object, is := one.(map[string]any); is {
			if text, _ := (answer{value: object}).textAs(r); text != "" {
				t.addAs(r, name, text)
				if len(list) > 1 {
					t.keep(roleField, name, list)
				}
				return true
			}
		}
	}
	return false
}

// addObject adds an object: the parts of a name, a value with what is said about it, an address or a number in a member
// of its own, or as it is.
func (t *telling) addObject(name string, object map[string]any) {
	r := answer{name: name}.meaning()
	if full := joinedName(object); full != "" && (r == roleName || r == roleNone && strings.Contains(plainHeader(name), "name")) {
		t.addAs(roleName, name, full)
		return
	}
	if label, value, is := pairOf(object, name); is {
		t.addPair(label, value, object)
		return
	}
	if r == roleEmail || r == rolePhone {
		if text, _ := (answer{value: object}).textAs(r); text != "" {
			t.addAs(r, name, text)
			return
		}
	}
	if containers[plainHeader(name)] && len(object) > 0 {
		keys := sortedKeys(object)
		values := make([]any, len(keys))
		for i, key := range keys {
			values[i] = object[key]
		}
		if pairsOf(values) != nil {
			for _, key := range keys {
				t.addMember(key, object[key])
			}
			return
		}
	}
	t.keep(roleNone, name, object)
}

func (t *telling) addPair(label string, value any, object map[string]any) {
	if inner, nested := value.(map[string]any); nested {
		t.addObject(label, inner)
		return
	}
	t.keep(roleOfType(label, object), label, value)
}

// nameKeys are the names, in their plain form, of the parts of a name, those of one in the order in which they count.
var nameKeys = map[string][]string{
	"whole": {"full", "fullname", "formatted", "displayname"}, "first": {"first", "firstname", "given", "givenname", "fname"},
	"last": {"last", "lastname", "family", "familyname", "surname", "lname"}, "before": {"prefix", "title", "salutation"},
	"middle": {"middle", "middlename"}, "after": {"suffix"},
}

// joinedName is a name that comes in parts, empty where an object is none.
func joinedName(object map[string]any) string {
	texts := make(map[string]string)
	for name, value := range object {
		if len(name) <= len("display - name") {
			if plain := plainHeader(name); nameWords[plain] {
				if text := firstText(value); text != "" && (texts[plain] == "" || text < texts[plain]) {
					texts[plain] = text
				}
			}
		}
	}
	part := func(kind string) string {
		for _, key := range nameKeys[kind] {
			if texts[key] != "" {
				return texts[key]
			}
		}
		return ""
	}
	if whole := part("whole"); whole != "" || part("first") == "" && part("last") == "" {
		return whole
	}
	all := []string{part("before"), part("first"), part("middle"), part("last"), part("after")}
	return strings.Join(strings.Fields(strings.Join(all, " ")), " ")
}

// nameWords are all of nameKeys.
var nameWords = func() map[string]bool {
	all := make(map[string]bool)
	for _, keys := range nameKeys {
		for _, key := range keys {
			all[key] = true
		}
	}
	return all
}()

// pairs is a list of names and values as answers, nil where one of it is none.
func (t *telling) pairs(list []any) Answers {
	all := telling{brief: t.brief}
	for _, one := range list {
		object, is := one.(map[string]any)
		if !is {
			return nil
		}
		label, value, is := pairOf(object, "")
		if !is {
			return nil
		}
		all.addPair(label, value, object)
	}
	for i := range all.Answers {
		all.Answers[i].asked = true
	}
	return all.Answers
}

// pairsOf are the names and values of a list as far as they say whether somebody can be reached, nil where one is none.
func pairsOf(list []any) Answers { return (&telling{brief: true}).pairs(list) }

// pairOf is an object that holds a value and its name, or its value only, where the object has a name of its own.
func pairOf(object map[string]any, own string) (label string, value any, is bool) {
	members := make(map[string]any, len(object))
	for _, name := range sortedKeys(object) {
		members[strings.ToLower(name)] = object[name]
	}
	for _, key := range valueKeys {
		if value, is = members[key]; is {
			break
		}
	}
	if !is {
		return "", nil, false
	}
	label = own
	for _, key := range labelKeys {
		text := firstText(members[key])
		if text == "" {
			continue
		}
		if (answer{name: text}).meaning() != roleNone {
			return text, value, true
		}
		if label == "" || label == own && own != "" && !known(own) {
			label = text
		}
	}
	return label, value, label != ""
}

// known reports whether a name says what its answer is.
func known(name string) bool {
	return (answer{name: name}).meaning() != roleNone
}

// roleOfType is what an answer is by the type of its question, where its name does not tell.
func roleOfType(label string, object map[string]any) role {
	if known(label) {
		return roleNone // its name tells
	}
	kind := ""
	for _, key := range []string{"type", "field_type", "fieldType", "input_type"} {
		if text, is := object[key].(string); is && kind == "" {
			kind = plainHeader(text)
		}
	}
	switch {
	case strings.Contains(kind, "email"):
		return roleEmail
	case strings.Contains(kind, "phone"), kind == "tel":
		return rolePhone
	}
	return roleNone
}

// besideLeads are the members of an object that each of so many leads in it gets: some short ones, none that says who somebody
// is, and together no more than maxCopied.
func besideLeads(object map[string]any, leads int) (names []string) {
	copied := 0
	for _, name := range sortedKeys(object) {
		if r := (answer{name: name}).meaning(); !isShort(object[name]) || r != roleNone && r != roleSource {
			continue
		}
		if copied += leads * (len(name) + maxBeside); len(names) == 20 || copied > maxCopied {
			break
		}
		names = append(names, name)
	}
	return names
}

// maxCopied bounds what leads of one delivery get of what stands beside them, all together, in bytes.
const maxCopied = 2 << 20

// maxBeside is how long a value is that each of several leads gets: longer ones, each a thousand times, would be more than
// what was sent.
const maxBeside = 200

// isShort reports whether each of several leads may have a value.
func isShort(value any) bool {
	switch v := value.(type) {
	case string:
		return len(v) <= maxBeside
	case json.Number:
		return len(v) <= maxBeside
	case bool:
		return true
	}
	return false
}
