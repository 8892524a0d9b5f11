package console

import (
	"net/http"
	"net/url"
	"path"
	"slices"
	"strings"
	"time"

	"github.com/leadwheel/leadwheel/internal/client"
	"github.com/leadwheel/leadwheel/internal/lead"
)

func always(object) bool       { return true }
func enabled(o object) bool    { return o.is("enabled") }
func disabled(o object) bool   { return !o.is("enabled") }
func failed(o object) bool     { return o.text("state") == "failed" }
func finalState(o object) bool { return o.text("state") != "owed" }
func reconciles(o object) bool { return o.text("kind") == "meta" }
func isActive(o object) bool   { return o.is("active") }
func notActive(o object) bool  { return !o.is("active") }
func isNoTest(o object) bool   { return !o.is("test") }

// hopeless are the reasons for which trying again cannot succeed: the lead is where it was to go, or the lead or the group is gone.
var hopeless = []string{
	string(lead.AlreadyAssigned), string(lead.SourceLeadDeleted), string(lead.GroupDeleted), string(lead.TestLead),
}

func retryable(o object) bool {
	return o.text("outcome") == "failed" && !o.is("retried") && !slices.Contains(hopeless, o.text("reason"))
}

// isValid says whether a key was not revoked.
func isValid(o object) bool { return o.text("revoked_at") == "" }

// undoable says whether a run can be undone still.
func undoable(o object) bool { return momentOf(o, "undo_until").After(time.Now()) }

func underWay(o object) bool {
	return o.text("status") == "running" || o.text("status") == "waiting"
}

