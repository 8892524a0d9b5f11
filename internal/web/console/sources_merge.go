package console

import (
	"net/http"
	"net/url"
	"strconv"

	"github.com/google/uuid"

	"github.com/leadwheel/leadwheel/internal/client"
)

// A countsView is how many leads and customers each source brought.
type countsView struct {
	Table               *table
	Newest, Older, File string
}

// countSources shows what each source brought. That is counted, so it is a page of its own: the list of sources is there at once.
func countSources(v *visit) (*page, error) {
	const here = home + "sources/counts"
	asked := v.URL.Query()
	if asked.Has("file") {
		return nil, v.download("/v1/sources/counts", "sources", nil)
	}
	query := url.Values{"limit": {strconv.Itoa(pageSize)}}
	if cursor := asked.Get("cursor"); cursor != "" {
		query.Set("cursor", cursor)
	}
	read, err := v.read("sources/counts", query)
	if err != nil {
		return nil, err
	}
	view := countsView{Table: &table{Labels: []string{v.say("Source"), v.say("Leads"), v.say("Customers"), v.say("Won")}}, File: here + "?file=csv"}
	for _, one := range read.Items {
		id := one.text("source_id")
		name, of := shown{Text: v.say("no source")}, func(string) string { return "" }
		if id != "" {
			name = shown{Text: one.text("name"), Href: home + "sources/" + id}
			of = func(list string) string { return home + list + "?source_id=" + id }
		}
		view.Table.Rows = append(view.Table.Rows, []shown{
			name, {Text: grouped(number(one, "leads")), Href: of("leads")}, {Text: grouped(number(one, "customers")), Href: of("customers")}, {Text: grouped(number(one, "won"))},
		})
	}
	if read.NextCursor != "" {
		view.Older = here + "?cursor=" + url.QueryEscape(read.NextCursor)
	}
	if asked.Has("cursor") {
		view.Newest = here
	}
	return &page{Title: v.say("Sources"), Template: "counts", Data: view, Views: sourceViews(v)}, nil
}

// askMerge asks into which other source one is to be merged.
func askMerge(v *visit) (*page, error) {
	one, at, err := v.source()
	if err != nil {
		return nil, err
	}
	return v.mergePage(one, v.newForm(at.Href+"/merge", at.Href, url.Values{}), at)
}

// source reads the one that an address names, and where its page is.
func (v *visit) source() (object, *link, error) {
	one, err := v.item("sources")
	return one, &link{v.called(one), home + "sources/" + one.text("id")}, err
}

func (v *visit) mergePage(one object, f *form, at *link) (*page, error) {
	var has struct {
		Count int
		More  bool
	}
	if err := v.get("/v1/leads/count?"+url.Values{"source_id": {one.text("id")}}.Encode(), &has); err != nil {
		return nil, err
	}
	many := v.leads(has.Count)
	if has.More {
		many = v.say("more than %s", many)
	}
	f.Save = v.say("Merge")
	f.Note = v.say("“%s” becomes another name of the source that you choose. What has it (%s, with their copies, customers and opportunities) shows that one from then on, and so do integrations, keys and files that name it. It is offered no more, and this cannot be undone.", v.called(one), many)
	f.choose("into", "Into", "", append([]option{{Label: v.say("choose a source")}}, v.names.options("sources", func(s object) bool { return s.text("id") != one.text("id") })...))
	return formPage(v.say("Merge %s", v.called(one)), f, at), nil
}

func mergeSource(v *visit) (*page, error) {
	if uuid.Validate(v.PathValue("id")) != nil {
		return nil, errNoPage
	}
	f, err := v.sentForm(home + "sources/" + v.PathValue("id"))
	if err != nil {
		return nil, err
	}
	again := func() (*page, error) {
		one, at, err := v.source()
		if err != nil {
			return nil, err
		}
		return v.mergePage(one, f, at)
	}
	into := f.value("into")
	if into == "" {
		f.errors["into"] = v.say("Choose the source that it is to be merged into.")
		return again()
	}
	f.does(v) // before the source is read: sent again, the form finds it gone and is answered as before
	err = v.api.Call(v.Context(), http.MethodPost, "/v1/sources/"+v.PathValue("id")+"/merge", map[string]string{"into": into}, nil)
	gone := client.IsStatus(err, http.StatusNotFound)
	if err != nil && !gone && f.refused(err, func(field string) string { return oneOf(field, "into") }) {
		return again()
	}
	if err != nil {
		return nil, err
	}
	return v.done(home+"sources/"+url.PathEscape(into), "merged")
}
