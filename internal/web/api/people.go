package api

import (
	"context"
	"errors"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/google/uuid"

	"github.com/leadwheel/leadwheel/internal/lead"
	"github.com/leadwheel/leadwheel/store"
)

// SignInPath is where a link signs a person in; the token follows it.
const SignInPath = "/console/sign-in/"

// Person is somebody who signs in to the console.
type Person struct {
	ID          uuid.UUID       `json:"id" format:"uuid"`
	Name        string          `json:"name"`
	Email       string          `json:"email"`
	Role        lead.PersonRole `json:"role"`
	MemberID    *uuid.UUID      `json:"member_id" format:"uuid" nullable:"true" doc:"The member who they are."`
	Language    *Language       `json:"language" nullable:"true" doc:"What they have chosen to read, which is that of the member who they are, if they are one; null: the workspace's."`
	HasPassword bool            `json:"has_password" doc:"Else a link signs them in."`
	Passkeys    int             `json:"passkeys" doc:"How many passkeys they have."`
	SeenAt      *time.Time      `json:"seen_at" doc:"When they were signed in last, to the minute."`
	CreatedAt   time.Time       `json:"created_at"`
	UpdatedAt   time.Time       `json:"updated_at"`
}

func (p Person) itemID() uuid.UUID { return p.ID }

// InvitedPerson is a person who was just added, with the link that signs them in.
type InvitedPerson struct {
	Person
	SignInLink
}

// SignInLink signs a person in, once.
type SignInLink struct {
	URL       string        `json:"url" doc:"Opens the console signed in, once. It is shown this once; only a hash of it is stored."`
	SentBy    *lead.Channel `json:"sent_by" nullable:"true" doc:"The channel by which it is being sent; null where that was not asked for, or nothing reaches the person."`
	ExpiresAt time.Time     `json:"expires_at"`
}

// NewPerson is a person to be added.
type NewPerson struct {
	Name     string          `json:"name,omitempty" maxLength:"200" doc:"Absent: the member's name, or the address."`
	Email    string          `json:"email" maxLength:"320" doc:"By which they are known when they sign in."`
	Role     lead.PersonRole `json:"role" doc:"admin: everything. manager: everything but keys, webhooks' secrets, privacy, people and the workspace's settings. agent: one member's own copies and customers."`
	MemberID *uuid.UUID      `json:"member_id,omitempty" format:"uuid" doc:"The member who they are; an agent needs one."`
	Send     bool            `json:"send,omitempty" doc:"Sends them the link, by e-mail or, where the installation sends none, by Telegram."`
}

// PersonPatch changes a person. Another role, address or member ends their sessions.
type PersonPatch struct {
	Name        Patch[string]          `json:"name,omitempty" maxLength:"200" nullable:"false"`
	Email       Patch[string]          `json:"email,omitempty" maxLength:"320" nullable:"false"`
	Role        Patch[lead.PersonRole] `json:"role,omitempty" nullable:"false"`
	MemberID    Patch[uuid.UUID]       `json:"member_id,omitempty"`
	HasPassword Patch[bool]            `json:"has_password,omitempty" nullable:"false" doc:"false takes their password away, as where it was forgotten, and ends their sessions and links."`
	Passkeys    Patch[int]             `json:"passkeys,omitempty" minimum:"0" nullable:"false" doc:"0 takes their passkeys away, as where a device was lost, and ends their sessions and links."`
}

type personOutput struct{ Body Person }

type personLinkInput struct {
	ItemID
	Send bool `query:"send" doc:"Sends it to them, by e-mail or, where the installation sends none, by Telegram."`
}

type personListInput struct {
	Paging
	Email string `query:"email" maxLength:"1000" doc:"Only who has this address, in any of its spellings."`
}

