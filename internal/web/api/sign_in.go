package api

import (
	"context"
	"errors"
	"net/http"
	"slices"

	"github.com/danielgtaylor/huma/v2"
	"github.com/google/uuid"

	"github.com/leadwheel/leadwheel/internal/contact"
	"github.com/leadwheel/leadwheel/internal/lead"
	"github.com/leadwheel/leadwheel/internal/web/problem"
	"github.com/leadwheel/leadwheel/internal/web/quota"
	"github.com/leadwheel/leadwheel/store"
)

// SignIn is by what a person signs in: a link's token, or an address and a password.
type SignIn struct {
	Link     string `json:"link,omitempty" maxLength:"200" doc:"What stands behind the last slash of a link: one that signs a person in, once, or that of a message, which opens the one lead that it tells of."`
	Email    string `json:"email,omitempty" maxLength:"320"`
	Password string `json:"password,omitempty" maxLength:"200"`
}

// Me is who calls.
type Me struct {
	Role           lead.Role  `json:"role" doc:"What the caller may do: an agent what a member's key may."`
	Person         *Person    `json:"person,omitempty" doc:"Who is signed in; absent for a key."`
	APIKeyID       *uuid.UUID `json:"api_key_id" format:"uuid" nullable:"true"`
	MemberID       *uuid.UUID `json:"member_id" format:"uuid" nullable:"true" doc:"Whose copies the caller sees, for a member or an agent."`
	SessionID      *uuid.UUID `json:"session_id" format:"uuid" nullable:"true"`
	AssignedLeadID *uuid.UUID `json:"assigned_lead_id,omitempty" format:"uuid" doc:"The one copy that the caller may see, who opened it by a message's link."`
	Timezone       string     `json:"timezone" doc:"The caller's clock: a member's own, or the workspace's."`
	Language       Language   `json:"language" doc:"What the caller reads: what they chose, or the workspace's."`
}

// SignInWays are by what people sign in, beside a link that an administrator makes, a password and a key.
type SignInWays struct {
	Link        bool       `json:"link" doc:"Whether links are sent to whoever asks."`
	PasskeyHost *string    `json:"passkey_host" doc:"The host at which passkeys are good; null where they cannot be used, which need LEADWHEEL_PUBLIC_URL to be HTTPS and a name."`
	OpenID      *OpenIDWay `json:"oidc,omitempty" doc:"The provider of OpenID Connect; absent where there is none."`
}

// MePatch is what people change of themselves.
type MePatch struct {
	Name     Patch[string]   `json:"name,omitempty" maxLength:"200" nullable:"false"`
	Language Patch[Language] `json:"language,omitempty" doc:"null: the workspace's."`
}

// PasswordChange is a new password, and the one before where there is one.
type PasswordChange struct {
	Password string `json:"password" minLength:"12" maxLength:"200"`
	Current  string `json:"current,omitempty" maxLength:"200" doc:"Needed where there is a password already."`
}

func (a *API) patchMe(ctx context.Context, c *call, in *struct{ Body MePatch }) (*struct{ Body Me }, error) {
	if c.PersonID == nil {
		return nil, problem.New(http.StatusConflict, "a key's name is for an admin to choose, who makes it; sign in as a person")
	}
	me := meOf(c)
	err := a.Store.WithTx(ctx, func(tx *store.Tx) error {
		p, err := tx.EditPerson(ctx, c.Workspace, *c.PersonID, func(p *store.Person) error {
			in.Body.Language.over((*Language)(&p.Language))
			return overName(in.Body.Name, &p.Name)
		})
		body := personBody(p)
		me.Person = &body
		return err
	})
	if err == nil {
		err = a.customs(ctx, c, &me)
	}
	return &struct{ Body Me }{me}, err
}

// meOf is who calls, without what is known of a person.
func meOf(c *call) Me {
	me := Me{Role: c.Role, MemberID: c.MemberID, SessionID: c.SessionID, AssignedLeadID: c.AssignedLeadID}
	if c.PersonID == nil && c.AssignedLeadID == nil {
		me.APIKeyID = &c.ID
	}
	return me
}

// customs adds the caller's clock and language to who calls.
func (a *API) customs(ctx context.Context, c *call, me *Me) (err error) {
	if me.Timezone, err = a.Store.Clock(ctx, c.Workspace, idOrNil(c.MemberID)); err != nil {
		return err
	}
	tag, err := a.Store.Language(ctx, c.Workspace, idOrNil(c.MemberID), idOrNil(c.PersonID))
	me.Language = Language(tag)
	return err
}

