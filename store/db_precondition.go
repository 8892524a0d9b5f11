package store

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"

	"github.com/google/uuid"
	"github.com/jmoiron/sqlx"
)

// An ItemKind is a kind of record that can be changed by itself, by its id.
type ItemKind string

// The kinds of items.
const (
	ItemWorkspace       ItemKind = "workspace"
	ItemMember          ItemKind = "member"
	ItemGroup           ItemKind = "group"
	ItemSource          ItemKind = "source"
	ItemLead            ItemKind = "lead"
	ItemPending         ItemKind = "pending lead"
	ItemAssignedLead    ItemKind = "assigned lead"
	ItemCustomer        ItemKind = "customer"
	ItemOpportunity     ItemKind = "opportunity"
	ItemIntegration     ItemKind = "integration"
	ItemWebhook         ItemKind = "webhook"
	ItemAPIKey          ItemKind = "API key"
	ItemPerson          ItemKind = "person"
	ItemMessageTemplate ItemKind = "message template"
	ItemRules           ItemKind = "rules"
)

// itemLocks say how each kind is held: by what its changes wait for before they touch rows, then by its row. The order is
// that of the changes themselves, see workspaceLock.
var itemLocks = map[ItemKind]struct {
	table, id string
	before    func(t *Tx, ctx context.Context, workspace, id uuid.UUID) error
}{
	ItemWorkspace: {"workspaces", "workspace_id", closeGateFor},
	ItemMember: {"members", "member_id", func(t *Tx, ctx context.Context, workspace, _ uuid.UUID) error {
		return t.closeForMember(ctx, workspace)
	}},
	ItemGroup:        {"groups", "group_id", closeGateFor},
	ItemSource:       {"sources", "source_id", nil},
	ItemLead:         {"leads", "lead_id", closeGateFor}, // see closeForWords
	ItemPending:      {"pending_leads", "pending_id", (*Tx).lockPlanned},
	ItemAssignedLead: {"assigned_leads", "assigned_lead_id", func(t *Tx, ctx context.Context, workspace, _ uuid.UUID) error { return t.passGate(ctx, workspace) }},
	ItemCustomer:     {"customers", "customer_id", nil},
	ItemOpportunity:  {"opportunities", "opportunity_id", nil},
	ItemIntegration:  {"integrations", "integration_id", nil},
	ItemWebhook:      {"webhooks", "webhook_id", nil},
	ItemAPIKey:       {"api_keys", "api_key_id", nil},
	ItemPerson: {"people", "person_id", func(t *Tx, ctx context.Context, workspace, _ uuid.UUID) error {
		return t.take(ctx, lockPeople, workspace)
	}},
	// There may be no template and no rules yet, so what is held is the workspace.
	ItemMessageTemplate: {"workspaces", "workspace_id", nil},
	ItemRules:           {"workspaces", "workspace_id", nil},
}

func closeGateFor(t *Tx, ctx context.Context, workspace, _ uuid.UUID) error {
	return t.closeGate(ctx, workspace)
}

// lockPlanned holds a pending lead as those do who move it.
func (t *Tx) lockPlanned(ctx context.Context, workspace, id uuid.UUID) error {
	if err := t.take(ctx, lockPlans, workspace); err != nil {
		return err
	}
	_, err := t.lockPending(ctx, workspace, PendingSelection{IDs: []uuid.UUID{id}})
	return err
}

// A Precondition is what must be so of an item for it to be changed.
type Precondition struct {
	Workspace uuid.UUID
	Kind      ItemKind
	ID        uuid.UUID
	// Check returns an error where it is not so. It is called with the item held, so that what it reads stays so until the
	// change has committed; all that it reads with its context is read by the change's transaction.
	Check func(context.Context) error

	met atomic.Bool
}

type preconditionKey struct{}

// WithPrecondition returns a context for changing an item: the first transaction under it that commits does so only where
// the precondition is met, and returns its error elsewhere.
func WithPrecondition(ctx context.Context, p *Precondition) context.Context {
	return context.WithValue(ctx, preconditionKey{}, p)
}

// preconditionOf is what a context's next transaction has to check, nil where there is nothing.
func preconditionOf(ctx context.Context) *Precondition {
	p, _ := ctx.Value(preconditionKey{}).(*Precondition)
	if p == nil || p.met.Load() {
		return nil
	}
	return p
}

func (p *Precondition) done() {
	if p != nil {
		p.met.Store(true)
	}
}

// require holds the item and checks what must be so of it.
func (t *Tx) require(ctx context.Context, p *Precondition) error {
	if p == nil {
		return nil
	}
	if err := t.holdItem(ctx, p.Workspace, p.Kind, p.ID); err != nil {
		return err
	}
	return p.Check(context.WithValue(ctx, boundedKey{}, t.q))
}

// holdItem has everybody else who would change an item wait until the transaction ends. It is no error where there is none.
func (t *Tx) holdItem(ctx context.Context, workspace uuid.UUID, kind ItemKind, id uuid.UUID) error {
	lock := itemLocks[kind]
	if lock.before != nil {
		if err := lock.before(t, ctx, workspace, id); err != nil {
			return err
		}
	}
	if lock.table == "workspaces" {
		id = workspace
	}
	var there int
	err := translate(sqlx.GetContext(ctx, t.q, &there,
		`SELECT 1 FROM `+lock.table+` WHERE workspace_id = $1 AND `+lock.id+` = $2 FOR NO KEY UPDATE`, workspace, id))
	if err != nil && !errors.Is(err, ErrNotFound) {
		return fmt.Errorf("holding a %s: %w", kind, err)
	}
	return nil
}
