// Command ogen drives a server with a client by ogen, which checks answers by the document as it reads them.
package main

import (
	"context"
	"fmt"
	"os"
	"time"

	"github.com/go-faster/jx"
	"github.com/google/uuid"

	client "github.com/leadwheel/leadwheel/e2e/document/generated/ogen"
)

func main() {
	if err := run(context.Background()); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// key is the API key, for every operation.
type key struct{}

// Key implements client.SecuritySource.
func (key) Key(context.Context, client.OperationName) (client.Key, error) {
	return client.Key{Token: os.Getenv("LEADWHEEL_API_KEY")}, nil
}

// is is what was answered, as a T, or an error that says what was answered instead.
func is[T any](answer any, err error) (T, error) {
	found, right := answer.(T)
	if err == nil && !right {
		err = fmt.Errorf("the answer is %T: %+v", answer, answer)
	}
	return found, err
}

func run(ctx context.Context) error {
	api, err := client.NewClient(os.Getenv("LEADWHEEL_URL"), key{})
	if err != nil {
		return err
	}
	const name = "By ogen"
	member, err := is[*client.MemberHeaders](api.PostMember(ctx, &client.NewMember{Name: name}, client.PostMemberParams{}))
	if err != nil {
		return fmt.Errorf("a member: %w", err)
	}
	group, err := is[*client.GroupHeaders](api.PostGroup(ctx, &client.GroupSpec{
		Name: name, Method: client.GroupSpecMethodRoundRobin,
		Slots: []client.SlotInput{{Members: []client.ReceiverInput{{MemberID: member.Response.ID}}}},
	}, client.PostGroupParams{}))
	if err != nil {
		return fmt.Errorf("a group: %w", err)
	}
	lead, err := is[*client.LeadHeaders](api.PostLead(ctx, &client.NewLead{
		Name: client.NewOptString(name), Fields: client.NewOptNewLeadFields(client.NewLeadFields{"city": jx.Raw(`"Penang"`)}),
		Distribute: client.NewOptDistribution(client.Distribution{GroupID: client.NewOptUUID(group.Response.ID)}),
	}, client.PostLeadParams{}))
	if err != nil {
		return fmt.Errorf("a lead: %w", err)
	}
	copied, err := firstCopy(ctx, api, member.Response.ID)
	if err != nil {
		return err
	}
	history, err := is[*client.ListHistoryEntry](api.ListHistory(ctx, client.ListHistoryParams{LeadID: client.NewOptUUID(lead.Response.ID)}))
	if err != nil || len(history.Items) != 1 || history.Items[0].Outcome != client.HistoryEntryOutcomeSucceeded || !history.Items[0].Reason.Null {
		return fmt.Errorf("history: %w, %+v", err, history)
	}
	return money(ctx, api, copied, member.Response.ID)
}

func firstCopy(ctx context.Context, api *client.Client, member uuid.UUID) (uuid.UUID, error) {
	for range 200 {
		list, err := is[*client.ListAssignedLead](api.ListAssignedLeads(ctx, client.ListAssignedLeadsParams{MemberID: client.NewOptUUID(member)}))
		if err != nil {
			return uuid.Nil, fmt.Errorf("copies: %w", err)
		}
		if len(list.Items) > 0 {
			return list.Items[0].ID, nil
		}
		time.Sleep(50 * time.Millisecond)
	}
	return uuid.Nil, fmt.Errorf("the member got no copy")
}

func money(ctx context.Context, api *client.Client, on, nothing uuid.UUID) error {
	made, err := is[*client.OpportunityHeaders](api.PostOpportunity(ctx, &client.NewOpportunity{
		AssignedLeadID: client.NewOptUUID(on), Title: "Roof", Amount: client.NewOptNewOpportunityAmount(client.NewStringNewOpportunityAmount("16777217.01")),
	}, client.PostOpportunityParams{}))
	if err != nil {
		return fmt.Errorf("an opportunity: %w", err)
	}
	read, err := is[*client.GetOpportunityOKHeaders](api.GetOpportunity(ctx, client.GetOpportunityParams{ID: made.Response.ID}))
	if err != nil || read.Response.Amount.Value != 16777217.01 {
		return fmt.Errorf("the amount: %w, %+v", err, read)
	}
	if _, err := is[*client.PendingDays](api.ListPendingDays(ctx, client.ListPendingDaysParams{})); err != nil {
		return fmt.Errorf("days: %w", err)
	}
	missing, err := is[*client.GetLeadNotFound](api.GetLead(ctx, client.GetLeadParams{ID: nothing}))
	if err != nil || missing.Code != client.ProblemCodeNotFound {
		return fmt.Errorf("what is missing: %w, %+v", err, missing)
	}
	return nil
}
