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
	ID             uuid.UUID    `json:"id" format:"uuid"`
	Name           string       `json:"name"`
	Email          *string      `json:"email"`
	TelegramChatID *string      `json:"telegram_chat_id"`
	Timezone       *string      `json:"timezone" doc:"An IANA time zone; null means the workspace's."`
	Language       *Language    `json:"language" nullable:"true" doc:"What they read, and are told of their leads in; null means the workspace's."`
	NotifyBy       *NotifyBy    `json:"notify_by" nullable:"true" doc:"How they are told of their leads: by all of these that reach them, else by whatever does. Null: by Telegram where linked, else by e-mail. Empty: not at all."`
	QuietHours     *QuietHours  `json:"quiet_hours" doc:"When they get no messages, by their own clock."`
	EmailOff       *EmailOff    `json:"email_off" nullable:"true" doc:"Why nothing is sent to the e-mail address. A new address or choice of notify_by has it used again."`
	Active         bool         `json:"active" doc:"Those who are deactivated get no leads."`
	OnDuty         bool         `json:"on_duty" doc:"The switch by which they, or somebody for them, take no leads by turn for now."`
	WorkingHours   WorkingHours `json:"working_hours" doc:"When they take leads by turn, by their own clock; null: always. A weekday that is not named has none."`
	Caps           *Caps        `json:"caps" doc:"How many leads they get at the most, over all groups. What is given to them by name counts and is never refused."`
	CreatedAt      time.Time    `json:"created_at"`
	UpdatedAt      time.Time    `json:"updated_at"`

	Reference

	Pending *MemberPending `json:"pending,omitempty" doc:"Not in lists."`
}

func (m Member) itemID() uuid.UUID    { return m.ID }
func (m Member) changedAt() time.Time { return m.UpdatedAt }

// NewMember is a member to be made.
type NewMember struct {
	Name string `json:"name" minLength:"1" maxLength:"200"`
	NewReference
	Email          string       `json:"email,omitempty" format:"email" maxLength:"1000"`
	TelegramChatID string       `json:"telegram_chat_id,omitempty" maxLength:"1000" doc:"The number of a chat, as in 123456789, or -1001234567890 of a group."`
	Timezone       string       `json:"timezone,omitempty" maxLength:"200"`
	Language       Language     `json:"language,omitempty"`
	NotifyBy       *NotifyBy    `json:"notify_by,omitempty" nullable:"true"`
	QuietHours     *QuietHours  `json:"quiet_hours,omitempty"`
	OnDuty         *bool        `json:"on_duty,omitempty" doc:"True unless given."`
	WorkingHours   WorkingHours `json:"working_hours,omitempty"`
	Caps           *Caps        `json:"caps,omitempty"`
}

// MemberPatch changes a member.
type MemberPatch struct {
	Name Patch[string] `json:"name,omitempty" minLength:"1" maxLength:"200" nullable:"false"`
	ReferencePatch
	Email          Patch[string]     `json:"email,omitempty" format:"email" maxLength:"1000"`
	TelegramChatID Patch[string]     `json:"telegram_chat_id,omitempty" maxLength:"1000" doc:"The number of a chat, as in 123456789, or -1001234567890 of a group."`
	Timezone       Patch[string]     `json:"timezone,omitempty" maxLength:"200"`
	Language       Patch[Language]   `json:"language,omitempty"`
	NotifyBy       Patch[NotifyBy]   `json:"notify_by,omitempty"`
	QuietHours     Patch[QuietHours] `json:"quiet_hours,omitempty"`
	Active         Patch[bool]       `json:"active,omitempty" nullable:"false"`
	AvailabilityPatch

	Pending *PendingChoice `json:"pending,omitempty" doc:"What becomes of what a member who is deactivated, with this or before, has pending. Without it, it is left."`
}

type memberOutput struct{ Body Member }

