package store

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/google/uuid"
)

// maxLoggedIDs bounds the ids of one entry of the audit log.
const maxLoggedIDs = 1000

// actSlack is how long an act may take: its entry has the id of when it was tried first, and the time when it was done.
const actSlack = time.Hour

// An Act is something that an admin or an operator does, on its way to the audit log. It holds ids and names of fields,
// never their values. What is not known from the start is filled in by the transaction that does it.
type Act struct {
	Workspace uuid.UUID
	// PersonID or APIKeyID is whose act it is; both are nil for an operator's command.
	PersonID, APIKeyID uuid.UUID
	// Operation is the API's operation, as in patch-member, or the command, as in "apikey create".
	Operation string
	// IDs are what it acts on. Count says how many those are, where it acts on many.
	IDs   []uuid.UUID
	Count *int
	// Fields are the names of the fields that it changes.
	Fields []string
	// Filter is what an export was narrowed by, without what people are searched by; empty for all and for other acts.
	Filter string
	// Void is set by a transaction which finds that there is nothing to do, and so nothing to log.
	Void bool

	// cancelled are pending leads that the present run of its transaction deleted, as many as are logged, and cancels how many
	// those are.
	cancelled []uuid.UUID
	cancels   int

	naming sync.Mutex
	entry  uuid.UUID
	logged atomic.Bool
}

type actKey struct{}

// WithAct returns a context for doing something that belongs in the audit log: the first transaction under it that
// commits writes the entry, so that the act and its entry are there together or not at all.
func WithAct(ctx context.Context, act *Act) context.Context {
	return context.WithValue(ctx, actKey{}, act)
}

// Perform does something in one transaction with its entry in the audit log.
func (s *Store) Perform(ctx context.Context, act *Act, do func(*Tx) error) error {
	return s.WithTx(WithAct(ctx, act), do)
}

// Logged reports whether the act is in the audit log, or need not be.
func (a *Act) Logged() bool { return a.logged.Load() }

// begin forgets what a run of the act's transaction did that was rolled back.
func (a *Act) begin() {
	if a != nil {
		a.cancelled, a.cancels = nil, 0
	}
}

// cancel adds pending leads that were deleted.
func (a *Act) cancel(ids []uuid.UUID) {
	if a != nil {
		a.cancels += len(ids)
		a.cancelled = append(a.cancelled, ids[:min(len(ids), maxLoggedIDs-len(a.cancelled))]...)
	}
}

// about is what the entry names: what the act is on and, after it, the pending leads that it deleted. Where these are more
// than an entry names, the count tells how many, and history has all of them under the entry's id.
func (a *Act) about() (ids []uuid.UUID, count *int) {
	ids, count = slices.Clip(a.IDs[:min(len(a.IDs), maxLoggedIDs)]), a.Count
	for _, id := range a.cancelled {
		if len(ids) == maxLoggedIDs || slices.Contains(a.IDs, id) {
			continue
		}
		if ids = append(ids, id); count == nil {
			count = &a.cancels
		}
	}
	return ids, count
}

func (a *Act) done() {
	if a != nil {
		a.logged.Store(true)
	}
}

// actOf is the act that a context's next transaction has to log, nil where there is none.
func actOf(ctx context.Context) *Act {
	act, _ := ctx.Value(actKey{}).(*Act)
	if act == nil || act.Logged() {
		return nil
	}
	return act
}

// entryID is the id of the act's entry, the same in each transaction that tries to write it.
func (a *Act) entryID(q Queries) (uuid.UUID, error) {
	a.naming.Lock()
	defer a.naming.Unlock()
	var err error
	if a.entry == uuid.Nil {
		a.entry, err = q.newID()
	}
	return a.entry, err
}

// log writes an act. Where a commit was in doubt and the transaction runs again, the entry is still written once.
func (t *Tx) log(ctx context.Context, act *Act) error {
	if act == nil || act.Void {
		return nil
	}
	entry, err := act.entryID(t.Queries)
	if err != nil {
		return err
	}
	ids, count := act.about()
	insert, args := row{
		{"workspace_id", act.Workspace}, {"entry_id", entry}, {"api_key_id", nullID(act.APIKeyID)},
		{"operation", act.Operation}, {"ids", uuids(ids)}, {"count", count}, {"fields", texts(act.Fields)},
		{"filter", nullText(act.Filter)}, {"at", t.now()}, {"person_id", nullID(act.PersonID)},
	}.insert("audit_log")
	if _, err := t.q.ExecContext(ctx, insert+` ON CONFLICT (workspace_id, entry_id) DO NOTHING`, args...); err != nil {
		return fmt.Errorf("writing the audit log: %w", translate(err))
	}
	return nil
}

// An AuditEntry is one line of the audit log; see Act.
type AuditEntry struct {
	ID uuid.UUID `db:"entry_id"`
	At time.Time `db:"at"`
	// PersonID or APIKeyID is whose act it was; PersonName is what they are or were called.
	PersonID   *uuid.UUID        `db:"person_id"`
	PersonName string            `db:"person_name"`
	APIKeyID   *uuid.UUID        `db:"api_key_id"`
	Operation  string            `db:"operation"`
	IDs        IDs               `db:"ids"`
	Count      *int              `db:"count"`
	Fields     textArray[string] `db:"fields"`
	Filter     string            `db:"filter"`
}

// An AuditFilter narrows the audit log; zero fields don't. ID is one that the entry is about. From is inclusive, To is
// not.
type AuditFilter struct {
	APIKeyID, PersonID, ID uuid.UUID
	Operation              string
	From, To               time.Time
}

// AuditLog lists a page of the audit log, newest first.
func (q Queries) AuditLog(ctx context.Context, workspace uuid.UUID, f AuditFilter, p Page) ([]AuditEntry, error) {
	var all []AuditEntry
	low, high := idSpan(f.From, f.To, actSlack)
	l := listOf("audit_log", "entry_id", workspace, p, low, high)
	l.withID("api_key_id", f.APIKeyID)
	l.withID("person_id", f.PersonID)
	l.withText("operation", f.Operation)
	if l.few = f.ID != uuid.Nil; l.few {
		l.others = append(l.others, "ids @> "+l.arg(uuids([]uuid.UUID{f.ID})))
	}
	l.withTimes("at", f.From, f.To)
	err := l.read(ctx, q, &all, `
		SELECT entry_id, person_id, coalesce((SELECT coalesce(nullif(p.name, ''), p.email) FROM people p
				WHERE p.workspace_id = audit_log.workspace_id AND p.person_id = audit_log.person_id), '') AS person_name,
			api_key_id, operation, ids, count, fields, coalesce(filter, '') AS filter, at FROM`, "audit_log", "")
	return all, err
}
