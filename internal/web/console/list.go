package console

import (
	"crypto/rand"
	"iter"
	"maps"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/leadwheel/leadwheel/internal/client"
	"github.com/leadwheel/leadwheel/internal/lead"
)

// A listView is a list, on a page of its own or as a section of another.
type listView struct {
	place
	Filters []filterView
	Labels  []string
	Rows    []row
	// Acts can be done to rows, All to whatever the filters leave, shown or not.
	Acts []*act
	All  []button
	// Older is where the list goes on, Newest where it begins, More where it shows as many rows as it can, File where it is
	// all of it. Each is empty where there is no such thing.
	Older, Newest, More, File string
	// Ticked are the ids of the rows that are ticked.
	Ticked map[string]bool
	Form   formView
	// None is what to say where there are no rows, and what to do.
	None string
	// Matching is what is chosen of all that match, nil where rows are ticked one by one.
	Matching *matching
	// MatchAll leads to the same list with all chosen that match, empty where that is what is shown.
	MatchAll string
}

// A formView is what a form needs to be sent once and lead back.
type formView struct{ Path, Back, Once string }

// A button sends a form to an address.
type button struct{ Label, Address string }

// A row is an item of a list.
type row struct {
	ID, Href string
	// Name says which it is, to whoever ticks it.
	Name  string
	Cells []shown
	// Choosable says that one of the list's acts can be done to it.
	Choosable bool
}

// A filterView is a filter with what is chosen.
type filterView struct {
	filter
	Value   string
	Options []option
}

const (
	// A list has pageSize rows, or where many are to be chosen, maxPage, which is the most that the API gives. As a section
	// of another page it has sectionSize.
	pageSize    = 50
	maxPage     = 500
	sectionSize = 10
)

// showList shows a page of a collection, or sends all of it as a file.
func showList(v *visit) (*page, error) { return v.listPage(nil) }

// listPage is a list with some of its rows ticked.
func (v *visit) listPage(ticked []string) (*page, error) {
	p, _, err := v.placeAndID()
	if err != nil {
		return nil, err
	}
	asked := v.URL.Query()
	chosen := v.chosen(p.Filters, asked)
	if asked.Has("file") && p.CSV {
		return nil, v.download(p.API(), p.Name, chosen)
	}
	limit := pageSize
	if asked.Has("more") {
		limit = maxPage
	}
	view, err := v.list(p, chosen, asked.Get("cursor"), limit)
	if err != nil {
		return nil, err
	}
	view.Filters = v.filterViews(p.Filters, asked)
	view.Ticked = map[string]bool{}
	for _, id := range ticked {
		view.Ticked[id] = true
	}
	view.link(asked)
	if p.Name == "leads" && asked.Has("matching") {
		if view.Matching, err = v.matching(chosen); err != nil {
			return nil, err
		}
	}
	if len(view.Rows) > 0 {
		view.All = v.buttonsForAll(p, chosen)
	}
	shown := &page{Title: v.say(p.Title), Template: "list", Data: view}
	if shown.Views, err = v.viewsBeside(p.Name); err != nil {
		return nil, err
	}
	mayMake, err := v.mayChange(p.collection)
	if p.New != "" && mayMake {
		shown.New = &link{v.say(p.New), p.Href() + "/new"}
	}
	return shown, err
}

// mayChange says whether whoever looks may make and change a collection's items.
func (v *visit) mayChange(c *collection) (bool, error) {
	if !c.Kept {
		return true, nil
	}
	m, err := v.who()
	return m.Role == lead.RoleAdmin, err
}

// buttonsForAll do something to all that filters leave.
func (v *visit) buttonsForAll(p place, chosen url.Values) (all []button) {
	for _, a := range p.acts() {
		if a.All != "" && (a.Name != "retry" || slices.Contains([]string{"", "failed"}, chosen.Get("outcome")) && chosen.Get("retried") != "true") {
			all = append(all, button{v.say(a.All), a.address(chosen)})
		}
	}
	return all
}

// filterViews are a list's filters with what is chosen.
func (v *visit) filterViews(filters []filter, asked url.Values) (all []filterView) {
	for _, f := range filters {
		if f.Kind != "id" || asked.Get(f.Param) != "" {
			all = append(all, v.filterView(f, asked.Get(f.Param)))
		}
	}
	return all
}

// Narrowed says that filters leave out some of the list, and Folded that those behind the first do.
func (l *listView) Narrowed() bool { return slices.ContainsFunc(l.Filters, filterView.given) }

// Folded says whether the filters behind the first may be folded away.
func (l *listView) Folded() bool {
	return len(l.Filters) > 1 && !slices.ContainsFunc(l.Filters[1:], filterView.given)
}

func (f filterView) given() bool { return f.Value != "" }

// list reads a page of a place's list, narrowed to what is chosen.
func (v *visit) list(p place, chosen url.Values, cursor string, limit int) (*listView, error) {
	query := url.Values{"limit": {strconv.Itoa(limit)}}
	if cursor != "" {
		query.Set("cursor", cursor)
	}
	maps.Copy(query, p.Listed)
	maps.Copy(query, chosen)
	read, err := v.read(p.path, query)
	if err != nil {
		return nil, err
	}
	view := &listView{place: p, Form: v.form(p.path), Older: read.NextCursor, None: v.say("Nothing here.")}
	if p.Empty != "" && cursor == "" && len(chosen) == 0 {
		view.None = v.say(p.Empty)
	}
	v.names.learn(read.Items)
	t := v.table(p.Columns, read.Items)
	view.Labels = t.Labels
	explainOnce(t.Rows)
	for i, item := range read.Items {
		r := row{ID: item.text("id"), Name: v.nameOf(item), Cells: t.Rows[i]}
		if !p.Unlisted {
			r.Href = home + p.item(r.ID)
		}
		for _, a := range v.offered(p.fitting(item)) {
			if a.Alone {
				continue
			}
			r.Choosable = true
			if !slices.Contains(view.Acts, a) {
				view.Acts = append(view.Acts, a)
			}
		}
		view.Rows = append(view.Rows, r)
	}
	slices.SortFunc(view.Acts, func(a, b *act) int { return slices.Index(p.Acts, a.Name) - slices.Index(p.Acts, b.Name) })
	return view, nil
}