var memberColumns = []column[Member]{
	{"id", func(m Member) string { return m.ID.String() }},
	{"name", func(m Member) string { return m.Name }},
	{"email", func(m Member) string { return cellOfText(m.Email) }},
	{"telegram_chat_id", func(m Member) string { return cellOfText(m.TelegramChatID) }},
	{"timezone", func(m Member) string { return cellOfText(m.Timezone) }},
	{"active", func(m Member) string { return strconv.FormatBool(m.Active) }},
	{"on_duty", func(m Member) string { return strconv.FormatBool(m.OnDuty) }},
	{"external_id", func(m Member) string { return cellOfText(m.ExternalID) }},
	{"metadata", func(m Member) string { return cellOfObject(m.Metadata) }},
	{"created_at", func(m Member) string { return cellOfTime(m.CreatedAt) }},
	{"updated_at", func(m Member) string { return cellOfTime(m.UpdatedAt) }},
}

type memberListInput struct {
	Changes
	ByExternalID
	Email string `query:"email" maxLength:"1000" doc:"Only who has this address, whatever its case."`
}

func (a *API) registerMembers() {
	const collection, one = "/v1/members", "/v1/members/{id}"
	register(a, huma.Operation{
		OperationID: "post-member", Method: http.MethodPost, Path: collection, Summary: "Add a member",
		DefaultStatus: http.StatusCreated, Errors: []int{http.StatusConflict},
	}, a.postMember)
	registerList(a, huma.Operation{OperationID: "list-members", Path: collection, Summary: "List the members"}, memberColumns,
		func(ctx context.Context, c *call, in *memberListInput, p store.Page) ([]Member, error) {
			all, err := a.Store.Members(ctx, c.Workspace, store.MemberFilter{Email: in.Email, ExternalID: in.ExternalID}, p)
			return each(all, memberBody), err
		})
	register(a, huma.Operation{
		OperationID: "get-member", Method: http.MethodGet, Path: one, Summary: "Read a member",
	}, func(ctx context.Context, c *call, in *itemInput) (*memberOutput, error) {
		m, err := a.Store.Member(ctx, c.Workspace, in.ID)
		if err != nil {
			return nil, err
		}
		return a.memberOutput(ctx, c, m)
	})
	register(a, huma.Operation{
		OperationID: "patch-member", Method: http.MethodPatch, Path: one, Summary: "Change, deactivate or reactivate a member", Errors: []int{http.StatusConflict},
	}, a.patchMember)
	register(a, huma.Operation{
		OperationID: "delete-member", Method: http.MethodDelete, Path: one, Summary: "Remove a member; their history stays",
	}, a.deleteMember)
	register(a, huma.Operation{
		OperationID: "post-member-pending", Method: http.MethodPost, Path: one + "/pending",
		Summary: "Spread or delete what a member has pending, who may stay active",
	}, a.postMemberPending)
	a.registerAbsences()
}

func (a *API) postMember(ctx context.Context, c *call, in *struct{ Body NewMember }) (*posted[Member], error) {
	if err := needName(&in.Body.Name); err != nil {
		return nil, err
	}
	quiet, err := quietHours(in.Body.QuietHours)
	if err != nil {
		return nil, err
	}
	week, err := in.Body.WorkingHours.week()
	if err != nil {
		return nil, err
	}
	reference, err := in.Body.reference()
	if err != nil {
		return nil, err
	}
	made, err := once(ctx, a, c, func(tx *store.Tx) (effect[Member], error) {
		m, err := tx.CreateMember(ctx, c.Workspace, store.Member{
			Reference: reference, Name: in.Body.Name, Email: in.Body.Email, TelegramChatID: in.Body.TelegramChatID, Timezone: in.Body.Timezone, Language: string(in.Body.Language),
			NotifyBy: in.Body.NotifyBy.channels(), QuietHours: quiet,
			OffDuty: !unlessFalse(in.Body.OnDuty), WorkingHours: week, Caps: in.Body.Caps.toStore(),
		})
		return effect[Member]{status: http.StatusCreated, body: memberBody(m)}, err
	})
	return made, a.holding(ctx, c, store.ReferencedMember, reference.ExternalID, err)
}

