package api

import (
	"context"
	"fmt"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/leadwheel/leadwheel/internal/notify"
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
}

func (a *API) putMessageTemplate(ctx context.Context, c *call, in *templateInput) (*templateOutput, error) {
	if _, err := notify.ParseTemplate(in.Body.Template); err != nil {
		return nil, &store.FieldError{Field: "template", Message: err.Error()}
	}
	err := a.Store.WithTx(ctx, func(tx *store.Tx) error { return tx.SetMessageTemplate(ctx, c.Workspace, in.Body.Template) })
	return &templateOutput{templateBody(in.Body.Template)}, err
}

func (a *API) previewMessageTemplate(ctx context.Context, c *call, in *templateInput) (*previewOutput, error) {
	w, err := a.Store.Workspace(ctx, c.Workspace)
	if err != nil {
		return nil, err
	}
	zone, err := time.LoadLocation(w.Timezone)
	if err != nil {
		return nil, fmt.Errorf("reading the workspace's time zone: %w", err)
	}
	content, err := notify.Preview(in.Body.Template, "Your member", w.Name, zone)
	if err != nil {
		return nil, &store.FieldError{Field: "template", Message: err.Error()}
	}
	return &previewOutput{MessagePreview(content)}, nil
}

func templateBody(text string) MessageTemplate {
	if text == "" {
		return MessageTemplate{Template: notify.DefaultTemplate, Default: true}
	}
	return MessageTemplate{Template: text}
}
