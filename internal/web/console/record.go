package console

import (
	"net/url"
	"slices"
	"strings"
)

// A recordView is all that is known of one thing.
type recordView struct {
	Value shown
	Acts  []*act
	Form  formView
	ID    string
	Links []link // pages on which something is done about it
	// File is where rows that were not taken are, as a file; Again where they are imported once they are corrected.
	File, Again string
	Below       []section
	Sections    []*listView
}

// A section is an object that belongs to a thing.
type section struct {
	Title string
	Value shown
}

// showRecord shows one thing with what belongs to it.
func showRecord(v *visit) (*page, error) {
	p, id, err := v.placeAndID()
	if err != nil {
		return nil, err
	}
	var one object
	if err := v.get("/v1/"+p.item(id)+p.Query, &one); err != nil {
		return nil, err
	}
	v.names.learn([]object{one})
	view := recordView{Value: v.show("", v.shownOf(one)), Acts: v.offered(p.fitting(one)), Form: v.form(p.path), ID: id}
	mayChange, err := v.mayChange(p.collection)
	if err != nil {
		return nil, err
	}
	for _, l := range p.Links {
		if !mayChange {
			break
		}
		view.Links = append(view.Links, link{v.say(l.Label), home + strings.ReplaceAll(l.Href, "{id}", id)})
	}
	if p.Rejects && one.text("rejected") != "0" {
		view.File, view.Again = home+p.item(id)+"/rejects", home+"imports/new?like="+id
	}
	for _, name := range p.Below {
		var below object
		if err := v.get("/v1/"+p.item(id)+"/"+name, &below); err != nil {
			return nil, err
		}
		view.Below = append(view.Below, section{v.label(name), v.show(name, below)})
	}
	if view.Below, err = v.withUndone(view.Below, p, id, one); err != nil {
		return nil, err
	}
	if view.Sections, err = v.sections(p, id); err != nil {
		return nil, err
	}
	return &page{Title: v.titleOf(one), Template: "record", Data: view, Up: &link{v.say(p.Title), p.Href()}}, nil
}

// sections are the lists that belong to a thing, as far as there is something in them.
func (v *visit) sections(p place, id string) ([]*listView, error) {
	var all []*listView
	add := func(below place, chosen url.Values) error {
		view, err := v.section(below, chosen)
		all = append(all, view)
		return err
	}
	for _, part := range p.Parts {
		below, err := placeOf(p.Name, id, part.Name)
		if err != nil {
			return nil, err
		}
		if err := add(below, url.Values{}); err != nil {
			return nil, err
		}
	}
	for _, r := range p.Related {
		below, err := placeOf(r.Collection, "", "")
		if err != nil {
			return nil, err
		}
		if err := add(below, url.Values{r.Param: {id}}); err != nil {
			return nil, err
		}
	}
	return slices.DeleteFunc(all, func(l *listView) bool { return len(l.Rows) == 0 }), nil
}

// section is the beginning of a list, which leads to all of it.
func (v *visit) section(p place, chosen url.Values) (*listView, error) {
	view, err := v.list(p, chosen, "", sectionSize)
	if err == nil && view.Older != "" {
		view.Older = strings.TrimSuffix(p.Href()+"?"+chosen.Encode(), "?")
	}
	return view, err
}

// titleOf is what a thing's page is called: by its name, or where it has none, by its lead's.
func (v *visit) titleOf(one object) string {
	if one.has("outcome") && one.has("body") {
		return v.say("What came %s", v.when(momentOf(one, "at")).Text)
	}
	if title := v.called(one); title != short(one.text("id")) || one.text("lead_id") == "" {
		return title
	}
	return v.nameOf(one)
}

// shownOf is a thing without what its page need not say: its own id and its source's name where something else tells them, and of what
// waits, came or is told, what it has not.
func (v *visit) shownOf(one object) object {
	waits, told := one.text("lead_id") != "", one.has("body") || one.has("failing_since") || one.has("file_name")
	return slices.DeleteFunc(slices.Clone(one), func(f field) bool {
		return f.Name == "id" && (v.called(one) != short(one.text("id")) || waits || told) || (waits || told) && isNothing(f.Value) || f.Name == "source" && one.has("source_id")
	})
}

// isNothing says whether a value tells nothing: null, or what holds nothing.
func isNothing(value any) bool {
	switch value := value.(type) {
	case nil:
		return true
	case []any:
		return len(value) == 0
	case object:
		return len(value) == 0
	}
	return false
}
