package api

import (
	"context"
	"encoding/csv"
	"fmt"
	"maps"
	"net/http"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/google/uuid"

	"github.com/leadwheel/leadwheel/store"
)

// maxFairness bounds the time of one answer.
const maxFairness = 366 * 24 * time.Hour

// FairnessReport is what the receivers of a group were due and got.
type FairnessReport struct {
	GroupID uuid.UUID  `json:"group_id" format:"uuid"`
	From    time.Time  `json:"from"`
	To      time.Time  `json:"to"`
	Items   []Fairness `json:"items" doc:"One for each receiver, or for each and each source."`
}

// Fairness is what one receiver was due and got.
type Fairness struct {
	MemberID  uuid.UUID      `json:"member_id" format:"uuid"`
	Source    *string        `json:"source,omitempty" doc:"With by=source: the name of the leads' source; empty for those without."`
	Due       int            `json:"due" doc:"How many turns were theirs, those included for which they were passed over."`
	Share     float64        `json:"share" doc:"How many of all turns that were spent their places in the ring come to."`
	Received  int            `json:"received" doc:"How many copies they got through the group."`
	Passed    map[string]int `json:"passed" doc:"For how many leads they were passed over, by reason."`
	Debt      int            `json:"debt" doc:"How many turns the group keeps for them now."`
	Withdrawn int            `json:"withdrawn" doc:"How many copies were taken back since they were not answered."`
	Answered  int            `json:"answered" doc:"How many of the copies they have taken up."`
	InTime    int            `json:"answered_in_time" doc:"How many of these in time, or without a time for it."`
	Median    *float64       `json:"median_answer_seconds" doc:"After how long they took up half of what they did; null for nothing."`
}

type fairnessInput struct {
	GroupID uuid.UUID `query:"group_id" required:"true" format:"uuid" doc:"The group whose receivers are compared."`
	From    time.Time `query:"from" doc:"Inclusive; 30 days before to where it is absent."`
	To      time.Time `query:"to" doc:"Exclusive; now where it is absent. 366 days after from at the most."`
	By      string    `query:"by" enum:"member,source" default:"member" doc:"source: each receiver's by the source of the leads."`
	Format  string    `query:"format" enum:"json,csv" doc:"csv: a line for each, as with an Accept header that prefers text/csv."`
}

func (a *API) registerFairness() {
	schema := a.huma.OpenAPI().Components.Schemas.Schema(reflect.TypeFor[FairnessReport](), true, "")
	register(a, huma.Operation{
		OperationID: "get-fairness", Method: http.MethodGet, Path: "/v1/fairness", Summary: "Read what each receiver of a group was due and got",
		Description: "What was undone is not counted.",
		Errors:      []int{http.StatusNotFound, http.StatusUnprocessableEntity},
		Responses: map[string]*huma.Response{"200": {Description: http.StatusText(http.StatusOK), Content: map[string]*huma.MediaType{
			"application/json": {Schema: schema},
			csvType:            {Schema: &huma.Schema{Type: huma.TypeString, Description: "A line for each, with a line of column names."}},
		}}},
	}, bounded(a, a.fairness))
}

func (a *API) fairness(ctx context.Context, c *call, in *fairnessInput) (*listOutput, error) {
	if in.To.IsZero() {
		in.To = a.Store.Now()
	}
	if in.From.IsZero() {
		in.From = in.To.AddDate(0, 0, -30)
	}
	if !in.To.After(in.From) || in.To.Sub(in.From) > maxFairness {
		return nil, badQuery("query.to", "give a time after from, and 366 days after it at the most")
	}
	all, err := a.Store.Fairness(ctx, c.Workspace, store.FairnessSpec{Group: in.GroupID, From: in.From, To: in.To, BySource: in.By == "source"})
	if err != nil {
		return nil, err
	}
	items := each(all, func(f store.Fairness) Fairness { return fairnessBody(f, in.By == "source") })
	if !c.wantsCSV {
		return a.listJSON(FairnessReport{in.GroupID, in.From.UTC(), in.To.UTC(), items}, nil)
	}
	return &listOutput{func(out huma.Context) {
		beginCSV(out, "fairness")
		w := csv.NewWriter(out.BodyWriter())
		writeRow(w, fairnessColumns, func(c column[Fairness]) string { return c.name })
		for _, item := range items {
			writeRow(w, fairnessColumns, func(c column[Fairness]) string { return c.cell(item) })
		}
		w.Flush()
	}}, nil
}

func fairnessBody(f store.Fairness, bySource bool) Fairness {
	body := Fairness{
		MemberID: f.Member, Due: f.Due, Share: f.Share, Received: f.Received, Passed: f.Passed, Debt: f.Debt, Withdrawn: f.Withdrawn,
		Answered: f.Answered, InTime: f.InTime,
	}
	if bySource {
		body.Source = &f.Source
	}
	if f.Median != nil {
		seconds := f.Median.Seconds()
		body.Median = &seconds
	}
	return body
}

var fairnessColumns = []column[Fairness]{
	{"member_id", func(f Fairness) string { return f.MemberID.String() }},
	{"source", func(f Fairness) string {
		if f.Source == nil {
			return ""
		}
		return *f.Source
	}},
	{"due", func(f Fairness) string { return strconv.Itoa(f.Due) }},
	{"share", func(f Fairness) string { return strconv.FormatFloat(f.Share, 'f', 2, 64) }},
	{"received", func(f Fairness) string { return strconv.Itoa(f.Received) }},
	{"passed", func(f Fairness) string {
		var all []string
		for _, reason := range slices.Sorted(maps.Keys(f.Passed)) {
			all = append(all, fmt.Sprintf("%s %d", reason, f.Passed[reason]))
		}
		return strings.Join(all, ", ")
	}},
	{"debt", func(f Fairness) string { return strconv.Itoa(f.Debt) }},
	{"withdrawn", func(f Fairness) string { return strconv.Itoa(f.Withdrawn) }},
	{"answered", func(f Fairness) string { return strconv.Itoa(f.Answered) }},
	{"answered_in_time", func(f Fairness) string { return strconv.Itoa(f.InTime) }},
	{"median_answer_seconds", func(f Fairness) string {
		if f.Median == nil {
			return ""
		}
		return strconv.FormatFloat(*f.Median, 'f', 0, 64)
	}},
}
