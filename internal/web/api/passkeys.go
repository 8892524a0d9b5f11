package api

import (
	"context"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/go-webauthn/webauthn/webauthn"
	"github.com/google/uuid"

	"github.com/leadwheel/leadwheel/internal/web/problem"
	"github.com/leadwheel/leadwheel/store"
)

// The kinds of flows of passkeys.
const (
	flowAddPasskey = "add-passkey"
	flowPasskey    = "passkey"
)

// Passkey is one of the caller's own.
type Passkey struct {
	ID         uuid.UUID  `json:"id" format:"uuid"`
	Name       string     `json:"name"`
	CreatedAt  time.Time  `json:"created_at"`
	LastUsedAt *time.Time `json:"last_used_at" doc:"When it last signed somebody in."`
	CopiedAt   *time.Time `json:"copied_at" doc:"When it looked as if there were two of it, by its count of uses. It signs nobody in since: remove it, and add another."`
}

func (k Passkey) itemID() uuid.UUID { return k.ID }

// PasskeyFlow is what a browser is asked, and what its answer comes with.
type PasskeyFlow struct {
	Flow    string         `json:"flow" doc:"Comes with the browser's answer, once, within five minutes. Keep it where scripts cannot read it." example:"lwf_…"`
	Options map[string]any `json:"options" doc:"What navigator.credentials takes, in the form that PublicKeyCredential's parse…OptionsFromJSON reads."`
}

// NewPasskey is what a browser made of what it was asked.
type NewPasskey struct {
	Flow       string         `json:"flow" maxLength:"200"`
	Name       string         `json:"name" maxLength:"200" doc:"What its owner calls it, as in Phone."`
	Credential map[string]any `json:"credential" doc:"The browser's PublicKeyCredential as its toJSON gives it."`
}

// ShownPasskey is a browser's answer to who it is.
type ShownPasskey struct {
	Flow       string         `json:"flow" maxLength:"200"`
	Credential map[string]any `json:"credential" doc:"The browser's PublicKeyCredential as its toJSON gives it."`
}

// PasskeyPatch gives a passkey another name.
type PasskeyPatch struct {
	Name Patch[string] `json:"name,omitempty" maxLength:"200" nullable:"false"`
}

// errNoPasskey is the one answer to a passkey that signs nobody in, whatever is wrong with it.
var errNoPasskey = problem.New(http.StatusUnauthorized, "this passkey signs nobody in here: it is not known, was removed, or was asked for too long ago")

func (a *API) registerPasskeys() {
	const collection, one = "/v1/me/passkeys", "/v1/me/passkeys/{id}"
	registerList(a, huma.Operation{OperationID: "list-my-passkeys", Path: collection, Summary: "List one's own passkeys", Description: "A key has none."}, nil,
		func(ctx context.Context, c *call, _ *struct{ Paging }, p store.Page) ([]Passkey, error) {
			if c.PersonID == nil {
				return nil, nil
			}
			all, err := a.Store.Passkeys(ctx, c.Workspace, *c.PersonID, p)
			return each(all, passkeyBody), err
		})
	register(a, huma.Operation{
		OperationID: "begin-my-passkey", Method: http.MethodPost, Path: collection + "/begin", Summary: "Ask a browser to make a passkey",
		Description: "What it answers goes to POST /v1/me/passkeys.", DefaultStatus: http.StatusCreated, Errors: []int{http.StatusConflict},
	}, a.beginMyPasskey)
	register(a, huma.Operation{
		OperationID: "post-my-passkey", Method: http.MethodPost, Path: collection, Summary: "Add a passkey that a browser made",
		DefaultStatus: http.StatusCreated, Errors: []int{http.StatusConflict},
	}, a.postMyPasskey)
	register(a, huma.Operation{
		OperationID: "patch-my-passkey", Method: http.MethodPatch, Path: one, Summary: "Give one of one's own passkeys another name",
	}, func(ctx context.Context, c *call, in *patchInput[PasskeyPatch]) (*struct{ Body Passkey }, error) {
		var out struct{ Body Passkey }
		err := a.Store.WithTx(ctx, func(tx *store.Tx) error {
			k, err := tx.RenamePasskey(ctx, c.Workspace, idOrNil(c.PersonID), in.ID, func(name *string) error { return overName(in.Body.Name, name) })
			out.Body = passkeyBody(k)
			return err
		})
		return &out, err
	})
	register(a, huma.Operation{
		OperationID: "delete-my-passkey", Method: http.MethodDelete, Path: one, Summary: "Remove one of one's own passkeys",
	}, func(ctx context.Context, c *call, in *itemInput) (*none, error) {
		return nil, a.Store.WithTx(ctx, func(tx *store.Tx) error { return tx.RemovePasskey(ctx, c.Workspace, idOrNil(c.PersonID), in.ID) })
	})
	register(a, huma.Operation{
		OperationID: "begin-passkey-sign-in", Method: http.MethodPost, Path: "/v1/sign-in/passkey/begin", Summary: "Ask a browser for a passkey",
		Description: "What it answers goes to POST /v1/sign-in/passkey.", DefaultStatus: http.StatusCreated, Errors: []int{http.StatusConflict},
	}, a.beginPasskeySignIn)
	register(a, huma.Operation{
		OperationID: "passkey-sign-in", Method: http.MethodPost, Path: "/v1/sign-in/passkey", Summary: "Sign in with a passkey",
		DefaultStatus: http.StatusCreated, Errors: []int{http.StatusConflict},
	}, a.passkeySignIn)
}

