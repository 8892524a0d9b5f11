package api

import (
	"bytes"
	"cmp"
	"context"
	"net/http"
	"slices"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/google/uuid"

	"github.com/leadwheel/leadwheel/internal/lead"
	"github.com/leadwheel/leadwheel/store"
)

// Activity is what happened in a stretch of time, in numbers, and what is pending now.
type Activity struct {
	From time.Time `json:"from"`
	To   time.Time `json:"to"`
	ActivityCounts
	Due     int              `json:"due" doc:"How many pending leads are due and on their way, or wait for somebody who can take them; 100,001 stands for more."`
	Pending int              `json:"pending" doc:"How many pending leads are not due yet; 100,001 stands for more."`
	Hours   []ActivityHour   `json:"hours" doc:"Each hour of the stretch, those without anything too."`
	Reasons []FailedFor      `json:"reasons" doc:"Why distributions failed."`
	Members []ActivityMember `json:"members" doc:"Who got leads, the most first."`
}

// ActivityCounts are how many leads came in and what became of distributions.
type ActivityCounts struct {
	Received  int `json:"received" doc:"Source leads that came in, without platforms' tests."`
	Given     int `json:"given"`
	Failed    int `json:"failed"`
	Cancelled int `json:"cancelled"`
}

// ActivityHour is what happened within an hour.
type ActivityHour struct {
	At time.Time `json:"at" doc:"When the hour began."`
	ActivityCounts
}

// FailedFor is how many distributions failed for a reason.
type FailedFor struct {
	Reason  lead.Reason `json:"reason"`
	Count   int         `json:"count"`
	Untried int         `json:"untried" doc:"How many of these were not tried again."`
}

// ActivityMember is how many leads a member got.
type ActivityMember struct {
	MemberID uuid.UUID `json:"member_id" format:"uuid"`
	Given    int       `json:"given"`
}

type activityInput struct {
	From time.Time `query:"from" required:"true" doc:"Inclusive; the hours are counted from here."`
	To   time.Time `query:"to" required:"true" doc:"Exclusive; 31 days after from at the most."`
}

// maxActivity bounds the hours of one answer.
const maxActivity = 31 * 24 * time.Hour

func (a *API) registerActivity() {
	register(a, huma.Operation{
		OperationID: "get-activity", Method: http.MethodGet, Path: "/v1/activity", Summary: "Count what came in and what became of it, by the hour",
		Errors: []int{http.StatusUnprocessableEntity},
	}, bounded(a, a.activity))
}

func (a *API) activity(ctx context.Context, c *call, in *activityInput) (*struct{ Body Activity }, error) {
	if !in.To.After(in.From) || in.To.Sub(in.From) > maxActivity {
		return nil, badQuery("query.to", "give a time after from, and 31 days after it at the most")
	}
	received, err := a.Store.Received(ctx, c.Workspace, in.From, in.To)
	if err != nil {
		return nil, err
	}
	ended, err := a.Store.Ended(ctx, c.Workspace, in.From, in.To)
	if err != nil {
		return nil, err
	}
	waiting, err := a.Store.Waiting(ctx, c.Workspace)
	if err != nil {
		return nil, err
	}
	body := Activity{From: in.From, To: in.To, Due: waiting.Due, Pending: waiting.Later, Members: []ActivityMember{}, Reasons: []FailedFor{}}
	for at := in.From; at.Before(in.To); at = at.Add(time.Hour) {
		body.Hours = append(body.Hours, ActivityHour{At: at})
	}
	for _, r := range received {
		body.Received += r.Count
		body.hour(r.Hour).Received += r.Count
	}
	body.add(ended)
	return &struct{ Body Activity }{body}, nil
}

// hour are the counts of the hour that began at a time.
func (b *Activity) hour(at time.Time) *ActivityCounts {
	return &b.Hours[int(at.Sub(b.From)/time.Hour)].ActivityCounts
}

// add counts what became of distributions.
func (b *Activity) add(ended []store.Ended) {
	members, reasons := map[uuid.UUID]int{}, map[lead.Reason]FailedFor{}
	for _, e := range ended {
		for _, counts := range []*ActivityCounts{&b.ActivityCounts, b.hour(e.Hour)} {
			switch e.Outcome {
			case lead.Succeeded:
				counts.Given += e.Count
			case lead.Failed:
				counts.Failed += e.Count
			case lead.Cancelled:
				counts.Cancelled += e.Count
			}
		}
		switch {
		case e.Outcome == lead.Succeeded && e.MemberID.Valid:
			members[e.MemberID.UUID] += e.Count
		case e.Outcome == lead.Failed:
			r := reasons[e.Reason]
			r.Reason, r.Count = e.Reason, r.Count+e.Count
			if !e.Retried {
				r.Untried += e.Count
			}
			reasons[e.Reason] = r
		}
	}
	for id, n := range members {
		b.Members = append(b.Members, ActivityMember{id, n})
	}
	slices.SortFunc(b.Members, func(a, b ActivityMember) int {
		return cmp.Or(cmp.Compare(b.Given, a.Given), bytes.Compare(a.MemberID[:], b.MemberID[:]))
	})
	for _, r := range reasons {
		b.Reasons = append(b.Reasons, r)
	}
	slices.SortFunc(b.Reasons, func(a, b FailedFor) int { return cmp.Compare(a.Reason, b.Reason) })
}
