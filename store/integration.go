package store

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/jmoiron/sqlx"

	"github.com/leadwheel/leadwheel/internal/lead"
)

// An Integration is an address at which an ad platform or a form delivers leads. Nil ids and empty text mean that there
// is none.
type Integration struct {
	ID   uuid.UUID `db:"integration_id"`
	Kind lead.Kind `db:"kind"`
	Name string    `db:"name"`
	// Enabled is unset while deliveries are kept and not read.
	Enabled bool       `db:"enabled"`
	GroupID *uuid.UUID `db:"group_id"`
	// Route has its leads go by the rules; then it has no group.
	Route    bool       `db:"route"`
	SourceID *uuid.UUID `db:"source_id"`
	// CreateSources makes sources that leads name and nobody knows.
	CreateSources bool `db:"create_sources"`
	// RateLimit is in requests a second; nil means the server's setting.
	RateLimit *float64 `db:"rate_limit"`
	// Token is the part of the address by which the integration is known. It holds the workspace's id.
	Token string `db:"token"`
	// Sealed are the secrets, encrypted; nil where there are none.
	Sealed   []byte              `db:"sealed"`
	Settings IntegrationSettings `db:"settings"`
	// Warning is what was last left out of a lead.
	Warning  string     `db:"warning"`
	WarnedAt *time.Time `db:"warned_at"`
	// Health is ok, or why leads cannot be fetched.
	Health    lead.Health `db:"health"`
	CreatedAt time.Time   `db:"created_at"`
	UpdatedAt time.Time   `db:"updated_at"`
}

// IntegrationSettings are what some kinds of integrations need to know, and others don't.
type IntegrationSettings struct {
	// Mapping says where in a delivery a lead's texts are, by name, email, phone or external_id: the question or key of an
	// answer, or a dotted path.
	Mapping map[string]string `json:"mapping,omitempty"`
	// Joined says it of texts that are put together of several; a program of before would not find them in Mapping.
	Joined map[string][]string `json:"joined,omitempty"`
	// RedirectURL is where a form's sender goes next.
	RedirectURL string `json:"redirect_url,omitempty"`
	// Honeypot is a form's field that people don't see and robots fill in.
	Honeypot string `json:"honeypot,omitempty"`
	// HiddenFields are a form's fields that say what its visitors may not say by themselves: an id, a source, a campaign, consent.
	HiddenFields []string `json:"hidden_fields,omitempty"`
	// FormIDs are the forms on the platform that belong to the integration.
	FormIDs []string `json:"form_ids,omitempty"`
	// Page is what a form's own page shows; nil means a plain one.
	Page *FormPage `json:"page,omitempty"`
}

// MappedTo is where in a delivery a lead's texts are, all of them.
func (s IntegrationSettings) MappedTo() map[string][]string {
	all := make(map[string][]string, len(s.Mapping)+len(s.Joined))
	for target, place := range s.Mapping {
		all[target] = []string{place}
	}
	for target, places := range s.Joined {
		all[target] = places
	}
	return all
}

// A FormPage is what a form's own page shows. Empty text means our own words.
type FormPage struct {
	Title   string      `json:"title,omitempty"`
	Intro   string      `json:"intro,omitempty"`
	Button  string      `json:"button,omitempty"`
	Thanks  string      `json:"thanks,omitempty"`
	Consent string      `json:"consent,omitempty"`
	Fields  []PageField `json:"fields,omitempty"`
}

// A PageField is a field of a form's own page.
type PageField struct {
	Name  string `json:"name"`
	Label string `json:"label,omitempty"`
	// Type is text, email, tel, textarea, select or checkbox; empty means text.
	Type     string   `json:"type,omitempty"`
	Required bool     `json:"required,omitempty"`
	Options  []string `json:"options,omitempty"`
}

// A Hook is an integration as its receiver needs it.
type Hook struct {
	Workspace uuid.UUID `db:"-"`
	Integration
	// LeadSource is what its leads have for a source: its own or, where that was merged into another, that one; nil where
	// it has none that is offered for leads.
	LeadSource *uuid.UUID `db:"lead_source"`
	// Language is the workspace's.
	Language string `db:"language"`
}

// IntegrationOrigin is the origin of an integration's leads, within which their external ids are unique.
func IntegrationOrigin(integration uuid.UUID) string { return "integration:" + integration.String() }

// Scan implements sql.Scanner.
func (s *IntegrationSettings) Scan(src any) error { return readJSON(src, s) }

const integrationColumns = `i.integration_id, i.kind, i.name, i.enabled, i.group_id, i.route, i.source_id, i.create_sources, i.rate_limit,
	i.token, i.sealed, i.settings, coalesce(i.warning, '') AS warning, i.warned_at, i.health, i.created_at, i.updated_at`

// hookColumns are what a receiver needs, and where it is.
const hookColumns = integrationColumns + `, s.source_id AS lead_source,
	(SELECT w.language FROM workspaces w WHERE w.workspace_id = i.workspace_id) AS language
	FROM integrations i
	LEFT JOIN sources n ON n.workspace_id = i.workspace_id AND n.source_id = i.source_id
	LEFT JOIN sources s ON s.workspace_id = i.workspace_id AND s.source_id = coalesce(n.merged_into, n.source_id)
		AND s.enabled AND s.for_leads AND s.deleted_at IS NULL`

// tokenRandomness is the number of random bytes in a token, behind the workspace's id.
const tokenRandomness = 16