func (a *API) registerSignIn() {
	register(a, huma.Operation{
		OperationID: "sign-in", Method: http.MethodPost, Path: "/v1/sign-in", Summary: "Sign in as a person",
		Description: "By a link, which is used up by it, or by address and password. Gives a token to be sent as a key is. " +
			"Where address and password fit in several workspaces, the answer is a conflict with a link to each.",
		DefaultStatus: http.StatusCreated, Errors: []int{http.StatusConflict},
	}, a.signIn)
	register(a, huma.Operation{
		OperationID: "get-me", Method: http.MethodGet, Path: "/v1/me", Summary: "Read who calls",
	}, func(ctx context.Context, c *call, _ *struct{}) (*struct{ Body Me }, error) {
		me := meOf(c)
		if err := a.customs(ctx, c, &me); err != nil {
			return nil, err
		}
		if c.PersonID == nil {
			return &struct{ Body Me }{me}, nil
		}
		p, err := a.Store.Person(ctx, c.Workspace, *c.PersonID)
		body := personBody(p)
		me.Person = &body
		return &struct{ Body Me }{me}, err
	})
	register(a, huma.Operation{
		OperationID: "patch-me", Method: http.MethodPatch, Path: "/v1/me", Summary: "Change one's own name, and the language that one reads", Errors: []int{http.StatusConflict},
	}, a.patchMe)
	register(a, huma.Operation{
		OperationID: "get-sign-in", Method: http.MethodGet, Path: "/v1/sign-in", Summary: "Read by what people sign in here",
	}, func(context.Context, *call, *struct{}) (*struct{ Body SignInWays }, error) {
		ways := SignInWays{Link: len(a.Posters) > 0}
		if a.OpenID != nil {
			ways.OpenID = &OpenIDWay{a.OpenID.Name(), a.OpenID.Answers()}
		}
		if a.party != nil {
			ways.PasskeyHost = &a.party.Config.RPID
		}
		return &struct{ Body SignInWays }{ways}, nil
	})
	register(a, huma.Operation{
		OperationID: "put-my-password", Method: http.MethodPut, Path: "/v1/me/password", Summary: "Give oneself a password",
		Description: "Ends one's other sessions, and links.",
	}, a.putMyPassword)
}

// errNoSignIn is the one answer to whatever is wrong, so that nothing is learned of who is here.
var errNoSignIn = problem.New(http.StatusUnauthorized, "this does not sign anybody in: the link was used or is older than 15 minutes, or address and password do not fit")

// begunOutput is a session that was just begun.
type begunOutput struct{ Body BegunSession }

func (a *API) signIn(ctx context.Context, c *call, in *struct{ Body SignIn }) (*begunOutput, error) {
	if (in.Body.Link == "") == (in.Body.Email == "" || in.Body.Password == "") {
		return nil, &store.FieldError{Field: "link", Message: "give a link, or an email and a password"}
	}
	if store.IsMessageLink(in.Body.Link) {
		return a.openMessageLink(ctx, c, in.Body.Link)
	}
	if in.Body.Link != "" {
		return a.begin(ctx, c, "link", func(tx *store.Tx) (store.Person, error) { return tx.UseSignInLink(ctx, in.Body.Link) })
	}
	known, err := a.byPassword(ctx, in.Body.Email, in.Body.Password)
	if err != nil {
		return nil, a.counted("password", err)
	}
	return a.beginAs(ctx, c, "password", known, func(*store.Tx, store.Person) error { return nil })
}

// begin begins a session of the person whom a transaction finds, and counts it by the way in which they signed in.
func (a *API) begin(ctx context.Context, c *call, way string, find func(*store.Tx) (store.Person, error)) (*begunOutput, error) {
	var out begunOutput
	act := &store.Act{Operation: "sign-in", Filter: "by=" + way}
	err := a.Store.Perform(ctx, act, func(tx *store.Tx) error {
		p, err := find(tx)
		if err != nil {
			return err
		}
		s, token, err := tx.BeginSession(ctx, store.Session{Workspace: p.Workspace, PersonID: &p.ID, Address: c.address, Browser: c.browser})
		act.Workspace, act.PersonID, act.IDs = p.Workspace, p.ID, []uuid.UUID{s.ID}
		out.Body = BegunSession{Session: sessionBody(c, s), Token: token}
		return err
	})
	if errors.Is(err, store.ErrBadLink) || errors.Is(err, store.ErrNotFound) {
		err = errNoSignIn
	}
	return &out, a.counted(way, err)
}