func (a *API) patchMember(ctx context.Context, c *call, in *patchInput[MemberPatch]) (*memberOutput, error) {
	var m store.Member
	var pending MemberPending
	err := a.Store.WithTx(ctx, func(tx *store.Tx) (err error) {
		if m, err = tx.EditMember(ctx, c.Workspace, in.ID, in.Body.apply); err != nil {
			return err
		}
		choice := store.PendingChoice{Action: store.LeavePending}
		if in.Body.Pending != nil {
			if choice, err = in.Body.Pending.toStore(); err != nil {
				return store.Under("pending.", err)
			}
		}
		pending, err = handOver(ctx, tx, c.Workspace, in.ID, choice, tx.HandOver)
		return store.Under("pending.", err)
	})
	if err != nil {
		return nil, a.holding(ctx, c, store.ReferencedMember, in.Body.ExternalID.value, err)
	}
	out := memberBody(m)
	out.Pending = &pending
	return &memberOutput{out}, nil
}

func (p MemberPatch) apply(m *store.Member) error {
	if err := p.ReferencePatch.apply(&m.Reference); err != nil {
		return err
	}
	if err := p.applyNotify(m); err != nil {
		return err
	}
	if err := p.AvailabilityPatch.apply(m); err != nil {
		return err
	}
	p.Email.over(&m.Email)
	p.TelegramChatID.over(&m.TelegramChatID)
	p.Timezone.over(&m.Timezone)
	p.Language.over((*Language)(&m.Language))
	if err := overName(p.Name, &m.Name); err != nil {
		return err
	}
	if err := p.Active.overNeeded("active", &m.Active); err != nil {
		return err
	}
	if m.Active && p.Pending != nil {
		return &store.FieldError{Field: "pending", Message: "the member is active, and gets what is pending; give this with active: false, or send it to /v1/members/{id}/pending"}
	}
	return nil
}

// memberRemoval is a member to be removed, and what becomes of what they have pending.
type memberRemoval struct {
	ItemID
	Pending   store.PendingAction `query:"pending" default:"leave" doc:"What becomes of what the member has pending, as when they are deactivated."`
	GroupID   uuid.UUID           `query:"group_id" format:"uuid" doc:"For spread: the active members of this group."`
	MemberIDs []string            `query:"member_ids" maxItems:"1000" doc:"For spread: these active members, separated by commas."`
}

func (a *API) deleteMember(ctx context.Context, c *call, in *memberRemoval) (*none, error) {
	choice, err := queryChoice(in.Pending, in.GroupID, in.MemberIDs)
	if err != nil {
		return nil, err
	}
	err = a.Store.WithTx(ctx, func(tx *store.Tx) (err error) {
		if err := tx.RemoveMember(ctx, c.Workspace, in.ID); err != nil {
			return err
		}
		_, err = tx.HandOver(ctx, c.Workspace, in.ID, choice)
		return err
	})
	if err != nil {
		return nil, inQuery(err)
	}
	return nil, nil
}

// memberOutput is a member with what they have pending.
func (a *API) memberOutput(ctx context.Context, c *call, m store.Member) (*memberOutput, error) {
	pending, err := memberPending(ctx, a.Store.Queries, c.Workspace, m.ID)
	body := memberBody(m)
	body.Pending = &pending
	return &memberOutput{body}, err
}

func memberBody(m store.Member) Member {
	return Member{
		ID: m.ID, Name: m.Name, Reference: referenceBody(m.Reference), Email: textOrNull(m.Email), TelegramChatID: textOrNull(m.TelegramChatID),
		Timezone: textOrNull(m.Timezone), Language: textOrNull(Language(m.Language)), NotifyBy: notifyByBody(m.NotifyBy), QuietHours: hoursOrNull(m.QuietHours),
		EmailOff: textOrNull(EmailOff(m.EmailOff)), Active: m.Active,
		OnDuty: !m.OffDuty, WorkingHours: workingHoursOrNull(m.WorkingHours), Caps: capsOrNull(m.Caps),
		CreatedAt: m.CreatedAt, UpdatedAt: m.UpdatedAt,
	}
}