// acts is what can be done from the console.
var acts = []*act{
	{Name: "assign", Label: "Assign", Fits: isNoTest, Page: home + "leads/assign"},
	{
		Name: "delete-lead", Label: "Delete", Done: "Leads deleted", Fits: always, Gone: true, Each: deleteOne, Matching: deleteMatching,
		Ask: "A deleted lead is not distributed any more. Those who have a copy keep it.",
	},
	{
		Name: "convert", Label: "Convert", Done: "Customers made", Alone: true, Fits: isNoTest, Each: convert,
		Ask: "This makes a customer of each lead, who keeps the source that the lead had. The lead and its copies stay.",
	},
	{Name: "export", Label: "Export", Fits: always, Page: home + "leads/export"},
	{
		Name: "distribute-now", Label: "Distribute now", Done: "Pending leads that go out now", All: "Distribute all now", Fits: always, Gone: true,
		Many: pending("distribute-now"), Ask: "These go out at once, to the members for whom they are planned.",
	},
	{
		Name: "move-pending", Label: "Move", Done: "Pending leads moved", All: "Move all", Asks: asksMove, Fits: always, Many: movePending,
		Ask: "All of them are moved, or none where somebody would get more on a day than their pace allows.",
	},
	{
		Name: "delete-pending", Label: "Delete", Done: "Pending leads deleted", All: "Delete all", Fits: always, Gone: true, Many: pending("delete"),
		Ask: "These are then not distributed. The leads themselves stay.",
	},
	{
		Name: "retry", Label: "Retry", Done: "Failed distributions tried again", All: "Retry all", Fits: retryable,
		Each: calls(http.MethodPost, "/retry", nil), Every: retryAll,
	},
	{Name: "activate", Label: "Activate", Done: "Members activated", Fits: notActive, Each: calls(http.MethodPatch, "", map[string]any{"active": true})},
	{
		Name: "deactivate", Label: "Deactivate", Done: "Members deactivated", Asks: "planned", Fits: isActive, Each: deactivate,
		Ask: "Whoever is deactivated is passed over in every group, and their keys stop working.",
	},
	{
		Name: "remove-member", Label: "Remove", Done: "Members removed", Asks: "planned", Fits: always, Gone: true, Each: removeMember,
		Ask: "Whoever is removed gets no leads any more and is listed nowhere. Their copies and their history stay.",
	},
	{
		Name: "delete-group", Label: "Delete", Done: "Groups deleted", Asks: "delete-group", Fits: always, Gone: true, Each: deleteGroup,
		Ask: "What is sent to a deleted group is not distributed any more. Its turns and history stay.",
	},
	{
		Name: "test-notification", Label: "Send a test message", Done: "Members sent a test message", Alone: true, Fits: always,
		Each: calls(http.MethodPost, "/test-notification", nil),
	},
	{
		Name: "pause", Label: "Pause", Done: "Integrations paused", Fits: enabled, Each: calls(http.MethodPatch, "", map[string]any{"enabled": false}),
		Ask: "What a paused integration is sent is kept, and makes no leads until it is replayed.",
	},
	{Name: "resume", Label: "Resume", Done: "Integrations resumed", Fits: disabled, Each: calls(http.MethodPatch, "", map[string]any{"enabled": true})},
	{
		Name: "reconcile", Label: "Look for missed leads", Done: "Integrations looked through for missed leads", Fits: reconciles,
		Each: calls(http.MethodPost, "/reconcile", nil),
	},
	{Name: "try", Label: "Send a test", Done: "Tests sent", Alone: true, Fits: enabled, Each: tryIntegration},
	{Name: "replay", Label: "Replay", Done: "Events replayed", Fits: always, Each: calls(http.MethodPost, "/replay", nil)},
	{Name: "resend", Label: "Send again", Done: "Messages sent again", Fits: failed, Each: calls(http.MethodPost, "/resend", nil)},
	{Name: "enable", Admin: true, Label: "Enable", Done: "Webhooks enabled", Fits: disabled, Each: calls(http.MethodPatch, "", map[string]any{"enabled": true})},
	{
		Name: "disable", Admin: true, Label: "Disable", Done: "Webhooks disabled", Fits: enabled, Each: calls(http.MethodPatch, "", map[string]any{"enabled": false}),
		Ask: "A disabled webhook is told of nothing that happens from now on.",
	},
	{
		Name: "delete-source", Label: "Delete", Done: "Sources deleted", Fits: always, Gone: true, Each: deleteOne,
		Ask: "Only a source that nothing has can be deleted. One in use is switched off under Edit, or merged into another.",
	},
	{
		Name: "delete-webhook", Admin: true, Label: "Delete", Done: "Webhooks deleted", Fits: always, Gone: true, Each: deleteOne,
		Ask: "A deleted webhook is told of nothing any more, also not of what is still to be sent to it.",
	},
	{
		Name: "test-webhook", Admin: true, Label: "Send a test", Done: "Tests on their way; the deliveries show what becomes of them", Fits: enabled, Each: calls(http.MethodPost, "/test", nil),
	},
	{
		Name: "redeliver-failed", Label: "Deliver all failed again", Done: "Deliveries made again", Fits: always, Each: redeliverFailed,
	},
	{
		Name: "cancel-import", Label: "Cancel import", Done: "Imports cancelled", Fits: underWay, Each: calls(http.MethodPost, "/cancel", nil),
		Ask: "No more rows of the file come in. Leads that have come in stay and are distributed.",
	},
	{
		Name: "undo", Label: "Undo", Done: "Undone", Alone: true, Fits: undoable, Each: undoRun, Asks: asksUndo,
		Ask: "What is still pending is deleted. Copies with which nobody has done anything are taken back, and whoever was told of them is told " +
			"that. Their turns are handed out first. Copies that were answered, changed or converted stay.",
	},
	{
		Name: "end-session", Label: "End", Done: "Sessions ended", Fits: always, Gone: true, Each: deleteOne,
		Ask: "Whoever these sessions are of has to sign in again.",
	},
	{
		Name: "remove-person", Admin: true, Label: "Remove", Done: "People removed", Fits: always, Gone: true, Each: deleteOne,
		Ask: "Whoever is removed is signed out at once and cannot sign in any more. What they did stays in the audit log.",
	},
	{Name: "rotate-key", Admin: true, Label: "Rotate", Fits: isValid, Page: home + "api-keys/rotate"},
	{
		Name: "revoke-key", Admin: true, Label: "Revoke", Done: "Keys revoked", Fits: isValid, Each: deleteOne,
		Ask: "A revoked key is refused from its next request on. Whatever program uses it stops working.",
	},
	{Name: "redeliver", Label: "Deliver again", Done: "Deliveries made again", Fits: finalState, Each: calls(http.MethodPost, "/redeliver", nil)},
}

