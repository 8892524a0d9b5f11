package ingest

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/leadwheel/leadwheel/store"
)

// generic reads what any program sends: JSON of any shape, or whatever a form may send.
type generic struct{}

const idempotencyKey = "Idempotency-Key"

// Headers implements Provider.
func (generic) Headers() []string {
	return []string{webhookID, webhookTimestamp, webhookSignature, idempotencyKey}
}

// Verify implements Provider. Without a secret whoever knows the address may deliver.
func (generic) Verify(s Secrets, r Request) error {
	if s.Secret == "" {
		return nil
	}
	return verifyWebhook(s.Secret, r)
}

// Parse implements Provider. An array is as many leads.
func (generic) Parse(settings store.IntegrationSettings, r Request) (Parsed, error) {
	values, err := jsonValues(r.Body)
	if err != nil {
		return Parsed{}, err
	}
	var trees []any
	for _, value := range values {
		tree, err := decodeAny(value)
		if err != nil {
			return Parsed{}, &UnmappedError{"the body is not JSON"}
		}
		if list, is := tree.([]any); is {
			trees = append(trees, list...)
		} else {
			trees = append(trees, tree)
		}
	}
	if len(trees) > maxLeads {
		return Parsed{}, &UnmappedError{fmt.Sprintf("the body holds more than %d leads; send them as an import", maxLeads)}
	}
	var p Parsed
	for i, tree := range trees {
		object, is := tree.(map[string]any)
		if !is {
			object = map[string]any{"value": tree}
		}
		l := mapped(object, settings.Mapping)
		if l.ID == "" {
			l.ID = requestID(r, i)
		}
		p.Leads = append(p.Leads, l)
	}
	return p, nil
}

// maxLeads bounds the leads of one delivery: TikTok and Meta send a thousand at the most.
const maxLeads = 1000

// requestID is what the sender says makes its request the same when it comes again, for the i-th lead in it.
func requestID(r Request, i int) string {
	for _, name := range []string{idempotencyKey, webhookID} {
		if id := Clean(r.Header.Get(name)); id != "" {
			if i > 0 {
				id += "#" + strconv.Itoa(i)
			}
			return name + ":" + id
		}
	}
	return ""
}

// mapped is an object as a lead. What the mapping names comes from where it says, and everything else from the names at
// the top.
func mapped(object map[string]any, mapping map[string]string) Lead {
	l := Lead{Attribution: Attribution{}, Own: true}
	var first Answers
	for _, target := range slices.Sorted(maps.Keys(mapping)) {
		value, found := pluck(object, strings.Split(mapping[target], "."))
		one := answer{value: storable(value)}
		switch {
		case !found:
		case target == "external_id":
			l.ID = one.text()
		default:
			first.Add(target, one.value)
		}
	}
	l.Test, _ = object["is_test"].(bool)
	for _, name := range slices.Sorted(maps.Keys(object)) {
		first.Add(name, object[name])
	}
	l.Answers = l.Attribution.takeFrom(first)
	return l
}

// pluck finds the value at a path and takes it out of the object that holds it. Numbers in a path are places in a list.
func pluck(tree any, path []string) (any, bool) {
	switch node := tree.(type) {
	case map[string]any:
		value, found := node[path[0]]
		if !found || len(path) == 1 {
			delete(node, path[0])
			return value, found
		}
		return pluck(value, path[1:])
	case []any:
		i, err := strconv.Atoi(path[0])
		if err != nil || i < 0 || i >= len(node) {
			return nil, false
		}
		if len(path) == 1 {
			return node[i], true
		}
		return pluck(node[i], path[1:])
	}
	return nil, false
}
