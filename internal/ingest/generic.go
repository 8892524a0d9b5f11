package ingest

import (
	"bytes"
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
	if len(settings.Mapping) == 0 || !looksLikeJSON(r.Body) {
		return unmappedParse(settings, r)
	}
	trees, err := jsonTrees(r.Body)
	if err != nil {
		return Parsed{}, err
	}
	var p Parsed
	for i, tree := range trees {
		p.add(r, i, mapped(tree, settings.Mapping))
	}
	return p, nil
}

// looksLikeJSON reports whether a body begins as JSON objects and arrays do.
func looksLikeJSON(body []byte) bool {
	body = bytes.TrimSpace(bytes.TrimPrefix(body, []byte("\ufeff")))
	return len(body) > 0 && (body[0] == '{' || body[0] == '[')
}

// unmappedParse reads a body by the names at its top, or by those of a form's fields.
func unmappedParse(settings store.IntegrationSettings, r Request) (Parsed, error) {
	all, err := answersOf(r)
	if err != nil {
		return Parsed{}, err
	}
	var p Parsed
	for i, answers := range all {
		p.add(r, i, answers.lead(settings.Mapping))
	}
	return p, nil
}

// add adds the i-th lead of a request.
func (p *Parsed) add(r Request, i int, l Lead) {
	if l.ID == "" {
		l.ID = requestID(r, i)
	}
	p.addAttributed(r, l)
}

// addAttributed adds a lead with what the request's address says of where it came from, which is read once for all of them.
func (p *Parsed) addAttributed(r Request, l Lead) {
	if p.asked == nil {
		p.asked = askedBy(r.Query)
	}
	l.Attribution.addMissing(p.asked)
	p.Leads = append(p.Leads, l)
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
	var all Answers
	for _, target := range sortedKeys(mapping) {
		if value, found := pluck(object, strings.Split(mapping[target], ".")); found {
			all.addAs(mappedRoles[target], target, value)
		}
	}
	for _, name := range sortedKeys(object) {
		all.Add(name, object[name])
	}
	return all.lead(nil)
}

// mappedRoles are what a mapping may name.
var mappedRoles = map[string]role{"name": roleName, "email": roleEmail, "phone": rolePhone, "external_id": roleExternalID}

// lead is answers as a lead of one's own program or form: they may tell its id, its source, what brought it in and what the
// person agreed to. The mapping says by which names.
func (a Answers) lead(mapping map[string]string) Lead {
	for target, name := range mapping {
		for i := range a {
			if a[i].name == name {
				a[i].role = mappedRoles[target]
			}
		}
	}
	l := Lead{Attribution: Attribution{}, Consent: make(map[string]any), Own: true}
	for _, one := range l.Attribution.takeFrom(a) {
		switch plain := plainHeader(one.name); {
		case plain == "istest" && one.role == roleNone:
			l.Test, _ = one.value.(bool)
		case one.role == roleNone && consentNames[plain]:
			l.addConsent(one)
		default:
			l.Answers = append(l.Answers, one)
		}
	}
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
