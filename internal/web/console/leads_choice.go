package console

import (
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/google/uuid"

	"github.com/leadwheel/leadwheel/internal/client"
)

// A matching is all leads that a list's filters leave, as a choice.
type matching struct {
	Count int
	Words string
	// Filter is what is chosen of the list, as a query of the API's; Back the list without the choice.
	Filter, Back string
	// More says that they are too many for one request.
	More bool
}

// matching counts what the filters of the list of leads leave.
func (v *visit) matching(chosen url.Values) (*matching, error) {
	var n struct {
		Count int
		More  bool
	}
	if err := v.get("/v1/leads/count?"+chosen.Encode(), &n); err != nil {
		return nil, err
	}
	return &matching{Count: n.Count, Words: grouped(n.Count), Filter: chosen.Encode(), More: n.More, Back: v.form("leads").Back}, nil
}

// chosenLeads are some leads: those with the ids, or all that matched the filter when they were counted.
type chosenLeads struct {
	IDs     []string
	Filter  string
	Matched string
}

// leadsChosen are the leads that a form was sent for.
func (v *visit) leadsChosen() (chosenLeads, error) {
	c := chosenLeads{IDs: v.PostForm["id"], Filter: v.PostForm.Get("filter"), Matched: v.PostForm.Get("matched")}
	if c.Matched != "" {
		c.IDs = nil
		return c, nil
	}
	slices.Sort(c.IDs) // by age: lists have the newest first, and what waits longest is to go first
	if slices.ContainsFunc(c.IDs, func(id string) bool { return uuid.Validate(id) != nil }) {
		return c, errNoPage
	}
	if len(c.IDs) == 0 {
		return c, &client.Problem{Status: http.StatusUnprocessableEntity, Detail: v.say("nothing is chosen; go back and tick what is meant")}
	}
	return c, nil
}

// Count is how many leads there are.
func (c chosenLeads) Count() int {
	if n, err := strconv.Atoi(c.Matched); err == nil {
		return n
	}
	return len(c.IDs)
}

// in puts the leads into the body of a request, their ids under a name.
func (c chosenLeads) in(body map[string]any, ids string) error {
	if c.Matched == "" {
		body[ids] = c.IDs
		return nil
	}
	chosen, err := url.ParseQuery(c.Filter)
	if err != nil {
		return errNoPage
	}
	filter := map[string]any{"matched": c.Count()}
	for name := range chosen {
		switch value := chosen.Get(name); name {
		case "test", "assigned":
			filter[name] = value == "true"
		default:
			filter[name] = value
		}
	}
	body["filter"] = filter
	return nil
}

// exportLeads sends the leads that are chosen as a file.
func exportLeads(v *visit) (*page, error) {
	if err := v.readForm(maxForm); err != nil {
		return nil, err
	}
	c, err := v.leadsChosen()
	if err != nil {
		return nil, err
	}
	query := url.Values{}
	if c.Matched != "" {
		if query, err = url.ParseQuery(c.Filter); err != nil {
			return nil, errNoPage
		}
	}
	if len(c.IDs) > 0 {
		query.Set("ids", strings.Join(c.IDs, ","))
	}
	return nil, v.download("/v1/leads", "leads", query)
}

// deleteMatching deletes all leads that matched.
func deleteMatching(v *visit, o *order) (int, error) {
	body := map[string]any{}
	if err := o.leads.in(body, "ids"); err != nil {
		return 0, err
	}
	var done count
	err := v.api.Call(v.Context(), http.MethodPost, "/v1/leads/delete", body, &done)
	return done.Count, err
}
