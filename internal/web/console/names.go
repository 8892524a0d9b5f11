package console

import (
	"cmp"
	"net/url"
	"slices"
	"strings"
)

// refersTo are the collections that fields' ids belong to, by the field's name.
var refersTo = map[string]string{
	"member_id": "members", "moved_from": "members", "group_id": "groups", "source_id": "sources", "integration_id": "integrations",
	"lead_id": "leads", "source_lead_id": "leads", "duplicate_of": "leads", "assigned_lead_id": "assigned-leads", "customer_id": "customers",
}

// few are the collections that are read as a whole to find names in.
var few = []string{"members", "groups", "sources", "integrations"}

// names finds what the things are called that ids stand for. Each is read once a visit.
type names struct {
	get   func(path string, answer any) error
	known map[string]string // by collection and id
	read  map[string][]option
}

// An option is one of a few things to choose from.
type option struct{ Value, Label string }

// of is the name of the thing with an id in a collection, and whether there is such a thing any more.
func (n *names) of(collection, id string) (name string, exists bool) {
	if slices.Contains(few, collection) {
		n.options(collection)
	}
	key := collection + "/" + id
	if name, known := n.known[key]; known {
		return cmp.Or(name, short(id)), name != ""
	}
	var one object
	if err := n.get("/v1/"+collection+"/"+url.PathEscape(id), &one); err == nil {
		name = called(one)
	}
	n.know(key, name)
	return cmp.Or(name, short(id)), name != ""
}

// options are a collection's things by name, the newest 500 of them.
func (n *names) options(collection string) []option {
	if all, read := n.read[collection]; read {
		return all
	}
	var page list
	if err := n.get("/v1/"+collection+"?limit=500", &page); err != nil {
		page.Items = nil // names are a help: ids are shown without them
	}
	all := make([]option, 0, len(page.Items))
	for _, one := range page.Items {
		all = append(all, option{one.text("id"), called(one)})
		n.know(collection+"/"+one.text("id"), called(one))
	}
	slices.SortFunc(all, func(a, b option) int {
		return cmp.Or(cmp.Compare(strings.ToLower(a.Label), strings.ToLower(b.Label)), cmp.Compare(a.Value, b.Value))
	})
	if n.read == nil {
		n.read = map[string][]option{}
	}
	n.read[collection] = all
	return all
}

func (n *names) know(key, name string) {
	if n.known == nil {
		n.known = map[string]string{}
	}
	n.known[key] = name
}

// called is what people call a thing.
func called(one object) string {
	return cmp.Or(one.text("name"), one.text("phone"), one.text("email"), one.text("url"), short(one.text("id")))
}

// short is the end of an id, which differs most.
func short(id string) string {
	if len(id) <= 8 {
		return id
	}
	return "…" + id[len(id)-8:]
}
