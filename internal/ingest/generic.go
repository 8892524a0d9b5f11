package ingest

import (
	"bytes"

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
	mapping := mappingOf(settings)
	if len(mapping) == 0 || !looksLikeJSON(r.Body) {
		return unmappedParse(settings, r)
	}
	trees, err := jsonTrees(r.Body, mapping)
	if err != nil {
		return Parsed{}, err
	}
	var p Parsed
	for _, tree := range trees {
		p.add(r, mapped(tree, mapping))
	}
	return p, nil
}

// looksLikeJSON reports whether a body begins as JSON objects and arrays do.
func looksLikeJSON(body []byte) bool {
	body = bytes.TrimSpace(bytes.TrimPrefix(body, []byte("\ufeff")))
	return holdsJSON(string(body[:min(len(body), 1)]))
}

// unmappedParse reads a body by the names at its top, or by those of a form's fields.
func unmappedParse(settings store.IntegrationSettings, r Request) (Parsed, error) {
	all, err := answersOf(r)
	if err != nil {
		return Parsed{}, err
	}
	var p Parsed
	for _, answers := range all {
		p.add(r, answers.lead(mappingOf(settings)))
	}
	return p, nil
}

// add adds a lead of a request, with what the request's address says of where it came from, which is read once for all of them.
func (p *Parsed) add(r Request, l Lead) {
	if p.asked == nil {
		p.asked = askedBy(r.Query)
	}
	l.Attribution.addMissing(p.asked)
	p.Leads = append(p.Leads, l)
}

// maxLeads bounds the leads of one delivery, which is stored in one transaction.
const maxLeads = 5000

// mapped is an object as a lead. What the mapping names comes from where it says, and everything else from the names at
// the top.
func mapped(object map[string]any, mapping Mapping) Lead {
	var all Answers
	for _, target := range sortedKeys(mapping) {
		all.addMapped(target, mapping[target], func(path string) (any, bool) { return pluck(object, path) })
	}
	all = append(all, treeAnswers(object, all.reaches(roleEmail, rolePhone))...)
	return all.lead(nil)
}

// lead is answers as a lead of one's own program or form: they may tell its id, its source, what brought it in and what the
// person agreed to. The mapping says by which names.
func (a Answers) lead(mapping Mapping) Lead {
	a = a.follow(mapping)
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