func (a *API) registerPeople() {
	const collection, one = "/v1/people", "/v1/people/{id}"
	register(a, huma.Operation{
		OperationID: "post-person", Method: http.MethodPost, Path: collection, Summary: "Add somebody who signs in to the console",
		Description: "The answer has a link that signs them in, once, within 15 minutes.", DefaultStatus: http.StatusCreated, Errors: []int{http.StatusConflict},
	}, a.postPerson)
	registerList(a, huma.Operation{OperationID: "list-people", Path: collection, Summary: "List those who sign in to the console"}, nil,
		func(ctx context.Context, c *call, in *personListInput, p store.Page) ([]Person, error) {
			all, err := a.Store.People(ctx, c.Workspace, in.Email, p)
			return each(all, personBody), err
		})
	register(a, huma.Operation{
		OperationID: "get-person", Method: http.MethodGet, Path: one, Summary: "Read a person",
	}, func(ctx context.Context, c *call, in *itemInput) (*personOutput, error) {
		p, err := a.Store.Person(ctx, c.Workspace, in.ID)
		return &personOutput{personBody(p)}, err
	})
	register(a, huma.Operation{
		OperationID: "patch-person", Method: http.MethodPatch, Path: one, Summary: "Change a person",
		Description: "Another role, address or member ends their sessions and links. One's own role is for another admin to change.",
		Errors:      []int{http.StatusConflict},
	}, a.patchPerson)
	register(a, huma.Operation{
		OperationID: "delete-person", Method: http.MethodDelete, Path: one, Summary: "Take a person's access away, at once",
	}, func(ctx context.Context, c *call, in *itemInput) (*none, error) {
		if in.ID == idOrNil(c.PersonID) {
			return nil, &store.FieldError{Field: "id", Message: "this is you; let another admin remove you"}
		}
		return nil, a.Store.WithTx(ctx, func(tx *store.Tx) error {
			if err := stillAdmin(ctx, tx, c); err != nil {
				return err
			}
			return tx.RemovePerson(ctx, c.Workspace, in.ID)
		})
	})
	register(a, huma.Operation{
		OperationID: "post-person-link", Method: http.MethodPost, Path: one + "/sign-in-link", Summary: "Make a link that signs a person in",
		Description: "Once, within 15 minutes.", DefaultStatus: http.StatusCreated,
	}, a.postPersonLink)
}

func (a *API) postPerson(ctx context.Context, c *call, in *struct{ Body NewPerson }) (*posted[InvitedPerson], error) {
	n := in.Body
	var send func(context.Context)
	out, err := once(ctx, a, c, func(tx *store.Tx) (did effect[InvitedPerson], err error) {
		if err := stillAdmin(ctx, tx, c); err != nil {
			return did, err
		}
		p, err := tx.CreatePerson(ctx, c.Workspace, store.Person{Name: n.Name, Email: n.Email, Role: n.Role, MemberID: n.MemberID})
		if err != nil {
			return did, err
		}
		link, sending, err := a.newSignInLink(ctx, tx, p, n.Send)
		send = sending
		return effect[InvitedPerson]{status: http.StatusCreated, body: InvitedPerson{personBody(p), link}, secret: true}, err
	})
	a.sendAfter(err, send)
	return out, err
}

func (a *API) postPersonLink(ctx context.Context, c *call, in *personLinkInput) (*posted[SignInLink], error) {
	var send func(context.Context)
	out, err := once(ctx, a, c, func(tx *store.Tx) (did effect[SignInLink], err error) {
		if err := stillAdmin(ctx, tx, c); err != nil {
			return did, err
		}
		p, err := tx.Person(ctx, c.Workspace, in.ID)
		if err != nil {
			return did, err
		}
		link, sending, err := a.newSignInLink(ctx, tx, p, in.Send)
		send = sending
		return effect[SignInLink]{status: http.StatusCreated, body: link, secret: true}, err
	})
	a.sendAfter(err, send)
	return out, err
}

