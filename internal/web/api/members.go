package api

import (
	"context"
	"net/http"
	"strconv"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/google/uuid"

	"github.com/leadwheel/leadwheel/store"
)

// Member is a person who can receive leads.
type Member struct {
	ID             uuid.UUID `json:"id" format:"uuid"`
	Name           string    `json:"name"`
	Email          *string   `json:"email"`
	TelegramChatID *string   `json:"telegram_chat_id"`
	Timezone       *string   `json:"timezone" doc:"An IANA time zone; null means the workspace's."`
	Active         bool      `json:"active" doc:"Those who are deactivated get no leads."`
	CreatedAt      time.Time `json:"created_at"`
	UpdatedAt      time.Time `json:"updated_at"`
}

func (m Member) itemID() uuid.UUID { return m.ID }

// NewMember is a member to be made.
type NewMember struct {
	Name           string `json:"name" minLength:"1" maxLength:"200"`
	Email          string `json:"email,omitempty" format:"email" maxLength:"1000"`
	TelegramChatID string `json:"telegram_chat_id,omitempty" maxLength:"1000"`
	Timezone       string `json:"timezone,omitempty" maxLength:"200"`
}

// MemberPatch changes a member.
type MemberPatch struct {
	Name           Patch[string] `json:"name,omitempty" minLength:"1" maxLength:"200" nullable:"false"`
	Email          Patch[string] `json:"email,omitempty" format:"email" maxLength:"1000"`
	TelegramChatID Patch[string] `json:"telegram_chat_id,omitempty" maxLength:"1000"`
	Timezone       Patch[string] `json:"timezone,omitempty" maxLength:"200"`
	Active         Patch[bool]   `json:"active,omitempty" nullable:"false"`
}

type memberOutput struct{ Body Member }

var memberColumns = []column[Member]{
	{"id", func(m Member) string { return m.ID.String() }},
	{"name", func(m Member) string { return m.Name }},
	{"email", func(m Member) string { return cellOfText(m.Email) }},
	{"telegram_chat_id", func(m Member) string { return cellOfText(m.TelegramChatID) }},
	{"timezone", func(m Member) string { return cellOfText(m.Timezone) }},
	{"active", func(m Member) string { return strconv.FormatBool(m.Active) }},
	{"created_at", func(m Member) string { return cellOfTime(m.CreatedAt) }},
	{"updated_at", func(m Member) string { return cellOfTime(m.UpdatedAt) }},
}

func (a *API) registerMembers() {
	const collection, one = "/v1/members", "/v1/members/{id}"
	register(a, huma.Operation{
		OperationID: "post-member", Method: http.MethodPost, Path: collection, Summary: "Add a member",
		DefaultStatus: http.StatusCreated,
	}, a.postMember)
	registerList(a, huma.Operation{OperationID: "list-members", Path: collection, Summary: "List the members"}, memberColumns,
		func(ctx context.Context, c *call, _ *struct{ Paging }, p store.Page) ([]Member, error) {
			all, err := a.Store.Members(ctx, c.Workspace, p)
			return each(all, memberBody), err
		})
	register(a, huma.Operation{
		OperationID: "get-member", Method: http.MethodGet, Path: one, Summary: "Read a member",
	}, func(ctx context.Context, c *call, in *itemInput) (*memberOutput, error) {
		id, err := in.id()
		if err != nil {
			return nil, err
		}
		m, err := a.Store.Member(ctx, c.Workspace, id)
		return &memberOutput{memberBody(m)}, err
	})
	register(a, huma.Operation{
		OperationID: "patch-member", Method: http.MethodPatch, Path: one, Summary: "Change, deactivate or reactivate a member",
	}, a.patchMember)
	register(a, huma.Operation{
		OperationID: "delete-member", Method: http.MethodDelete, Path: one, Summary: "Remove a member; their history stays",
	}, a.deleteMember)
}

func (a *API) postMember(ctx context.Context, c *call, in *struct{ Body NewMember }) (*posted[Member], error) {
	if err := needName(&in.Body.Name); err != nil {
		return nil, err
	}
	return once(ctx, a, c, func(tx *store.Tx) (effect[Member], error) {
		m, err := tx.CreateMember(ctx, c.Workspace, store.Member{
			Name: in.Body.Name, Email: in.Body.Email, TelegramChatID: in.Body.TelegramChatID, Timezone: in.Body.Timezone,
		})
		return effect[Member]{status: http.StatusCreated, body: memberBody(m)}, err
	})
}

func (a *API) patchMember(ctx context.Context, c *call, in *patchInput[MemberPatch]) (*memberOutput, error) {
	id, err := in.id()
	if err != nil {
		return nil, err
	}
	var m store.Member
	err = a.Store.WithTx(ctx, func(tx *store.Tx) (err error) {
		m, err = tx.EditMember(ctx, c.Workspace, id, in.Body.apply)
		return err
	})
	return &memberOutput{memberBody(m)}, err
}

func (p MemberPatch) apply(m *store.Member) error {
	p.Email.over(&m.Email)
	p.TelegramChatID.over(&m.TelegramChatID)
	p.Timezone.over(&m.Timezone)
	if err := overName(p.Name, &m.Name); err != nil {
		return err
	}
	return p.Active.overNeeded("active", &m.Active)
}

func (a *API) deleteMember(ctx context.Context, c *call, in *itemInput) (*none, error) {
	id, err := in.id()
	if err != nil {
		return nil, err
	}
	return nil, a.Store.WithTx(ctx, func(tx *store.Tx) error { return tx.RemoveMember(ctx, c.Workspace, id) })
}

func memberBody(m store.Member) Member {
	return Member{
		ID: m.ID, Name: m.Name, Email: textOrNull(m.Email), TelegramChatID: textOrNull(m.TelegramChatID),
		Timezone: textOrNull(m.Timezone), Active: m.Active, CreatedAt: m.CreatedAt, UpdatedAt: m.UpdatedAt,
	}
}
