package api

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"slices"

	"github.com/danielgtaylor/huma/v2"
	"github.com/google/uuid"

	"github.com/leadwheel/leadwheel/internal/lead"
	"github.com/leadwheel/leadwheel/store"
)

// unlogged are the operations that change nothing the audit log is about: leads on their way in, which tell by themselves
// when and how they came, and what has no effect.
var unlogged = []string{"post-lead", "post-lead-batch", "preview-assignment", "preview-import", "preview-group", "check-rules", "post-simulation", "preview-message-template", "test-message-template", "begin-my-passkey"}

// errUnlogged is a route that changes things outside of a transaction under its request's context.
var errUnlogged = errors.New("this changed something and is not in the audit log")

// recordAct has what an admin or a manager changes, and what others do with their accounts, written to the audit log, by the transaction that changes it: which operation, on
// what, and which fields.
func (a *API) recordAct(ctx huma.Context, next func(huma.Context)) {
	c, op := callOf(ctx.Context()), ctx.Operation()
	if op.Method == http.MethodGet || !c.answers(op.OperationID) || slices.Contains(unlogged, op.OperationID) {
		next(ctx)
		return
	}
	c.act = c.newAct(op.OperationID)
	for _, param := range op.Parameters {
		if id, err := uuid.Parse(ctx.Param(param.Name)); param.In == "path" && err == nil {
			c.act.IDs = append(c.act.IDs, id)
		}
	}
	if op.Method == http.MethodPatch || op.Method == http.MethodPut {
		// Names that the operation does not know are refused, so these are none of the caller's own.
		var fields map[string]json.RawMessage
		if json.NewDecoder(ctx.BodyReader()).Decode(&fields) == nil {
			c.act.Fields = slices.Sorted(maps.Keys(fields))
			c.act.Filter = switched(fields)
		}
	}
	next(huma.WithContext(ctx, store.WithAct(ctx.Context(), c.act)))
}

// switched says which way a switch went, which tells of no person: without it nobody could read who deactivated a member.
func switched(fields map[string]json.RawMessage) string {
	for _, name := range []string{"active", "enabled", "on_duty"} {
		var on bool
		if value, is := fields[name]; is && json.Unmarshal(value, &on) == nil {
			return fmt.Sprintf("%s=%t", name, on)
		}
	}
	return ""
}

// onesOwn are the operations on one's own account: what an agent does is else told by the leads and customers that they change.
var onesOwn = []string{"delete-session", "end-sessions", "put-my-password", "patch-me", "post-my-passkey", "patch-my-passkey", "delete-my-passkey", "patch-my-messages", "patch-my-availability", "post-my-telegram-link"}

// answers reports whether the audit log is about what the caller does by an operation.
func (c *call) answers(operation string) bool {
	return c.Role == lead.RoleAdmin || c.Role == lead.RoleManager || c.PersonID != nil && slices.Contains(onesOwn, operation)
}

// newAct is an act of the call's for the audit log.
func (c *call) newAct(operation string) *store.Act {
	act := &store.Act{Workspace: c.Workspace, Operation: operation}
	if act.PersonID = idOrNil(c.PersonID); act.PersonID == uuid.Nil {
		act.APIKeyID = c.ID
	}
	return act
}

// concerns adds what the act is about beyond the ids in its address. It may be called again where its transaction runs
// again.
func (c *call) concerns(count *int, ids ...uuid.UUID) {
	if c.act == nil {
		return
	}
	if c.addressed == nil {
		c.addressed = slices.Clip(append([]uuid.UUID{}, c.act.IDs...))
	}
	others := slices.DeleteFunc(slices.Clone(ids), func(id uuid.UUID) bool { return slices.Contains(c.addressed, id) })
	c.act.IDs, c.act.Count = append(c.addressed, others...), count
}

// void says whether the call turned out to have no effect.
func (c *call) void(is bool) {
	if c.act != nil {
		c.act.Void = is
	}
}

// acted adds what a POST acted on and, where that is one thing, made.
func acted[T any](c *call, did effect[T]) {
	ids := did.ids
	if it, is := any(did.body).(item); is {
		ids = append(slices.Clip(ids), it.itemID())
	}
	c.concerns(did.count, ids...)
}

// checkLogged finds, in tests, the routes that do not keep to the audit log.
func (a *API) checkLogged(ctx context.Context, c *call, operation string) {
	if c.act != nil && !c.act.Logged() {
		a.logFailure(ctx, operation, errUnlogged)
	}
}
