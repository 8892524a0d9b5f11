package api

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/google/uuid"

	"github.com/leadwheel/leadwheel/internal/lead"
	"github.com/leadwheel/leadwheel/store"
)

// Workspace is a workspace's settings.
type Workspace struct {
	ID           uuid.UUID  `json:"id" format:"uuid"`
	Name         string     `json:"name"`
	Timezone     string     `json:"timezone" doc:"An IANA time zone."`
	Region       string     `json:"region" doc:"The country whose phone numbers need no prefix, two letters."`
	Language     Language   `json:"language" doc:"What people read, and members are told of their leads in, who have not chosen a language of their own."`
	Hours        Hours      `json:"distribution_hours"`
	Statuses     []string   `json:"statuses" doc:"What an assigned lead can have for a status; it begins with the first."`
	WonStatus    *string    `json:"won_status" doc:"The status that counts as won."`
	Closed       []string   `json:"closed_statuses" doc:"The statuses whose copies count as open no more, for caps of open copies."`
	Duplicates   Duplicates `json:"duplicates"`
	Features     Features   `json:"features"`
	MessageLinks bool       `json:"message_links" doc:"Messages to members link to the lead that they tell of. The link opens that one lead, for a day, without signing in. Off: those that were sent open nothing any more."`
	UndoMinutes  int        `json:"undo_minutes" doc:"Within how many minutes an assignment or an import can be undone; 0: never."`
	APIKeys      KeyPolicy  `json:"api_keys"`
	CreatedAt    time.Time  `json:"created_at"`
	UpdatedAt    time.Time  `json:"updated_at"`
}

// Hours are when scheduled leads go out, by each member's own clock.
type Hours struct {
	From string `json:"from" doc:"As in 09:00."`
	To   string `json:"to" doc:"Not included. Earlier than from, the hours span midnight."`
}

// KeyPolicy is what a workspace wants of its API keys.
type KeyPolicy struct {
	MaxDays *int `json:"max_days" doc:"How many days a new key lasts at the most, and where none says otherwise; null: keys may last for good. Keys that are there stay as they are."`
}

// KeyPolicyPatch changes what a workspace wants of its API keys.
type KeyPolicyPatch struct {
	MaxDays Patch[int] `json:"max_days,omitempty" minimum:"1" maximum:"3650"`
}

// HoursPatch changes distribution hours.
type HoursPatch struct {
	From Patch[string] `json:"from,omitempty" nullable:"false"`
	To   Patch[string] `json:"to,omitempty" nullable:"false"`
}

// Features are what a workspace has switched on.
type Features struct {
	LeadsDistribution     bool `json:"leads_distribution" doc:"Off: no new distributions; what is pending still runs."`
	ScheduledDistribution bool `json:"scheduled_distribution" doc:"Off: no new schedules; what is pending still runs."`
}

// WorkspacePatch changes a workspace's settings.
type WorkspacePatch struct {
	Name         Patch[string]   `json:"name,omitempty" minLength:"1" maxLength:"200" nullable:"false"`
	Timezone     Patch[string]   `json:"timezone,omitempty" maxLength:"200" nullable:"false"`
	Region       Patch[string]   `json:"region,omitempty" pattern:"^[A-Z]{2}$" patternDescription:"two capital letters" nullable:"false"`
	Language     Patch[Language] `json:"language,omitempty" nullable:"false"`
	Hours        HoursPatch      `json:"distribution_hours,omitzero"`
	Statuses     Patch[[]string] `json:"statuses,omitempty" nullable:"false" doc:"The whole list. A status that assigned leads have can be renamed, and not taken away."`
	WonStatus    Patch[string]   `json:"won_status,omitempty" maxLength:"100"`
	Closed       Patch[[]string] `json:"closed_statuses,omitempty" nullable:"false" doc:"Some of the statuses."`
	Duplicates   DuplicatesPatch `json:"duplicates,omitzero"`
	Features     FeaturesPatch   `json:"features,omitzero"`
	APIKeys      KeyPolicyPatch  `json:"api_keys,omitzero"`
	MessageLinks Patch[bool]     `json:"message_links,omitempty" nullable:"false"`
	UndoMinutes  Patch[int]      `json:"undo_minutes,omitempty" nullable:"false" minimum:"0" maximum:"43200"`
}

// FeaturesPatch switches features on and off.
type FeaturesPatch struct {
	LeadsDistribution     Patch[bool] `json:"leads_distribution,omitempty" nullable:"false"`
	ScheduledDistribution Patch[bool] `json:"scheduled_distribution,omitempty" nullable:"false"`
}

type workspaceOutput struct{ Body Workspace }

