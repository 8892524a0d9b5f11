package api

import (
	"context"
	"strconv"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/google/uuid"

	"github.com/leadwheel/leadwheel/store"
)

// AuditEntry is something that an admin or an operator did.
type AuditEntry struct {
	ID        uuid.UUID   `json:"id" format:"uuid"`
	At        time.Time   `json:"at"`
	PersonID  *uuid.UUID  `json:"person_id" format:"uuid" nullable:"true" doc:"Who was signed in; null for a key and for an operator's command."`
	Person    *string     `json:"person" doc:"What they are called."`
	APIKeyID  *uuid.UUID  `json:"api_key_id" format:"uuid" nullable:"true" doc:"The key that was used; null for a person and for an operator's command."`
	Operation string      `json:"operation" doc:"As this document names it, or an operator's command." example:"patch-member"`
	IDs       []uuid.UUID `json:"ids" format:"uuid" doc:"What it acted on, those in the address first; 1,000 at the most."`
	Count     *int        `json:"count" doc:"How many it acted on, where it acts on many."`
	Fields    []string    `json:"fields" doc:"The fields that it gave values; the values are not recorded." example:"[\"active\"]"`
	Filter    *string     `json:"filter" doc:"What an export was narrowed by, but for what people are searched by; for a switch that was set, which way; for a sign-in, by what; null for other acts." example:"outcome=failed"`
}

func (e AuditEntry) itemID() uuid.UUID { return e.ID }

type auditLogInput struct {
	Paging
	APIKeyID  uuid.UUID `query:"api_key_id" format:"uuid" doc:"What was done with this key."`
	PersonID  uuid.UUID `query:"person_id" format:"uuid" doc:"What this person did."`
	ID        uuid.UUID `query:"id" format:"uuid" doc:"What was done to this: a member, a group, a lead…"`
	Operation string    `query:"operation" maxLength:"100" doc:"Only what was done by this operation, as this document names it, or by this command of an operator's."`
	From      time.Time `query:"from" doc:"Inclusive."`
	To        time.Time `query:"to" doc:"Exclusive."`
}

var auditColumns = []column[AuditEntry]{
	{"id", func(e AuditEntry) string { return e.ID.String() }},
	{"at", func(e AuditEntry) string { return cellOfTime(e.At) }},
	{"person_id", func(e AuditEntry) string { return cellOfID(e.PersonID) }},
	{"person", func(e AuditEntry) string { return cellOfText(e.Person) }},
	{"api_key_id", func(e AuditEntry) string { return cellOfID(e.APIKeyID) }},
	{"operation", func(e AuditEntry) string { return e.Operation }},
	{"ids", func(e AuditEntry) string { return strings.Join(each(e.IDs, uuid.UUID.String), " ") }},
	{"count", func(e AuditEntry) string { return cellOfCount(e.Count) }},
	{"fields", func(e AuditEntry) string { return strings.Join(e.Fields, " ") }},
	{"filter", func(e AuditEntry) string { return cellOfText(e.Filter) }},
}

func (a *API) registerAuditLog() {
	registerList(a, huma.Operation{
		OperationID: "list-audit-log", Path: "/v1/audit-log", Summary: "List what admins and operators did",
		Description: "Entries are written together with what they tell of, and never change. They hold ids and the names of " +
			"fields, no values. Exports are among them: lists taken as CSV, with how many items they had, and all that is known of a " +
			"person. Leads on their way in are not listed: see their own times.",
	}, auditColumns, func(ctx context.Context, c *call, in *auditLogInput, p store.Page) ([]AuditEntry, error) {
		all, err := a.Store.AuditLog(ctx, c.Workspace, store.AuditFilter{
			APIKeyID: in.APIKeyID, PersonID: in.PersonID, ID: in.ID, Operation: in.Operation, From: in.From, To: in.To,
		}, p)
		return each(all, auditBody), err
	})
}

func auditBody(e store.AuditEntry) AuditEntry {
	return AuditEntry{
		ID: e.ID, At: e.At, PersonID: e.PersonID, Person: textOrNull(e.PersonName), APIKeyID: e.APIKeyID, Operation: e.Operation, IDs: e.IDs, Count: e.Count, Fields: e.Fields, Filter: textOrNull(e.Filter),
	}
}

func cellOfCount(n *int) string {
	if n == nil {
		return ""
	}
	return strconv.Itoa(*n)
}
