package api

import (
	"context"
	"net/http"

	"github.com/danielgtaylor/huma/v2"
	"github.com/google/uuid"

	"github.com/leadwheel/leadwheel/internal/lead"
	"github.com/leadwheel/leadwheel/internal/web/problem"
	"github.com/leadwheel/leadwheel/store"
)

// MyMessages is how the member who calls is told of their leads.
type MyMessages struct {
	NotifyBy   *NotifyBy   `json:"notify_by" nullable:"true" doc:"null: by Telegram where it is connected, else by e-mail."`
	QuietHours *QuietHours `json:"quiet_hours" doc:"Without messages, by the clock of timezone."`
	Timezone   *string     `json:"timezone" nullable:"true" doc:"null: the workspace's."`
	Language   *Language   `json:"language" nullable:"true" doc:"In which they are told of them, and read the console; null: the workspace's."`
	Email      *string     `json:"email" nullable:"true" doc:"Where e-mail goes."`
	EmailOff   *EmailOff   `json:"email_off" nullable:"true" doc:"Why nothing is sent there although there is an address."`
	Telegram   bool        `json:"telegram" doc:"Whether a chat is connected."`
	Channels   Channels    `json:"channels" doc:"Those by which this installation sends."`
}

// MyMessagesPatch changes how the member who calls is told of their leads.
type MyMessagesPatch struct {
	NotifyBy   Patch[NotifyBy]   `json:"notify_by,omitempty"`
	QuietHours Patch[QuietHours] `json:"quiet_hours,omitempty"`
	Timezone   Patch[string]     `json:"timezone,omitempty" maxLength:"200"`
	Language   Patch[Language]   `json:"language,omitempty"`
}

type myMessagesOutput struct{ Body MyMessages }

func (a *API) registerMyMessages() {
	const one = "/v1/me/messages"
	register(a, huma.Operation{
		OperationID: "get-my-messages", Method: http.MethodGet, Path: one, Summary: "Read how one is told of one's leads",
		Errors:      []int{http.StatusNotFound},
		Description: "For members: with a member's key, or signed in as an agent.",
	}, func(ctx context.Context, c *call, _ *struct{}) (*myMessagesOutput, error) {
		id, err := c.itself()
		if err != nil {
			return nil, err
		}
		m, err := a.Store.Member(ctx, c.Workspace, id)
		return &myMessagesOutput{a.myMessages(m)}, err
	})
	register(a, huma.Operation{
		OperationID: "patch-my-messages", Method: http.MethodPatch, Path: one, Summary: "Change how one is told of one's leads",
		Errors: []int{http.StatusNotFound},
	}, func(ctx context.Context, c *call, in *struct{ Body MyMessagesPatch }) (*myMessagesOutput, error) {
		id, err := c.itself()
		if err != nil {
			return nil, err
		}
		var m store.Member
		err = a.Store.WithTx(ctx, func(tx *store.Tx) (err error) {
			m, err = tx.EditMember(ctx, c.Workspace, id, in.Body.apply)
			return err
		})
		return &myMessagesOutput{a.myMessages(m)}, err
	})
	register(a, huma.Operation{
		OperationID: "post-my-telegram-link", Method: http.MethodPost, Path: "/v1/me/telegram-link",
		Summary: "Make a link that connects one's own Telegram chat", DefaultStatus: http.StatusOK, Errors: []int{http.StatusConflict, http.StatusNotFound},
	}, func(ctx context.Context, c *call, _ *struct{}) (*posted[TelegramLink], error) {
		id, err := c.itself()
		if err != nil {
			return nil, err
		}
		return a.postTelegramLink(ctx, c, &itemInput{ItemID: ItemID{ID: id}})
	})
}

// itself is the member who calls. Others are told nothing, and so have nothing to choose.
func (c *call) itself() (uuid.UUID, error) {
	if c.MemberID == nil {
		return uuid.Nil, problem.New(http.StatusNotFound, "only members are told of leads, and who calls is none; a member's settings are at /v1/members/{id}")
	}
	return *c.MemberID, nil
}

func (p MyMessagesPatch) apply(m *store.Member) error {
	p.Timezone.over(&m.Timezone)
	p.Language.over((*Language)(&m.Language))
	return MemberPatch{NotifyBy: p.NotifyBy, QuietHours: p.QuietHours}.applyNotify(m)
}

func (a *API) myMessages(m store.Member) MyMessages {
	return MyMessages{
		NotifyBy: notifyByBody(m.NotifyBy), QuietHours: hoursOrNull(m.QuietHours), Timezone: textOrNull(m.Timezone), Language: textOrNull(Language(m.Language)), Email: textOrNull(m.Email),
		EmailOff: textOrNull(EmailOff(m.EmailOff)), Telegram: m.TelegramChatID != "", Channels: a.channels(),
	}
}

// channels are those by which messages can be sent.
func (a *API) channels() Channels {
	return Channels{Email: a.Posters[lead.Email] != nil, Telegram: a.Telegram != nil}
}