// beginAs begins a session of somebody who showed who they are. Whoever works in several workspaces chooses. also does what belongs to
// it, and refuses whoever it is no good for by store.ErrNotFound.
func (a *API) beginAs(ctx context.Context, c *call, way string, known []store.Person, also func(*store.Tx, store.Person) error) (*begunOutput, error) {
	still := func(tx *store.Tx, had store.Person) (p store.Person, err error) { // unless that changed meanwhile
		if p, err = tx.PersonWith(ctx, had); err == nil {
			err = also(tx, p)
		}
		return p, err
	}
	if len(known) == 1 {
		return a.begin(ctx, c, way, func(tx *store.Tx) (store.Person, error) { return still(tx, known[0]) })
	}
	choices := []problem.Choice{}
	err := a.Store.WithTx(ctx, func(tx *store.Tx) error {
		choices = choices[:0]
		for _, p := range known {
			now, err := still(tx, p)
			if errors.Is(err, store.ErrNotFound) {
				continue
			}
			if err != nil {
				return err
			}
			w, err := tx.Workspace(ctx, p.Workspace)
			if err != nil {
				return err
			}
			token, _, err := tx.CreateSignInLink(ctx, now)
			if err != nil {
				return err
			}
			choices = append(choices, problem.Choice{Workspace: w.Name, Link: token})
		}
		return nil
	})
	if err == nil && len(choices) == 0 {
		err = errNoSignIn
	}
	if err != nil {
		return nil, a.counted(way, err)
	}
	p := problem.New(http.StatusConflict, "this signs in to several workspaces; choose one, and sign in by its link")
	p.Choices = choices
	return nil, p
}

// counted counts a sign-in that was tried, unless it was not found out whether it is good, and returns its error.
func (a *API) counted(way string, err error) error {
	switch {
	case err == nil:
		a.Metrics.SignIns.WithLabelValues(way, "succeeded").Inc()
	case errors.Is(err, errNoSignIn), errors.Is(err, errNoPasskey), errors.Is(err, errNoAccount):
		a.Metrics.SignIns.WithLabelValues(way, "failed").Inc()
	}
	return err
}

func (a *API) putMyPassword(ctx context.Context, c *call, in *struct{ Body PasswordChange }) (*none, error) {
	if c.PersonID == nil {
		return nil, problem.New(http.StatusForbidden, "a key has no password; sign in as a person")
	}
	p, err := a.Store.Person(ctx, c.Workspace, *c.PersonID)
	if err != nil {
		return nil, err
	}
	if p.PasswordHash != "" {
		if err := a.guessed(ctx, p.Email); err != nil {
			return nil, err
		}
		fits, err := a.passwords.fits(ctx, in.Body.Current, p.PasswordHash)
		if err != nil {
			return nil, err
		}
		if !fits {
			return nil, &store.FieldError{Field: "current", Message: "this is not your present password"}
		}
	}
	hash, err := a.passwords.hash(ctx, in.Body.Password)
	if err != nil {
		return nil, err
	}
	return nil, a.Store.WithTx(ctx, func(tx *store.Tx) error {
		_, err := tx.EditPerson(ctx, c.Workspace, p.ID, func(now *store.Person) error {
			if now.PasswordHash != p.PasswordHash {
				return &store.FieldError{Field: "current", Message: "your password was changed meanwhile"}
			}
			now.PasswordHash = hash
			return nil
		})
		if err != nil {
			return err
		}
		return tx.SignOut(ctx, c.Workspace, p.ID, idOrNil(c.SessionID))
	})
}

// guessed counts that a password was tried for an address, whoever tries it from wherever, and whether somebody has that address or
// nobody. A link signs in all the same.
func (a *API) guessed(ctx context.Context, email string) error {
	if a.Limits.SignIns <= 0 {
		return nil
	}
	tries := quota.Quota{Name: "passwords", Requests: passwordTries, Window: store.SignInLinkAge}
	v := a.quotas.Take(ctx, quota.Use{Quota: tries, Of: contact.Email(email), Take: 1})
	if v.Refused == nil {
		return nil
	}
	a.Metrics.Limited.WithLabelValues("sign_ins").Inc()
	return askToWait("passwords were tried for this address too often", v.Seconds())
}

// byPassword finds who has an address and a password, in each workspace in which they have that one. It takes as long where nobody has
// the address.
func (a *API) byPassword(ctx context.Context, email, password string) (who []store.Person, err error) {
	if err := a.guessed(ctx, email); err != nil {
		return nil, err
	}
	known, err := a.Store.PeopleAt(ctx, email)
	if err != nil {
		return nil, err
	}
	known = slices.DeleteFunc(known, func(p store.Person) bool { return p.PasswordHash == "" })
	for _, p := range known {
		fits, err := a.passwords.fits(ctx, password, p.PasswordHash)
		if err != nil {
			return nil, err
		}
		if fits {
			who = append(who, p)
		}
	}
	if len(known) == 0 {
		if _, err := a.passwords.fits(ctx, password, ""); err != nil {
			return nil, err
		}
	}
	if len(who) == 0 {
		return nil, errNoSignIn
	}
	return who, nil
}
