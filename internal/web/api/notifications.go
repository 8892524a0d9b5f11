package api

import (
	"context"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/google/uuid"

	"github.com/leadwheel/leadwheel/internal/lead"
	"github.com/leadwheel/leadwheel/internal/web/problem"
	"github.com/leadwheel/leadwheel/store"
)

// Notification is a message to a member: owed, sent, or given up on.
type Notification struct {
	ID       uuid.UUID               `json:"id" format:"uuid"`
	MemberID *uuid.UUID              `json:"member_id" format:"uuid" nullable:"true"`
	PersonID *uuid.UUID              `json:"person_id" format:"uuid" nullable:"true" doc:"To whom it goes, where they are in charge and no member."`
	Kind     store.NotificationKind  `json:"kind"`
	Channel  lead.Channel            `json:"channel"`
	State    store.NotificationState `json:"state"`
	Leads    int                     `json:"leads" doc:"How many assigned leads or offers it tells of. Messages to a member that wait at the same time become one."`
	LeadIDs  []uuid.UUID             `json:"assigned_lead_ids" doc:"The first hundred assigned leads of them."`
	OfferIDs []uuid.UUID             `json:"offer_ids" doc:"The first hundred offers of them."`
	Attempts int                     `json:"attempts"`
	Error    *string                 `json:"error" doc:"What the provider said last; for a message that was sent, why it went by another channel."`
	Fallback *lead.Channel           `json:"fallback_from" nullable:"true" doc:"The channel that it was to go by first."`
	Created  time.Time               `json:"created_at"`
	NextAt   *time.Time              `json:"next_attempt_at" doc:"When it is tried next, while it is owed."`
	SentAt   *time.Time              `json:"sent_at"`
}

func (n Notification) itemID() uuid.UUID { return n.ID }

// TelegramLink connects a member's Telegram chat.
type TelegramLink struct {
	URL       string    `json:"url" doc:"The member opens it on a device with Telegram, and presses Start. It is good once."`
	ExpiresAt time.Time `json:"expires_at"`
}

// TestNotification answers for test messages.
type TestNotification struct {
	IDs []uuid.UUID `json:"ids" format:"uuid" doc:"The messages, one for each of the member's channels."`
}

// Resent answers for a message that is sent after all.
type Resent struct {
	ID uuid.UUID `json:"id" format:"uuid"`
}

type notificationInput struct {
	Paging
	MemberID uuid.UUID               `query:"member_id" format:"uuid" doc:"Only messages to this member."`
	State    store.NotificationState `query:"state" doc:"Only messages that are so."`
}

// Channels are those by which the installation can tell members of their leads.
type Channels struct {
	Email    bool `json:"email" doc:"Whether a mail server is set up."`
	Telegram bool `json:"telegram" doc:"Whether a Telegram bot is set up."`
}

func (a *API) registerNotifications() {
	register(a, huma.Operation{
		OperationID: "get-channels", Method: http.MethodGet, Path: "/v1/notifications/channels", Summary: "Read by which channels messages can be sent",
	}, func(context.Context, *call, *struct{}) (*struct{ Body Channels }, error) {
		return &struct{ Body Channels }{a.channels()}, nil
	})
	registerList(a, huma.Operation{
		OperationID: "list-notifications", Path: "/v1/notifications", Summary: "List messages to members",
	}, nil, func(ctx context.Context, c *call, in *notificationInput, p store.Page) ([]Notification, error) {
		all, err := a.Store.Notifications(ctx, c.Workspace, store.NotificationFilter{MemberID: in.MemberID, State: in.State}, p)
		return each(all, notificationBody), err
	})
	register(a, huma.Operation{
		OperationID: "resend-notification", Method: http.MethodPost, Path: "/v1/notifications/{id}/resend",
		Summary: "Send a message that was given up on after all", DefaultStatus: http.StatusAccepted,
	}, a.resendNotification)
	register(a, huma.Operation{
		OperationID: "post-telegram-link", Method: http.MethodPost, Path: "/v1/members/{id}/telegram-link",
		Summary: "Make a link that connects the member's Telegram chat", DefaultStatus: http.StatusOK, Errors: []int{http.StatusConflict},
	}, a.postTelegramLink)
	register(a, huma.Operation{
		OperationID: "post-test-notification", Method: http.MethodPost, Path: "/v1/members/{id}/test-notification",
		Summary: "Send the member a test message by each of their channels", DefaultStatus: http.StatusAccepted,
		Errors: []int{http.StatusConflict},
	}, a.postTestNotification)
}

func (a *API) resendNotification(ctx context.Context, c *call, in *itemInput) (*posted[Resent], error) {
	return once(ctx, a, c, func(tx *store.Tx) (effect[Resent], error) {
		return effect[Resent]{status: http.StatusAccepted, body: Resent{in.ID}}, tx.ResendNotification(ctx, c.Workspace, in.ID)
	})
}

func (a *API) postTelegramLink(ctx context.Context, c *call, in *itemInput) (*posted[TelegramLink], error) {
	if _, err := a.Store.Member(ctx, c.Workspace, in.ID); err != nil {
		return nil, err
	}
	if a.Telegram == nil {
		return nil, problem.New(http.StatusConflict, "this installation has no Telegram bot; an operator sets LEADWHEEL_TELEGRAM_TOKEN")
	}
	if _, err := a.Telegram.Name(ctx); err != nil { // asked before the transaction, which waits for nobody
		a.Log.ErrorContext(ctx, "the Telegram bot's name could not be read", "error", err)
		return nil, problem.New(http.StatusServiceUnavailable, "Telegram did not say what the bot is called; try again shortly").
			WithHeader("Retry-After", "5")
	}
	return once(ctx, a, c, func(tx *store.Tx) (effect[TelegramLink], error) {
		token, expires, err := tx.CreateTelegramLink(ctx, c.Workspace, in.ID)
		if err != nil {
			return effect[TelegramLink]{}, err
		}
		url, err := a.Telegram.Link(ctx, token)
		return effect[TelegramLink]{status: http.StatusOK, body: TelegramLink{url, expires}}, err
	})
}

func (a *API) postTestNotification(ctx context.Context, c *call, in *itemInput) (*posted[TestNotification], error) {
	return once(ctx, a, c, func(tx *store.Tx) (effect[TestNotification], error) {
		ids, err := tx.OweTest(ctx, c.Workspace, in.ID)
		if err == nil && len(ids) == 0 {
			err = problem.New(http.StatusConflict, "nothing reaches this member: link their Telegram, give them an e-mail address, "+
				"or look at their notify_by")
		}
		return effect[TestNotification]{status: http.StatusAccepted, body: TestNotification{ids}}, err
	})
}

func notificationBody(n store.Notification) Notification {
	body := Notification{
		ID: n.ID, MemberID: &n.MemberID, PersonID: n.PersonID, Kind: n.Kind, Channel: n.Channel, State: n.State, Leads: n.Leads,
		LeadIDs: n.About, OfferIDs: []uuid.UUID{},
		Attempts: n.Attempts, Error: textOrNull(n.Error), Fallback: textOrNull(n.FallbackFrom), Created: n.CreatedAt, SentAt: n.SentAt,
	}
	if n.PersonID != nil {
		body.MemberID = nil
	}
	if n.Kind.OfOffers() {
		body.LeadIDs, body.OfferIDs = body.OfferIDs, body.LeadIDs
	}
	if n.State == store.NotificationOwed {
		body.NextAt = &n.SendAt
	}
	return body
}
