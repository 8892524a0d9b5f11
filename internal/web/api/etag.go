package api

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"maps"
	"net/http"
	"slices"
	"strings"
)

// An etag tells what an item was when it was read. It has two parts: the state is what people and programs set, which must
// be unchanged for a change to be made (If-Match), and the view is all that was answered, which must be unchanged for the
// answer to be spared (If-None-Match). The state leaves out what moves by itself, or nobody could edit a member while leads
// are going out to them.
type etag struct{ state, view string }

func (e etag) String() string { return `"` + e.state + "." + e.view + `"` }

// tagOf is the tag of an answer: JSON of an item of a kind. It is zero where that is no object.
func tagOf(body []byte, k itemKind) etag {
	var members map[string]json.RawMessage
	if json.Unmarshal(body, &members) != nil || members == nil {
		return etag{}
	}
	for _, name := range k.once {
		delete(members, name)
	}
	// Some answers leave out what others have as empty.
	maps.DeleteFunc(members, func(_ string, value json.RawMessage) bool { return hollow(value) })
	view := digest(members)
	for _, name := range k.moves {
		delete(members, name)
	}
	return etag{digest(members), view}
}

// hollow reports whether a value holds nothing, or counts nothing.
func hollow(value json.RawMessage) bool {
	var members map[string]json.RawMessage
	if string(value) == "[]" || json.Unmarshal(value, &members) != nil {
		return string(value) == "[]"
	}
	for _, v := range members {
		if string(v) != "0" && string(v) != "null" {
			return false
		}
	}
	return true
}

// digest is short text that is another for other members.
func digest(members map[string]json.RawMessage) string {
	h := sha256.New()
	for _, name := range slices.Sorted(maps.Keys(members)) {
		h.Write([]byte(name))
		h.Write([]byte{0})
		h.Write(members[name])
		h.Write([]byte{0}) // JSON has none
	}
	return base64.RawURLEncoding.EncodeToString(h.Sum(nil)[:12])
}

// Conditions are what a request says of the tag that its item must have, by RFC 9110, 13.1.
type conditions struct{ match, noneMatch *tagList }

func conditionsOf(h http.Header) conditions {
	return conditions{tagsOf(h.Values("If-Match")), tagsOf(h.Values("If-None-Match"))}
}

func (c conditions) any() bool { return c.match != nil || c.noneMatch != nil }

// status is what the request is to be answered with where its item has a tag: 412 or 304, or 0 where it may go on.
func (c conditions) status(method string, e etag) int {
	// Tags that are weak, as some proxies make them, say nothing of the state: by the RFC they fit no If-Match.
	if c.match != nil && !c.match.has(func(t tag) bool { return !t.weak && stateOf(t.text) == e.state }) {
		return http.StatusPreconditionFailed
	}
	if c.noneMatch == nil || !c.noneMatch.has(func(t tag) bool { return t.text == e.state+"."+e.view }) {
		return 0
	}
	if method == http.MethodGet {
		return http.StatusNotModified
	}
	return http.StatusPreconditionFailed
}

func stateOf(text string) string {
	state, _, _ := strings.Cut(text, ".")
	return state
}

// A tagList is what a header lists: tags, or any at all.
type tagList struct {
	any  bool
	tags []tag
}

type tag struct {
	text string
	weak bool
}

func (l tagList) has(fits func(tag) bool) bool { return l.any || slices.ContainsFunc(l.tags, fits) }

// tagsOf reads a header of tags, nil where the request has none. What is no tag fits nothing: a condition that cannot be
// read must not pass for one that holds.
func tagsOf(values []string) *tagList {
	if len(values) == 0 {
		return nil
	}
	rest := strings.TrimSpace(strings.Join(values, ","))
	l := &tagList{any: rest == "*"}
	for !l.any {
		rest = strings.TrimLeft(rest, " \t,")
		if rest == "" {
			break
		}
		opaque, weak := strings.CutPrefix(rest, "W/")
		quoted, is := strings.CutPrefix(opaque, `"`)
		text, after, closed := strings.Cut(quoted, `"`)
		if !is || !closed {
			_, rest, _ = strings.Cut(rest, ",")
			continue
		}
		rest = after
		l.tags = append(l.tags, tag{text, weak})
	}
	return l
}
