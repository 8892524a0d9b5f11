package api

import (
	"context"
	"errors"
	"net/http"

	"github.com/danielgtaylor/huma/v2"
	"github.com/google/uuid"

	"github.com/leadwheel/leadwheel/internal/web/problem"
	"github.com/leadwheel/leadwheel/store"
)

// byLink are the operations for who was let in by a message's link, each with the parameter that must name the one copy, if any.
var byLink = map[string]string{
	"get-workspace": "", "get-me": "", "get-assigned-lead": "id", "patch-assigned-lead": "id", "accept-assigned-lead": "id", "list-assigned-lead-timeline": "id", "delete-session": "",
}

// beyondLink refuses what a message's link does not open: all but its one copy.
func beyondLink(ctx huma.Context, caller store.Caller) *problem.Problem {
	if caller.AssignedLeadID == nil {
		return nil
	}
	param, is := byLink[ctx.Operation().OperationID]
	if !is || ctx.Operation().OperationID == "delete-session" && ctx.Param("id") != currentSession {
		return problem.New(http.StatusForbidden, "a message's link opens the one lead that it tells of; sign in to see more")
	}
	if param == "" {
		return nil
	}
	if id, err := uuid.Parse(ctx.Param(param)); err != nil || id != *caller.AssignedLeadID {
		return problem.New(http.StatusNotFound, "there is no such lead, or it is not the one that this link opens")
	}
	return nil
}

// openMessageLink begins a session that sees one copy, for as long as its link is good.
func (a *API) openMessageLink(ctx context.Context, c *call, token string) (*begunOutput, error) {
	var out BegunSession
	act := &store.Act{Operation: "open-message-link"}
	err := a.Store.Perform(ctx, act, func(tx *store.Tx) error {
		l, err := tx.OpenMessageLink(ctx, token)
		if err != nil {
			return err
		}
		s, token, err := tx.BeginSession(ctx, store.Session{Workspace: l.Workspace, Link: l.Hash, Address: c.address, Browser: c.browser})
		act.Workspace, act.IDs = l.Workspace, []uuid.UUID{l.MemberID, l.AssignedLeadID, s.ID}
		out = BegunSession{Session: sessionBody(c, s), Token: token, AssignedLeadID: &l.AssignedLeadID}
		out.ExpiresAt = l.ExpiresAt
		return err
	})
	if errors.Is(err, store.ErrBadLink) {
		err = problem.New(http.StatusUnauthorized, "this link opens nothing any more: it is older than a day, or was ended")
	}
	return &begunOutput{out}, err
}
