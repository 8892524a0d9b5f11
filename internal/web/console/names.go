package console

import (
	"cmp"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/leadwheel/leadwheel/internal/client"
	"github.com/leadwheel/leadwheel/internal/language"
)

// refersTo are the collections that fields' ids belong to, by the field's name.
var refersTo = map[string]string{
	"member_id": "members", "moved_from": "members", "group_id": "groups", "source_id": "sources", "integration_id": "integrations",
	"lead_id": "leads", "source_lead_id": "leads", "duplicate_of": "leads", "assigned_lead_id": "assigned-leads", "customer_id": "customers",
	"person_id": "people", "api_key_id": "api-keys", "cancelled_by": "api-keys",
}

// few are the collections that are read as a whole to find names in.
var few = []string{"members", "groups", "sources", "integrations", "people", "api-keys"}

// names finds what the things are called that ids stand for. Each is read once a visit.
type names struct {
	v     *visit
	known map[string]string // by collection and id; empty where there is no such thing any more
	read  map[string][]object
	byID  map[string]object // what was read as a whole, by collection and id
	whole map[string]bool   // the collections of which all things are read that there are
	// asked is how many were looked up one by one.
	asked int
}

const (
	// maxAsked bounds what is looked up one by one for a page; further things are called by their ids.
	maxAsked = 100
	// maxOptions bounds what there is to choose from, and its names.
	maxOptions = 5000
)

// An option is one of a few things to choose from; one that is Off can only be seen.
type option struct {
	Value, Label string
	Off          bool
}

// of is the name of the thing with an id in a collection, and whether there is such a thing any more.
func (n *names) of(collection, id string) (name string, exists bool) {
	if slices.Contains(few, collection) {
		n.all(collection)
	}
	key := collection + "/" + id
	if name, known := n.known[key]; known {
		return cmp.Or(name, n.gone(collection)), name != ""
	}
	if n.whole[collection] {
		return n.gone(collection), false
	}
	if n.asked++; n.asked > maxAsked {
		return short(id), true
	}
	var one object
	switch err := n.v.get("/v1/"+collection+"/"+url.PathEscape(id), &one); {
	case err == nil:
		name = n.v.called(one)
	case !client.IsStatus(err, http.StatusNotFound):
		return short(id), true // names are a help: things are shown without them
	}
	n.known[key] = name
	return cmp.Or(name, n.gone(collection)), name != ""
}

// gone is what is said in place of the name of a thing that there is no more.
func (n *names) gone(collection string) string { return n.v.say(lost[collection]) }

// lost are what things are called that there are no more.
var lost = map[string]language.Text{
	"members": "a member that is gone", "groups": "a group that is gone", "sources": "a source that is gone", "integrations": "an integration that is gone",
	"leads": "a lead that is gone", "assigned-leads": "an assigned lead that is gone", "customers": "a customer that is gone", "people": "a person who is gone",
	"api-keys": "a key that is gone",
}

func newNames(v *visit) *names {
	return &names{v: v, known: map[string]string{}, read: map[string][]object{}, byID: map[string]object{}, whole: map[string]bool{}}
}

// all are a collection's things, by name.
func (n *names) all(collection string) []object {
	if all, read := n.read[collection]; read {
		return all
	}
	var all []object
	n.whole[collection] = true
	for one, err := range n.v.walk(collection, nil) {
		if err != nil || len(all) == maxOptions {
			n.whole[collection] = false
			break // ids are shown without names
		}
		all = append(all, one)
		n.known[collection+"/"+one.text("id")] = n.v.called(one)
		n.byID[collection+"/"+one.text("id")] = one
	}
	slices.SortFunc(all, func(a, b object) int {
		return cmp.Or(cmp.Compare(strings.ToLower(n.v.called(a)), strings.ToLower(n.v.called(b))), cmp.Compare(a.text("id"), b.text("id")))
	})
	n.read[collection] = all
	return all
}

// options are those of a collection's things that fit, all of them where nothing says which do.
func (n *names) options(collection string, fits ...func(object) bool) []option {
	var all []option
	for _, one := range n.all(collection) {
		if !slices.ContainsFunc(fits, func(fits func(object) bool) bool { return !fits(one) }) {
			all = append(all, option{Value: one.text("id"), Label: n.v.called(one)})
		}
	}
	return all
}

// one is a thing of a collection that is read as a whole, nil where there is none with this id.
func (n *names) one(collection, id string) object {
	n.all(collection)
	return n.byID[collection+"/"+id]
}

// learn reads the names of all leads that rows refer to at once.
func (n *names) learn(rows []object) {
	var ids []string
	for _, row := range rows {
		for _, f := range row {
			id, is := f.Value.(string)
			if _, known := n.known["leads/"+id]; is && !known && refersTo[f.Name] == "leads" && !slices.Contains(ids, id) {
				ids = append(ids, id)
			}
		}
	}
	for some := range slices.Chunk(ids, maxPage) {
		var read list
		if n.v.get("/v1/leads?"+url.Values{"ids": {strings.Join(some, ",")}, "limit": {strconv.Itoa(maxPage)}}.Encode(), &read) != nil {
			return // names are a help: things are shown without them
		}
		for _, id := range some {
			n.known["leads/"+id] = ""
		}
		for _, one := range read.Items {
			n.known["leads/"+one.text("id")] = n.v.called(one)
		}
	}
}

// called is what people call a thing.
func (v *visit) called(one object) string {
	return cmp.Or(one.text("name"), one.text("title"), one.text("file_name"), one.text("phone"), one.text("email"), one.text("url"), v.unnamed(one), short(one.text("id")))
}

// unnamed is what a key is called that has no name, empty for other things.
func (v *visit) unnamed(one object) string {
	if role := one.text("role"); role != "" {
		return v.say("a key (%s)", v.worded("role", role))
	}
	return ""
}

// short is the end of an id, which differs most.
func short(id string) string {
	if len(id) <= 8 {
		return id
	}
	return "…" + id[len(id)-8:]
}
