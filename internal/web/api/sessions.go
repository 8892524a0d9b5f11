package api

import (
	"context"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/google/uuid"

	"github.com/leadwheel/leadwheel/internal/ingest"
	"github.com/leadwheel/leadwheel/internal/lead"
	"github.com/leadwheel/leadwheel/internal/web/problem"
	"github.com/leadwheel/leadwheel/store"
)

// Session is somebody who is signed in to the console.
type Session struct {
	ID        uuid.UUID  `json:"id" format:"uuid"`
	PersonID  *uuid.UUID `json:"person_id" format:"uuid" nullable:"true" doc:"Who is signed in; null where it was begun with a key, or by a message's link."`
	APIKeyID  *uuid.UUID `json:"api_key_id" format:"uuid" nullable:"true" doc:"The key that it was begun with, with which it ends; null for a person, and a message's link."`
	Current   bool       `json:"current" doc:"Whether it is the one that asks."`
	Address   *string    `json:"address" doc:"Where it was begun from."`
	Browser   *string    `json:"browser" doc:"What the browser calls itself."`
	CreatedAt time.Time  `json:"created_at"`
	SeenAt    time.Time  `json:"seen_at" doc:"When it was last used, to the minute. It ends 12 hours later."`
	ExpiresAt time.Time  `json:"expires_at" doc:"When it ends in any case."`
}

func (s Session) itemID() uuid.UUID { return s.ID }

// BegunSession is a session that was just begun, with what its holder sends in the place of the key.
type BegunSession struct {
	Session
	Token          string     `json:"token" doc:"To be sent as a key is. It is shown this once; only a hash of it is stored." example:"lws_…"`
	AssignedLeadID *uuid.UUID `json:"assigned_lead_id,omitempty" format:"uuid" doc:"The one copy that it opens, where it was begun by a message's link."`
}

// EndedSessions counts sessions that were ended.
type EndedSessions struct {
	Count int `json:"count"`
}

// currentSession stands in a path for the session that asks.
const currentSession = "current"

// sessionInput names a session by its id or as the current one.
type sessionInput struct {
	ID string `path:"id"`
}

// maxBrowser is how many characters of a browser's name for itself are kept.
const maxBrowser = 200

func (a *API) registerSessions() {
	const collection = "/v1/sessions"
	register(a, huma.Operation{
		OperationID: "post-session", Method: http.MethodPost, Path: collection, Summary: "Sign in with a key",
		Description: "Gives a token that does what the key does until it was not used for 12 hours, until 14 days have passed, " +
			"until it is ended, or until the key is.",
		DefaultStatus: http.StatusCreated,
	}, a.postSession)
	registerList(a, huma.Operation{OperationID: "list-sessions", Path: collection, Summary: "List who is signed in", Description: "Whoever is no admin sees their own sessions."},
		nil, func(ctx context.Context, c *call, _ *struct{ Paging }, p store.Page) ([]Session, error) {
			all, err := a.Store.Sessions(ctx, c.Workspace, c.ownSessions(), p)
			return each(all, func(s store.Session) Session { return sessionBody(c, s) }), err
		})
	register(a, huma.Operation{
		OperationID: "delete-session", Method: http.MethodDelete, Path: collection + "/{id}", Summary: "End a session",
		Description: "`current` stands for the one that asks.",
	}, func(ctx context.Context, c *call, in *sessionInput) (*none, error) {
		id, err := uuid.Parse(in.ID)
		if in.ID == currentSession && c.SessionID != nil {
			id, err = *c.SessionID, nil
			c.concerns(nil, id)
		}
		if err != nil {
			return nil, store.ErrNotFound
		}
		return nil, a.Store.WithTx(ctx, func(tx *store.Tx) error { return tx.EndSession(ctx, c.Workspace, c.ownSessions(), id) })
	})
	register(a, huma.Operation{
		OperationID: "end-sessions", Method: http.MethodPost, Path: collection + "/end-all", Summary: "End all sessions but the one that asks",
	}, func(ctx context.Context, c *call, _ *struct{}) (*posted[EndedSessions], error) {
		return once(ctx, a, c, func(tx *store.Tx) (effect[EndedSessions], error) {
			n, err := tx.EndSessions(ctx, c.Workspace, c.ownSessions(), idOrNil(c.SessionID))
			return effect[EndedSessions]{status: http.StatusOK, body: EndedSessions{n}, count: &n}, err
		})
	})
}

func (a *API) postSession(ctx context.Context, c *call, _ *struct{}) (*posted[BegunSession], error) {
	if c.SessionID != nil {
		return nil, problem.New(http.StatusForbidden, "a session can begin no other; sign in with the API key itself")
	}
	out, err := once(ctx, a, c, func(tx *store.Tx) (effect[BegunSession], error) {
		s, token, err := tx.BeginSession(ctx, store.Session{Workspace: c.Workspace, APIKeyID: &c.ID, Address: c.address, Browser: c.browser})
		return effect[BegunSession]{status: http.StatusCreated, body: BegunSession{Session: sessionBody(c, s), Token: token}, secret: true}, err
	})
	return out, a.counted("key", err)
}

// ownSessions is the person, or the key, whose sessions the caller may see and end, nil for everyone's.
func (c *call) ownSessions() uuid.UUID {
	if c.Role == lead.RoleAdmin || c.AssignedLeadID != nil { // who may end the one that asks, and no other
		return uuid.Nil
	}
	return c.ID
}

func sessionBody(c *call, s store.Session) Session {
	return Session{
		ID: s.ID, PersonID: s.PersonID, APIKeyID: s.APIKeyID, Current: s.ID == idOrNil(c.SessionID), Address: textOrNull(s.Address), Browser: textOrNull(s.Browser),
		CreatedAt: s.CreatedAt, SeenAt: s.SeenAt, ExpiresAt: s.ExpiresAt,
	}
}

// browserOf is what a request's browser or program calls itself, as far as it is kept.
func browserOf(ctx huma.Context) string {
	name := []rune(ingest.Clean(ctx.Header("User-Agent")))
	return string(name[:min(len(name), maxBrowser)])
}