// NewIntegrationID makes the id that CreateIntegration takes: secrets are sealed for it before it is stored.
func NewIntegrationID() (uuid.UUID, error) { return uuid.NewV7() }

// CreateIntegration makes an integration with the given id; the token and the times are the store's to give.
func (q Queries) CreateIntegration(ctx context.Context, workspace uuid.UUID, i Integration) (Integration, error) {
	random := make([]byte, tokenRandomness)
	rand.Read(random) // never fails
	token := strings.ToLower(keyEncoding.EncodeToString(append(workspace[:], random...)))
	now := q.now()
	insert, args := append(i.row(), row{
		{"workspace_id", workspace}, {"integration_id", i.ID}, {"kind", i.Kind}, {"token", token},
		{"token_hash", hashOfToken(token)}, {"created_at", now}, {"updated_at", now},
	}...).insert("integrations AS i")
	err := sqlx.GetContext(ctx, q.q, &i, insert+` RETURNING `+integrationColumns, args...)
	return i, translate(err)
}

// row is what can be said of an integration when it is made.
func (i Integration) row() row {
	return row{
		{"name", i.Name}, {"enabled", i.Enabled}, {"group_id", i.GroupID}, {"route", i.Route}, {"source_id", i.SourceID},
		{"create_sources", i.CreateSources}, {"rate_limit", i.RateLimit}, {"sealed", i.Sealed},
		{"settings", asJSON(i.Settings)},
	}
}

func hashOfToken(token string) []byte {
	hash := sha256.Sum256([]byte(token))
	return hash[:]
}

// Hook finds the integration at an address, ErrNotFound where there is none.
func (q Queries) Hook(ctx context.Context, kind lead.Kind, token string) (Hook, error) {
	data, err := keyEncoding.DecodeString(strings.ToUpper(token))
	if err != nil || len(data) != len(uuid.Nil)+tokenRandomness {
		return Hook{}, ErrNotFound
	}
	h := Hook{Workspace: uuid.UUID(data[:len(uuid.Nil)])}
	err = sqlx.GetContext(often(ctx), q.q, &h, `
		SELECT `+hookColumns+`
		WHERE i.workspace_id = $1 AND i.token_hash = $2 AND i.kind = $3 AND i.deleted_at IS NULL`,
		h.Workspace, hashOfToken(token), kind)
	return h, translate(err)
}

// HookOf is an integration as its receiver needs it, by its id.
func (q Queries) HookOf(ctx context.Context, workspace, integration uuid.UUID) (Hook, error) {
	h := Hook{Workspace: workspace}
	err := sqlx.GetContext(ctx, q.q, &h, `
		SELECT `+hookColumns+`
		WHERE i.workspace_id = $1 AND i.integration_id = $2 AND i.deleted_at IS NULL`, workspace, integration)
	return h, translate(err)
}

// Integration returns an integration, ErrNotFound where there is none or it was deleted.
func (q Queries) Integration(ctx context.Context, workspace, integration uuid.UUID) (Integration, error) {
	h, err := q.HookOf(ctx, workspace, integration)
	return h.Integration, err
}

// Integrations lists a page of integrations, newest first.
func (q Queries) Integrations(ctx context.Context, workspace uuid.UUID, p Page) ([]Integration, error) {
	var all []Integration
	l := listOf("integrations", "integration_id", workspace, p, uuid.Nil, uuid.Nil)
	l.others = append(l.others, "deleted_at IS NULL")
	err := l.read(ctx, q, &all, "SELECT "+integrationColumns+" FROM", "i", "")
	return all, translate(err)
}

// EditIntegration changes an integration in place; edit sees the current state. Its kind and token stay.
func (t *Tx) EditIntegration(ctx context.Context, workspace, integration uuid.UUID, edit func(*Integration) error) (Integration, error) {
	var i Integration
	if err := sqlx.GetContext(ctx, t.q, &i, `
		SELECT `+integrationColumns+` FROM integrations i
		WHERE i.workspace_id = $1 AND i.integration_id = $2 AND i.deleted_at IS NULL FOR NO KEY UPDATE`,
		workspace, integration); err != nil {
		return Integration{}, translate(err)
	}
	if err := edit(&i); err != nil {
		return i, err
	}
	i.UpdatedAt = t.after(i.UpdatedAt)
	update, args := append(i.row(), row{
		{"warning", nullText(i.Warning)}, {"warned_at", i.WarnedAt}, {"health", i.Health}, {"updated_at", i.UpdatedAt},
	}...).update("integrations", "workspace_id = $1 AND integration_id = $2", workspace, integration)
	_, err := t.q.ExecContext(ctx, update, args...)
	return i, translate(err)
}

// DeleteIntegration closes an integration's address. Its leads stay, and its deliveries for as long as any.
func (q Queries) DeleteIntegration(ctx context.Context, workspace, integration uuid.UUID) error {
	result, err := q.q.ExecContext(ctx, `
		UPDATE integrations SET deleted_at = $3, updated_at = $3, sealed = NULL
		WHERE workspace_id = $1 AND integration_id = $2 AND deleted_at IS NULL`, workspace, integration, q.now())
	return oneRow(result, err)
}

// WarnIntegration notes what was left out of a lead.
func (q Queries) WarnIntegration(ctx context.Context, workspace, integration uuid.UUID, warning string) error {
	_, err := q.q.ExecContext(ctx, `
		UPDATE integrations SET warning = $3, warned_at = $4 WHERE workspace_id = $1 AND integration_id = $2`,
		workspace, integration, warning, q.now())
	return translate(err)
}