// explainOnce leaves what a badge means at the first of its kind: fifty rows need not say it fifty times.
func explainOnce(rows [][]shown) {
	said := map[string]bool{}
	for _, cells := range rows {
		for i := range cells {
			for _, s := range append([]*shown{&cells[i]}, each(cells[i].Items)...) {
				if s.Tone != "" && said[s.Title] {
					s.Title = ""
				}
				said[s.Title] = true
			}
		}
	}
}

// each are the items of a value, to be changed.
func each(items []shown) []*shown {
	all := make([]*shown, len(items))
	for i := range items {
		all[i] = &items[i]
	}
	return all
}

// nameOf is what somebody is told who ticks an item.
func (v *visit) nameOf(item object) string {
	id := item.text("lead_id")
	if browser := item.text("browser"); browser != "" {
		return v.browserName(browser)
	}
	if id == "" {
		return v.called(item)
	}
	name, _ := v.names.of("leads", id)
	if member := item.text("member_id"); member != "" {
		who, _ := v.names.of("members", member)
		name = v.say("%s for %s", name, who)
	}
	return name
}

// read reads a page of the list at a path, as many items as the API gives unless the query has a limit.
func (v *visit) read(path string, query url.Values) (list, error) {
	var read list
	if !query.Has("limit") {
		query.Set("limit", strconv.Itoa(maxPage))
	}
	err := v.get("/v1/"+path+"?"+query.Encode(), &read)
	return read, err
}

// walk goes through all of a collection, page by page.
func (v *visit) walk(collection string, query url.Values) iter.Seq2[object, error] {
	return client.List[object](v.Context(), v.api, "/v1/"+collection, query)
}

// link makes the addresses that a list leads to.
func (l *listView) link(asked url.Values) {
	with := func(changes ...string) string {
		query := url.Values{}
		for _, f := range l.Filters {
			if f.Value != "" {
				query.Set(f.Param, f.Value)
			}
		}
		if asked.Has("more") {
			query.Set("more", "1")
		}
		for i := 0; i < len(changes); i += 2 {
			if changes[i+1] != "" {
				query.Set(changes[i], changes[i+1])
			}
		}
		return l.Href() + "?" + query.Encode()
	}
	if l.Older != "" {
		if !asked.Has("more") && len(l.Acts) > 0 {
			l.More = with("more", "1", "cursor", asked.Get("cursor"))
		}
		l.Older = with("cursor", l.Older)
	}
	if asked.Get("cursor") != "" {
		l.Newest = with()
	}
	if l.CSV {
		l.File = with("file", "csv")
	}
	if l.Name == "leads" && l.Older != "" && !asked.Has("matching") {
		l.MatchAll = with("matching", "1")
	}
}

// chosen is what the filters leave, in the API's own terms.
func (v *visit) chosen(filters []filter, asked url.Values) url.Values {
	query := url.Values{}
	for _, f := range filters {
		value := strings.TrimSpace(asked.Get(f.Param))
		if value == "" {
			continue
		}
		if day, err := time.ParseInLocation(time.DateOnly, value, v.zone); err == nil {
			switch f.Kind {
			case "from":
				value = day.UTC().Format(time.RFC3339)
			case "until":
				value = day.AddDate(0, 0, 1).UTC().Format(time.RFC3339)
			}
		}
		query.Set(f.Param, value)
	}
	return query
}

// filterView offers what can be chosen.
func (v *visit) filterView(f filter, value string) filterView {
	view := filterView{filter: f, Value: value}
	switch {
	case f.Kind == "choice":
		for _, choice := range f.Choices {
			words := v.say(choice.Name)
			if words == "" {
				words = v.worded(f.Param, choice.Value)
			}
			view.Options = append(view.Options, option{Value: choice.Value, Label: capital(words)})
		}
	case f.Kind == "from" || f.Kind == "until":
		if _, err := time.Parse(time.DateOnly, value); value != "" && err != nil {
			view.Kind = "text" // a moment, which a field for days would not show
		}
	case slices.Contains(few, f.Kind):
		view.Options = v.names.options(f.Kind)
		if value != "" && !slices.ContainsFunc(view.Options, func(o option) bool { return o.Value == value }) {
			name, _ := v.names.of(f.Kind, value)
			view.Options = append(slices.Clone(view.Options), option{Value: value, Label: name})
		}
		view.Kind = "choice"
	}
	return view
}

// form is what a form about what is at a path needs.
func (v *visit) form(path string) formView {
	back := *v.URL
	query := back.Query()
	for _, passing := range []string{"done", "count", "matching"} {
		query.Del(passing)
	}
	back.RawQuery = query.Encode()
	return formView{path, back.RequestURI(), rand.Text()}
}

// downloadRejects sends the rows of a file that were not taken.
func downloadRejects(v *visit) (*page, error) {
	if uuid.Validate(v.PathValue("id")) != nil {
		return nil, errNoPage
	}
	query, name := url.Values{}, "rejects"
	if v.URL.Query().Has("rows") { // as the file had them, to be corrected
		query.Set("rows", "true")
		name = "rows-to-correct"
	}
	return nil, v.download("/v1/imports/"+v.PathValue("id")+"/rejects", name, query)
}