// newSignInLink makes a link for a person and, where it is to be sent and something reaches them, what sends it.
func (a *API) newSignInLink(ctx context.Context, tx *store.Tx, p store.Person, wanted bool) (link SignInLink, send func(context.Context), err error) {
	token, expires, err := tx.CreateSignInLink(ctx, p)
	link = SignInLink{URL: SignInPath + token, ExpiresAt: expires}
	if err != nil || !wanted {
		return link, nil, err
	}
	channel, _, err := a.reach(ctx, p)
	if err != nil || channel == "" {
		return link, nil, err
	}
	link.SentBy = &channel
	return link, func(ctx context.Context) { a.logUnsent(ctx, a.sendLink(ctx, p, token)) }, nil
}

// sendAfter sends a link once it is committed. Where there is no room for it the inviter still has it.
func (a *API) sendAfter(err error, send func(context.Context)) {
	if err == nil && send != nil {
		a.mail.ask(send)
	}
}

func (a *API) patchPerson(ctx context.Context, c *call, in *patchInput[PersonPatch]) (*personOutput, error) {
	var out personOutput
	err := a.Store.WithTx(ctx, func(tx *store.Tx) error {
		if err := stillAdmin(ctx, tx, c); err != nil {
			return err
		}
		p, err := tx.EditPerson(ctx, c.Workspace, in.ID, func(p *store.Person) error {
			before := p.Role
			for _, change := range []error{
				in.Body.Name.overNeeded("name", &p.Name), in.Body.Email.overNeeded("email", &p.Email), in.Body.Role.overNeeded("role", &p.Role),
			} {
				if change != nil {
					return change
				}
			}
			if err := overPassword(in.Body.HasPassword, p); err != nil {
				return err
			}
			if err := overPasskeys(in.Body.Passkeys, p); err != nil {
				return err
			}
			if in.Body.MemberID.overPointer(&p.MemberID); p.Role != before && in.ID == idOrNil(c.PersonID) {
				return &store.FieldError{Field: "role", Message: "this is your own role; let another admin change it"}
			}
			return nil
		})
		out.Body = personBody(p)
		return err
	})
	return &out, err
}

// stillAdmin refuses whoever was an admin when they asked and is none any more, as it refuses a session that has ended: of two admins
// who remove each other at once, one stays.
func stillAdmin(ctx context.Context, tx *store.Tx, c *call) error {
	if c.PersonID == nil {
		return nil
	}
	err := tx.RequireAdmin(ctx, c.Workspace, *c.PersonID)
	if errors.Is(err, store.ErrNotFound) {
		return unauthorized()
	}
	return err
}

// overPassword takes a person's password away. Nobody gives one to somebody else.
func overPassword(change Patch[bool], p *store.Person) error {
	has := p.PasswordHash != ""
	if err := change.overNeeded("has_password", &has); err != nil {
		return err
	}
	if !has {
		p.PasswordHash = ""
	} else if p.PasswordHash == "" || change.set {
		return &store.FieldError{Field: "has_password", Message: "a password can be taken away by this; people give themselves one"}
	}
	return nil
}

// overPasskeys takes all of a person's passkeys away.
func overPasskeys(change Patch[int], p *store.Person) error {
	has := p.Passkeys
	if err := change.overNeeded("passkeys", &has); err != nil {
		return err
	}
	if has != p.Passkeys && has != 0 {
		return &store.FieldError{Field: "passkeys", Message: "0 takes all away; people add them themselves"}
	}
	p.Passkeys = has
	return nil
}

func personBody(p store.Person) Person {
	return Person{
		ID: p.ID, Name: p.Name, Email: p.Email, Role: p.Role, MemberID: p.MemberID, Language: textOrNull(Language(p.Language)), HasPassword: p.PasswordHash != "", Passkeys: p.Passkeys,
		SeenAt: p.SeenAt, CreatedAt: p.CreatedAt, UpdatedAt: p.UpdatedAt,
	}
}