// holder is the person who calls, with their passkeys.
func (a *API) holder(ctx context.Context, c *call) (h holder, err error) {
	if c.PersonID == nil {
		return h, problem.New(http.StatusConflict, "a key has no passkeys; sign in as a person")
	}
	if h.Person, err = a.Store.Person(ctx, c.Workspace, *c.PersonID); err == nil {
		h.passkeys, err = a.Store.Passkeys(ctx, c.Workspace, *c.PersonID, store.Page{Limit: maxPage})
	}
	return h, err
}

func (a *API) beginMyPasskey(ctx context.Context, c *call, _ *struct{}) (*struct{ Body PasskeyFlow }, error) {
	party, err := a.passkeyParty()
	if err != nil {
		return nil, err
	}
	h, err := a.holder(ctx, c)
	if err != nil {
		return nil, err
	}
	options, kept, err := registration(party, h)
	if err != nil {
		return nil, err
	}
	return a.passkeyFlow(ctx, store.SignInFlow{Workspace: c.Workspace, PersonID: h.ID, Kind: flowAddPasskey}, options, kept)
}

// passkeyFlow keeps what a browser was asked.
func (a *API) passkeyFlow(ctx context.Context, f store.SignInFlow, options any, kept *webauthn.SessionData) (*struct{ Body PasskeyFlow }, error) {
	plain, err := asObject(options)
	if err != nil {
		return nil, err
	}
	token, err := a.Store.BeginSignInFlow(ctx, f, kept)
	return &struct{ Body PasskeyFlow }{PasskeyFlow{token, plain}}, err
}

func (a *API) postMyPasskey(ctx context.Context, c *call, in *struct{ Body NewPasskey }) (*posted[Passkey], error) {
	party, err := a.passkeyParty()
	if err != nil {
		return nil, err
	}
	if err := needName(&in.Body.Name); err != nil {
		return nil, err
	}
	h, err := a.holder(ctx, c)
	if err != nil {
		return nil, err
	}
	return once(ctx, a, c, func(tx *store.Tx) (did effect[Passkey], err error) {
		var kept webauthn.SessionData
		flow := store.SignInFlow{Workspace: c.Workspace, PersonID: h.ID, Kind: flowAddPasskey}
		if err := tx.UseSignInFlow(ctx, in.Body.Flow, flow, &kept); err != nil {
			return did, badFlow(err)
		}
		k, err := registered(party, h, kept, in.Body.Credential)
		if err != nil {
			return did, err
		}
		k.Name = in.Body.Name
		k, err = tx.AddPasskey(ctx, k)
		return effect[Passkey]{status: http.StatusCreated, body: passkeyBody(k)}, err
	})
}

func (a *API) beginPasskeySignIn(ctx context.Context, _ *call, _ *struct{}) (*struct{ Body PasskeyFlow }, error) {
	party, err := a.passkeyParty()
	if err != nil {
		return nil, err
	}
	options, kept, err := party.BeginDiscoverableLogin()
	if err != nil {
		return nil, err
	}
	return a.passkeyFlow(ctx, store.SignInFlow{Kind: flowPasskey}, options, kept)
}

func (a *API) passkeySignIn(ctx context.Context, c *call, in *struct{ Body ShownPasskey }) (*begunOutput, error) {
	party, err := a.passkeyParty()
	if err != nil {
		return nil, err
	}
	var kept webauthn.SessionData
	if err := a.Store.UseSignInFlow(ctx, in.Body.Flow, store.SignInFlow{Kind: flowPasskey}, &kept); err != nil {
		return nil, a.counted("passkey", noPasskey(err))
	}
	s, err := shown(party, kept, in.Body.Credential, func(workspace, person uuid.UUID, credential []byte) (h holder, err error) {
		if h.Person, err = a.Store.Person(ctx, workspace, person); err != nil {
			return h, err
		}
		k, err := a.Store.PasskeyOf(ctx, workspace, person, credential)
		h.passkeys = []store.Passkey{k}
		return h, err
	})
	if err == nil && s.copied {
		err = a.refuseCopy(ctx, s.had)
	}
	if err != nil {
		return nil, a.counted("passkey", err)
	}
	return a.begin(ctx, c, "passkey", func(tx *store.Tx) (store.Person, error) { return tx.UsePasskey(ctx, s.had, s.now, s.uses) })
}

// refuseCopy refuses a passkey that counts fewer uses than are known of it: somebody has a copy. It is told to its owner.
func (a *API) refuseCopy(ctx context.Context, k store.Passkey) error {
	act := &store.Act{Workspace: k.Workspace, PersonID: k.PersonID, Operation: "passkey-copied", IDs: []uuid.UUID{k.ID}, Void: k.CopiedAt != nil}
	if err := a.Store.Perform(ctx, act, func(tx *store.Tx) error { return tx.PasskeyCopied(ctx, k) }); err != nil {
		return err
	}
	return errNoPasskey
}

func passkeyBody(k store.Passkey) Passkey {
	return Passkey{ID: k.ID, Name: k.Name, CreatedAt: k.CreatedAt, LastUsedAt: k.LastUsedAt, CopiedAt: k.CopiedAt}
}