// calls is an act that is one request for each item, at its path and what is below it.
func calls(method, below string, body any) func(*visit, string, *order) (int, error) {
	return func(v *visit, item string, _ *order) (int, error) {
		return 1, v.api.Call(v.Context(), method, item+below, body, nil)
	}
}

// convert makes a customer of a lead or a copy.
func convert(v *visit, item string, o *order) (int, error) {
	var made struct{ ID string }
	err := v.api.Call(v.Context(), http.MethodPost, item+"/convert", nil, &made)
	o.next = home + "customers/" + made.ID
	return 1, err
}

// tryIntegration has a test lead come in, and leads to what became of it.
func tryIntegration(v *visit, item string, o *order) (int, error) {
	var event struct{ ID string }
	err := v.api.Call(v.Context(), http.MethodPost, item+"/test", nil, &event)
	o.next = home + strings.TrimPrefix(item, "/v1/") + "/events/" + event.ID
	return 1, err
}

// deleteOne deletes an item. One that is deleted already, as by the same form before, is as it should be; one that never was here
// is not: it may be another workspace's.
func deleteOne(v *visit, item string, _ *order) (int, error) {
	err := v.api.Call(v.Context(), http.MethodDelete, item, nil, nil)
	if client.IsStatus(err, http.StatusNotFound) {
		known, asked := v.wasHere(item)
		if asked != nil {
			return 0, asked
		}
		if known {
			err = nil
		}
	}
	return 1, err
}

// wasHere reports whether the audit log tells of an item that is gone.
func (v *visit) wasHere(item string) (bool, error) {
	item, _, _ = strings.Cut(item, "?")
	var entries struct{ Items []struct{} }
	err := v.get("/v1/audit-log?"+url.Values{"id": {path.Base(item)}, "limit": {"1"}}.Encode(), &entries)
	return len(entries.Items) > 0, err
}

// A count is the API's answer to what is done to many.
type count struct {
	Count int `json:"count"`
}

// pending does something to pending leads, those that were ticked or all that the filters leave.
func pending(what string) func(*visit, *order) (int, error) {
	return func(v *visit, o *order) (int, error) {
		var done count
		err := v.api.Call(v.Context(), http.MethodPost, "/v1/pending-leads/"+what, pendingMeant(o), &done)
		return done.Count, err
	}
}

func flat(chosen url.Values) map[string]string {
	all := map[string]string{}
	for name := range chosen {
		all[name] = chosen.Get(name)
	}
	return all
}

// deactivate takes a member out of all turns, and does with what they have pending as was chosen.
func deactivate(v *visit, item string, o *order) (int, error) {
	body := map[string]any{"active": false}
	if action := o.sent.Get("pending"); action != "" {
		choice := map[string]any{"action": action}
		if group := o.sent.Get("group_id"); action == "spread" && group != "" {
			choice["group_id"] = group
		}
		body["pending"] = choice
	}
	return 1, v.api.Call(v.Context(), http.MethodPatch, item, body, nil)
}

// removeMember removes a member, and does with what they have pending as was chosen.
func removeMember(v *visit, item string, o *order) (int, error) {
	query := url.Values{}
	if action := o.sent.Get("pending"); action != "" {
		query.Set("pending", action)
		if group := o.sent.Get("group_id"); action == "spread" && group != "" {
			query.Set("group_id", group)
		}
	}
	return deleteOne(v, item+"?"+query.Encode(), o)
}

// deleteGroup ends a group, and does with what is planned through it as was chosen.
func deleteGroup(v *visit, item string, o *order) (int, error) {
	query := url.Values{"pending": {o.sent.Get("pending")}}
	if o.sent.Get("pending") == "spread" {
		query.Set("group_id", o.sent.Get("group_id"))
	}
	return deleteOne(v, item+"?"+query.Encode(), o)
}

// redeliverFailed makes all failed deliveries of a webhook again.
func redeliverFailed(v *visit, item string, _ *order) (int, error) {
	var done count
	err := v.api.Call(v.Context(), http.MethodPost, item+"/redeliver-failed", map[string]any{}, &done)
	return done.Count, err
}
