package api

import (
	"context"
	"net/http"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/google/uuid"

	"github.com/leadwheel/leadwheel/internal/lead"
	"github.com/leadwheel/leadwheel/store"
)

// APIKey is a key to the workspace, without the key itself: nobody has that but its holder.
type APIKey struct {
	ID            uuid.UUID  `json:"id" format:"uuid"`
	Role          lead.Role  `json:"role"`
	Name          *string    `json:"name" doc:"What it is for."`
	MemberID      *uuid.UUID `json:"member_id" format:"uuid" nullable:"true" doc:"Whose copies a member's key sees."`
	GroupID       *uuid.UUID `json:"group_id" format:"uuid" nullable:"true" doc:"Where an integration's leads go."`
	SourceID      *uuid.UUID `json:"source_id" format:"uuid" nullable:"true" doc:"What an integration's leads have for a source."`
	IntegrationID *uuid.UUID `json:"integration_id" format:"uuid" nullable:"true" doc:"The integration whose external ids an integration's imports may share."`
	CreatedAt     time.Time  `json:"created_at"`
	ExpiresAt     *time.Time `json:"expires_at" doc:"null: it does not expire."`
	RevokedAt     *time.Time `json:"revoked_at"`
	LastUsedAt    *time.Time `json:"last_used_at" doc:"To the minute."`
	Addresses     []KeyUse   `json:"addresses" doc:"From where it was used last, newest first; ten at the most."`
}

// KeyUse is an address from which a key was used.
type KeyUse struct {
	Address string    `json:"address"`
	At      time.Time `json:"at" doc:"When it was used from there last, to the minute."`
}

func (k APIKey) itemID() uuid.UUID { return k.ID }

// CreatedAPIKey is a key that was just made, with the key itself.
type CreatedAPIKey struct {
	APIKey
	Key string `json:"api_key" doc:"The key. It is shown this once; only a hash of it is stored." example:"lw_…"`
}

// NewAPIKey is a key to be made.
type NewAPIKey struct {
	Role          lead.Role  `json:"role" doc:"admin: everything. integration: push leads and imports. member: one member's own copies and customers."`
	Name          string     `json:"name,omitempty" maxLength:"200" doc:"What it is for."`
	MemberID      *uuid.UUID `json:"member_id,omitempty" format:"uuid" doc:"Needed for a member's key, and for no other."`
	GroupID       *uuid.UUID `json:"group_id,omitempty" format:"uuid" doc:"An integration's leads then go to this group, and to no other."`
	SourceID      *uuid.UUID `json:"source_id,omitempty" format:"uuid" doc:"An integration's leads then have this source, and no other."`
	IntegrationID *uuid.UUID `json:"integration_id,omitempty" format:"uuid" doc:"An integration's imports may then name this integration, whose external ids they share."`
	ExpiresAt     *time.Time `json:"expires_at,omitempty" doc:"In the future; absent: never."`
}

// Rotation is how a key is followed by another.
type Rotation struct {
	OverlapHours *int `json:"overlap_hours,omitempty" minimum:"0" maximum:"720" default:"24" doc:"For how long the old key works beside the new one."`
}

type rotateInput struct {
	ItemID
	Body Rotation
}

type apiKeyOutput struct{ Body APIKey }

func (a *API) registerAPIKeys() {
	const collection, one = "/v1/api-keys", "/v1/api-keys/{id}"
	register(a, huma.Operation{
		OperationID: "post-api-key", Method: http.MethodPost, Path: collection, Summary: "Create an API key",
		DefaultStatus: http.StatusCreated,
	}, a.postAPIKey)
	registerList(a, huma.Operation{
		OperationID: "list-api-keys", Path: collection, Summary: "List the API keys, those that are no longer valid too",
	}, nil, func(ctx context.Context, c *call, _ *struct{ Paging }, p store.Page) ([]APIKey, error) {
		all, err := a.Store.APIKeys(ctx, c.Workspace, p)
		return each(all, apiKeyBody), err
	})
	register(a, huma.Operation{
		OperationID: "get-api-key", Method: http.MethodGet, Path: one, Summary: "Read what is known of an API key",
	}, func(ctx context.Context, c *call, in *itemInput) (*apiKeyOutput, error) {
		k, err := a.Store.APIKey(ctx, c.Workspace, in.ID)
		return &apiKeyOutput{apiKeyBody(k)}, err
	})
	register(a, huma.Operation{
		OperationID: "rotate-api-key", Method: http.MethodPost, Path: one + "/rotate", Summary: "Make a key that takes the place of another",
		Description:   "The new key may what the old one may, and lasts as long as that was meant to. What was pushed or imported with the old one is known by it, and so are its idempotency keys. The old one ends after the overlap.",
		DefaultStatus: http.StatusCreated,
	}, a.rotateAPIKey)
	register(a, huma.Operation{
		OperationID: "revoke-api-key", Method: http.MethodDelete, Path: one, Summary: "Revoke an API key; it is refused from its next request on",
		Description: "The last admin key of a workspace cannot revoke itself.", Errors: []int{http.StatusConflict},
	}, func(ctx context.Context, c *call, in *itemInput) (*none, error) {
		return nil, a.Store.WithTx(ctx, func(tx *store.Tx) error {
			if c.PersonID == nil && in.ID == c.ID {
				return tx.GiveUpAPIKey(ctx, c.Workspace, in.ID)
			}
			return tx.RevokeAPIKey(ctx, c.Workspace, in.ID)
		})
	})
}

func (a *API) postAPIKey(ctx context.Context, c *call, in *struct{ Body NewAPIKey }) (*posted[CreatedAPIKey], error) {
	n := in.Body
	if n.ExpiresAt != nil && !n.ExpiresAt.After(a.Store.Now()) {
		return nil, &store.FieldError{Field: "expires_at", Message: "this is past; give a time in the future, or none"}
	}
	return once(ctx, a, c, func(tx *store.Tx) (effect[CreatedAPIKey], error) {
		k, text, err := tx.CreateAPIKey(ctx, c.Workspace, store.APIKey{
			Role: n.Role, Name: strings.TrimSpace(n.Name), MemberID: n.MemberID, GroupID: n.GroupID, SourceID: n.SourceID,
			IntegrationID: n.IntegrationID, ExpiresAt: n.ExpiresAt,
		})
		return effect[CreatedAPIKey]{status: http.StatusCreated, body: CreatedAPIKey{apiKeyBody(k), text}, secret: true}, err
	})
}

func (a *API) rotateAPIKey(ctx context.Context, c *call, in *rotateInput) (*posted[CreatedAPIKey], error) {
	end := a.Store.Now().Add(time.Duration(*in.Body.OverlapHours) * time.Hour)
	return once(ctx, a, c, func(tx *store.Tx) (effect[CreatedAPIKey], error) {
		k, text, err := tx.RotateAPIKey(ctx, c.Workspace, in.ID, end)
		return effect[CreatedAPIKey]{status: http.StatusCreated, body: CreatedAPIKey{apiKeyBody(k), text}, secret: true}, err
	})
}

func apiKeyBody(k store.APIKey) APIKey {
	return APIKey{
		ID: k.ID, Role: k.Role, Name: textOrNull(k.Name), MemberID: k.MemberID, GroupID: k.GroupID, SourceID: k.SourceID, IntegrationID: k.IntegrationID,
		CreatedAt: k.CreatedAt, ExpiresAt: k.ExpiresAt, RevokedAt: k.RevokedAt, LastUsedAt: k.LastUsedAt,
		Addresses: each(k.Addresses, func(u store.KeyUse) KeyUse { return KeyUse(u) }),
	}
}