func (a *API) registerWorkspace() {
	register(a, huma.Operation{
		OperationID: "get-workspace", Method: http.MethodGet, Path: "/v1/workspace", Summary: "Read the workspace's settings",
	}, func(ctx context.Context, c *call, _ *struct{}) (*workspaceOutput, error) {
		w, err := a.Store.Workspace(ctx, c.Workspace)
		return &workspaceOutput{workspaceBody(w)}, err
	})
	register(a, huma.Operation{
		OperationID: "patch-workspace", Method: http.MethodPatch, Path: "/v1/workspace", Summary: "Change the workspace's settings",
	}, a.patchWorkspace)
}

func (a *API) patchWorkspace(ctx context.Context, c *call, in *struct{ Body WorkspacePatch }) (*workspaceOutput, error) {
	var w store.Workspace
	err := a.Store.WithTx(ctx, func(tx *store.Tx) (err error) {
		w, err = tx.EditWorkspace(ctx, c.Workspace, in.Body.apply)
		return err
	})
	return &workspaceOutput{workspaceBody(w)}, err
}

func (p WorkspacePatch) apply(w *store.Workspace) error {
	if err := overName(p.Name, &w.Name); err != nil {
		return err
	}
	if err := p.Timezone.overNeeded("timezone", &w.Timezone); err != nil {
		return err
	}
	if err := p.Region.overNeeded("region", &w.Region); err != nil {
		return err
	}
	if err := p.Language.overNeeded("language", (*Language)(&w.Language)); err != nil {
		return err
	}
	if err := p.Hours.apply(&w.Hours); err != nil {
		return err
	}
	if err := p.applyStatuses(w); err != nil {
		return err
	}
	p.APIKeys.MaxDays.overPointer(&w.APIKeyMaxDays)
	if err := p.MessageLinks.overNeeded("message_links", &w.MessageLinks); err != nil {
		return err
	}
	if err := p.UndoMinutes.overNeeded("undo_minutes", &w.UndoMinutes); err != nil {
		return err
	}
	if err := p.Duplicates.apply(&w.Duplicates); err != nil {
		return err
	}
	if err := p.Features.LeadsDistribution.overNeeded("features.leads_distribution", &w.LeadsDistribution); err != nil {
		return err
	}
	return p.Features.ScheduledDistribution.overNeeded("features.scheduled_distribution", &w.ScheduledDistribution)
}

// applyStatuses changes the list of statuses, and which of them count as won and as closed.
func (p WorkspacePatch) applyStatuses(w *store.Workspace) error {
	if err := p.Statuses.overNeeded("statuses", (*[]string)(&w.Statuses)); err != nil {
		return err
	}
	for i, status := range w.Statuses {
		w.Statuses[i] = strings.TrimSpace(status)
	}
	p.WonStatus.over(&w.WonStatus)
	if p.WonStatus.set && w.WonStatus != "" && !slices.Contains(w.Statuses, w.WonStatus) {
		return &store.FieldError{Field: "won_status", Message: "this is not one of the workspace's statuses"}
	}
	if err := p.Closed.overNeeded("closed_statuses", (*[]string)(&w.ClosedStatuses)); err != nil {
		return err
	}
	for i, status := range p.Closed.value {
		if !slices.Contains(w.Statuses, status) {
			return &store.FieldError{Field: fmt.Sprintf("closed_statuses[%d]", i), Message: "this is not one of the workspace's statuses"}
		}
	}
	return nil
}

func (p HoursPatch) apply(h *lead.Hours) error {
	for name, change := range map[string]struct {
		to    Patch[string]
		field *lead.Clock
	}{"from": {p.From, &h.From}, "to": {p.To, &h.To}} {
		text := change.field.String()
		if err := change.to.overNeeded("distribution_hours."+name, &text); err != nil {
			return err
		}
		clock, err := lead.ParseClock(text)
		if err != nil {
			return &store.FieldError{Field: "distribution_hours." + name, Message: notAClock}
		}
		*change.field = clock
	}
	return nil
}

// notAClock says what is wrong with a time of day.
const notAClock = "this is no time of day; write HH:MM, from 00:00 to 23:59"

func workspaceBody(w store.Workspace) Workspace {
	return Workspace{
		ID: w.ID, Name: w.Name, Timezone: w.Timezone, Region: w.Region, Language: Language(w.Language),
		Hours:    Hours{From: w.Hours.From.String(), To: w.Hours.To.String()},
		Statuses: w.Statuses, WonStatus: textOrNull(w.WonStatus), Closed: append([]string{}, w.ClosedStatuses...),
		Duplicates:   Duplicates{Policy: w.Policy, Days: w.Days},
		Features:     Features{LeadsDistribution: w.LeadsDistribution, ScheduledDistribution: w.ScheduledDistribution},
		APIKeys:      KeyPolicy{w.APIKeyMaxDays},
		MessageLinks: w.MessageLinks, UndoMinutes: w.UndoMinutes,
		CreatedAt: w.CreatedAt, UpdatedAt: w.UpdatedAt,
	}
}
