package api

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/leadwheel/leadwheel/internal/lead"
	"github.com/leadwheel/leadwheel/internal/notify"
	"github.com/leadwheel/leadwheel/internal/web/problem"
	"github.com/leadwheel/leadwheel/internal/web/quota"
	"github.com/leadwheel/leadwheel/store"
)

// MessageTemplate is what messages about a lead say.
type MessageTemplate struct {
	Template string `json:"template" maxLength:"4000" doc:"Text, the elements b i u s a code pre blockquote, {{.name}}, {{.phone}}, {{.call}}, {{.whatsapp}}, {{.email}}, {{.source}}, {{.campaign}}, {{.time}}, {{.age}}, {{.member}}, {{.workspace}}, {{if .name}}…{{else}}…{{end}} and {{range .answers}}{{.name}}: {{.value}}{{end}}. Values are escaped. Empty sets the default." example:"<b>{{.name}}</b>{{if .phone}} <a href=\"tel:{{.call}}\">{{.phone}}</a>{{end}}"`
	Default  bool   `json:"default" readOnly:"true" doc:"Whether it is the program's own."`
}

// MessageTemplateSpec is a template to be set or tried.
type MessageTemplateSpec struct {
	Template string `json:"template" maxLength:"4000"`
}

// SentTrial says where a test message went.
type SentTrial struct {
	To string `json:"to" doc:"The e-mail address of whoever asked."`
}

// MessagePreview is what a message about an example looks like.
type MessagePreview struct {
	Subject string `json:"subject" doc:"Of an e-mail."`
	HTML    string `json:"html" doc:"As Telegram gets it; in an e-mail it has a frame."`
	Text    string `json:"text"`
}

type (
	templateOutput struct{ Body MessageTemplate }
	previewOutput  struct{ Body MessagePreview }
	templateInput  struct{ Body MessageTemplateSpec }
)

func (a *API) registerMessageTemplate() {
	const path = "/v1/message-template"
	register(a, huma.Operation{
		OperationID: "get-message-template", Method: http.MethodGet, Path: path, Summary: "Read what messages about a lead say",
	}, func(ctx context.Context, c *call, _ *struct{}) (*templateOutput, error) {
		text, err := a.Store.MessageTemplate(ctx, c.Workspace)
		return &templateOutput{templateBody(text)}, err
	})
	register(a, huma.Operation{
		OperationID: "put-message-template", Method: http.MethodPut, Path: path, Summary: "Set what messages about a lead say",
	}, a.putMessageTemplate)
	register(a, huma.Operation{
		OperationID: "preview-message-template", Method: http.MethodPost, Path: path + "/preview",
		Summary: "See what a message about an example lead looks like", DefaultStatus: http.StatusOK,
	}, a.previewMessageTemplate)
	register(a, huma.Operation{
		OperationID: "test-message-template", Method: http.MethodPost, Path: path + "/test",
		Summary:     "Be sent a message about an example lead, by e-mail",
		Description: "It goes to whoever is signed in and asks. A key has no address: POST /v1/members/{id}/test-notification tells a member. An Idempotency-Key has no effect here.", DefaultStatus: http.StatusOK,
		Errors: []int{http.StatusConflict},
	}, a.testMessageTemplate)
}

func (a *API) putMessageTemplate(ctx context.Context, c *call, in *templateInput) (*templateOutput, error) {
	if _, err := notify.ParseTemplate(in.Body.Template); err != nil {
		return nil, &store.FieldError{Field: "template", Message: err.Error()}
	}
	text := in.Body.Template
	if text == notify.DefaultTemplate {
		text = "" // later versions may have a better one
	}
	err := a.Store.WithTx(ctx, func(tx *store.Tx) error { return tx.SetMessageTemplate(ctx, c.Workspace, text) })
	return &templateOutput{templateBody(text)}, err
}

func (a *API) previewMessageTemplate(ctx context.Context, c *call, in *templateInput) (*previewOutput, error) {
	content, err := a.tried(ctx, c, in.Body.Template, "Your member", notify.Preview)
	return &previewOutput{MessagePreview(content)}, err
}

// tried writes a message about an example by a template.
func (a *API) tried(ctx context.Context, c *call, template, member string, write func(text, member, workspace string, zone *time.Location, languages ...string) (notify.Content, error)) (notify.Content, error) {
	w, err := a.Store.Workspace(ctx, c.Workspace)
	if err != nil {
		return notify.Content{}, err
	}
	zone, err := time.LoadLocation(w.Timezone)
	if err != nil {
		return notify.Content{}, fmt.Errorf("reading the workspace's time zone: %w", err)
	}
	tag, err := a.Store.Language(ctx, c.Workspace, idOrNil(c.MemberID), idOrNil(c.PersonID))
	if err != nil {
		return notify.Content{}, err
	}
	content, err := write(template, member, w.Name, zone, tag)
	if err != nil {
		err = &store.FieldError{Field: "template", Message: err.Error()}
	}
	return content, err
}

const (
	// trialsEach is how many test messages one person is sent within trialsWindow.
	trialsEach   = 10
	trialsWindow = 10 * time.Minute
	// trialTime is what sending one may take.
	trialTime = 20 * time.Second
)

// testMessageTemplate sends whoever asks a message by a template. Nothing is kept of it, so it is sent beside the queue, and its outcome is
// the answer.
func (a *API) testMessageTemplate(ctx context.Context, c *call, in *templateInput) (*struct{ Body SentTrial }, error) {
	if c.PersonID == nil {
		return nil, problem.New(http.StatusConflict, "a key has no e-mail address; sign in as a person, or send a member a test message")
	}
	post := a.Posters[lead.Email]
	if post == nil {
		return nil, problem.New(http.StatusConflict, "this installation sends no mail; an operator sets LEADWHEEL_SMTP_URL")
	}
	p, err := a.Store.Person(ctx, c.Workspace, *c.PersonID)
	if err != nil {
		return nil, err
	}
	content, err := a.tried(ctx, c, in.Body.Template, p.Name, notify.Trial)
	if err != nil {
		return nil, err
	}
	each := quota.Quota{Name: "trials", Requests: trialsEach, Window: trialsWindow}
	if v := a.quotas.Take(ctx, quota.Use{Quota: each, Of: p.ID.String(), Take: 1}); v.Refused != nil {
		return nil, askToWait("you were sent test messages too often", v.Seconds())
	}
	limited, cancel := context.WithTimeout(ctx, trialTime)
	defer cancel()
	if err := post.Post(limited, p.Email, content); err != nil {
		return nil, a.notTaken(ctx, err)
	}
	return &struct{ Body SentTrial }{SentTrial{p.Email}}, nil
}

// notTaken is what a provider's refusal of a test message means to whoever asked for one.
func (a *API) notTaken(ctx context.Context, err error) error {
	refused := &notify.Failure{}
	if !errors.As(err, &refused) {
		a.logFailure(ctx, "test-message-template", err)
		return problem.New(http.StatusServiceUnavailable, "it is not known whether the mail server took the message; look for it, or try again").WithHeader("Retry-After", "5")
	}
	return problem.New(http.StatusConflict, "the mail server did not take the message: "+refused.Said)
}

func templateBody(text string) MessageTemplate {
	if text == "" {
		return MessageTemplate{Template: notify.DefaultTemplate, Default: true}
	}
	return MessageTemplate{Template: text}
}
