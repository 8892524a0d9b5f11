// Command oapicodegen drives a server with a client by oapi-codegen.
package main

import (
	"context"
	"fmt"
	"net/http"
	"os"
	"time"

	"github.com/google/uuid"

	client "github.com/leadwheel/leadwheel/e2e/document/generated/oapicodegen"
)

func main() {
	if err := run(context.Background()); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(ctx context.Context) error {
	api, err := client.NewClientWithResponses(os.Getenv("LEADWHEEL_URL"), client.WithRequestEditorFn(func(_ context.Context, r *http.Request) error {
		r.Header.Set("Authorization", "Bearer "+os.Getenv("LEADWHEEL_API_KEY"))
		return nil
	}))
	if err != nil {
		return err
	}
	name := "By oapi-codegen"
	member, err := api.PostMemberWithResponse(ctx, nil, client.NewMember{Name: name})
	if err != nil || member.JSON201 == nil {
		return fmt.Errorf("a member: %w, %s", err, member.Body)
	}
	group, err := api.PostGroupWithResponse(ctx, nil, client.GroupSpec{
		Name: name, Method: client.GroupSpecMethodRoundRobin,
		Slots: []client.SlotInput{{Members: []client.ReceiverInput{{MemberId: member.JSON201.Id}}}},
	})
	if err != nil || group.JSON201 == nil {
		return fmt.Errorf("a group: %w, %s", err, group.Body)
	}
	lead, err := api.PostLeadWithResponse(ctx, nil, client.NewLead{
		Name: &name, Fields: &map[string]any{"city": "Penang"}, Distribute: &client.Distribution{GroupId: &group.JSON201.Id},
	})
	if err != nil || lead.JSON201 == nil || lead.JSON201.Channel != client.LeadChannelApi {
		return fmt.Errorf("a lead: %w, %s", err, lead.Body)
	}
	copied, err := firstCopy(ctx, api, member.JSON201.Id)
	if err != nil {
		return err
	}
	history, err := api.ListHistoryWithResponse(ctx, &client.ListHistoryParams{LeadId: &lead.JSON201.Id})
	if err != nil || history.JSON200 == nil || len(history.JSON200.Items) != 1 || history.JSON200.Items[0].Outcome != client.HistoryEntryOutcomeSucceeded ||
		history.JSON200.Items[0].Reason != nil {
		return fmt.Errorf("history: %w, %s", err, history.Body)
	}
	return money(ctx, api, copied, member.JSON201.Id)
}

func firstCopy(ctx context.Context, api *client.ClientWithResponses, member uuid.UUID) (uuid.UUID, error) {
	for range 200 {
		list, err := api.ListAssignedLeadsWithResponse(ctx, &client.ListAssignedLeadsParams{MemberId: &member})
		if err != nil || list.JSON200 == nil {
			return uuid.Nil, fmt.Errorf("copies: %w, %s", err, list.Body)
		}
		if len(list.JSON200.Items) > 0 {
			return list.JSON200.Items[0].Id, nil
		}
		time.Sleep(50 * time.Millisecond)
	}
	return uuid.Nil, fmt.Errorf("the member got no copy")
}

func money(ctx context.Context, api *client.ClientWithResponses, on, nothing uuid.UUID) error {
	var amount client.NewOpportunity_Amount
	if err := amount.FromNewOpportunityAmount1("16777217.01"); err != nil {
		return err
	}
	made, err := api.PostOpportunityWithResponse(ctx, nil, client.NewOpportunity{AssignedLeadId: &on, Title: "Roof", Amount: &amount})
	if err != nil || made.JSON201 == nil {
		return fmt.Errorf("an opportunity: %w, %s", err, made.Body)
	}
	read, err := api.GetOpportunityWithResponse(ctx, made.JSON201.Id, nil)
	if err != nil || read.JSON200 == nil || read.JSON200.Amount == nil || *read.JSON200.Amount != 16777217.01 {
		return fmt.Errorf("the amount: %w, %s", err, read.Body)
	}
	days, err := api.ListPendingDaysWithResponse(ctx, nil)
	if err != nil || days.JSON200 == nil {
		return fmt.Errorf("days: %w, %s", err, days.Body)
	}
	missing, err := api.GetLeadWithResponse(ctx, nothing, nil)
	if err != nil || missing.ApplicationproblemJSON404 == nil || missing.ApplicationproblemJSON404.Code != client.ProblemCodeNotFound {
		return fmt.Errorf("what is missing: %w, %s", err, missing.Body)
	}
	return nil
}
