package store

import (
	"context"
	"database/sql"
	"fmt"

	"github.com/google/uuid"
	"github.com/jmoiron/sqlx"
)

// A workspaceLock is one of a workspace's advisory locks. Each is held until the transaction ends. A transaction takes them in the order
// in which they stand here, since two that took them in different orders could wait for each other; then come rows: batches and
// pending leads before members, members before the copies that they get, copies before what is counted of members, and that before
// the groups in which leads wait, each kind by its ids. Of two batches that have the same lead, one may have the copy and want the counts
// and the other the reverse: the database ends one of them, which is tried again.
//
// Besides these there are locks of what is no workspace's: the scheduler's lead (see db_leader.go), and those of one import (see
// import_cancel.go). An origin's ids are locked after the gate: see known.lock.
type workspaceLock int

// The numbers are part of the keys, and so what programs of different versions have in common: never change or reuse one.
const (
	// lockPeople has those who change people wait for one another, so that of two admins who take each other's role the second
	// finds that it has none any more.
	lockPeople workspaceLock = 6
	// lockImports keeps imports that begin or wait for their turn apart.
	lockImports workspaceLock = 5
	// lockAssigning has those who assign what nobody has wait for one another, so that of two that are sent at once the second
	// sees what the first decided.
	lockAssigning workspaceLock = 4
	// lockDuplicates keeps the intakes of a workspace that looks for duplicates apart, so that of two leads at once the second
	// finds the first.
	lockDuplicates workspaceLock = 2
	// lockGate keeps those who hand out the workspace's leads apart from those who change who may receive them. Every
	// distribution passes it with others, from before it reads rings and members until it has committed; whoever edits a ring, a
	// member or a cursor closes it, and so sees a ledger in which nothing is half done. Waiters are served in turn, so neither
	// side starves. A group's lanes have no locks of their own: they are opened, edited and closed with the gate closed.
	lockGate workspaceLock = 0
	// lockPlans serialises plans, so that two at once cannot both fill the same member's day.
	lockPlans workspaceLock = 1
	// lockFamilies has leads that may follow one another be decided one batch after the other, since of two of one person
	// neither is anybody's yet.
	lockFamilies workspaceLock = 3
)

// batchLockWait is how long a batch that goes out waits for a table or a row, in milliseconds: batches that have the same members go out
// one after the other.
const batchLockWait = "15000"

// take waits for a workspace's lock and holds it alone.
func (t *Tx) take(ctx context.Context, l workspaceLock, workspace uuid.UUID) error {
	return t.waitFor(ctx, `pg_advisory_xact_lock(hashtextextended($1::text, $2))`, workspace, l)
}

// waitFor waits for an advisory lock. Others may be before it, each of whom takes seconds where there is much to do: it waits for its turn
// for as long as its context lets it, unlike for a table or a row. Postgres works out in order what a SELECT asks for.
func (t *Tx) waitFor(ctx context.Context, lock string, args ...any) error {
	after := sql.NullString{String: t.lockWait, Valid: t.lockWait != ""} // null is the session's
	_, err := t.q.ExecContext(ctx, fmt.Sprintf(`SELECT set_config('lock_timeout', '0', true), %s, set_config('lock_timeout', $%d, true)`, lock, len(args)+1),
		append(args, after)...)
	return translate(err)
}

// gate is how a transaction passes the gate that hands out leads.
type gate int

const (
	// gateShared passes it with others. Turns come from the cursors in Redis.
	gateShared gate = iota
	// gateAlone closes it behind itself, and gateTried does so where nobody has passed it, and ends with ErrBusy else. Turns come from the
	// ledger.
	gateAlone
	gateTried
)

// passGate holds the gate together with others who hand out leads, or alone, as the transaction is to.
func (t *Tx) passGate(ctx context.Context, workspace uuid.UUID) error {
	switch t.gate {
	case gateAlone:
		return t.closeGate(ctx, workspace)
	case gateTried:
		var free bool
		err := sqlx.GetContext(ctx, t.q, &free, `SELECT pg_try_advisory_xact_lock(hashtextextended($1::text, $2))`, workspace, lockGate)
		if err == nil && !free {
			return ErrBusy
		}
		return translate(err)
	}
	return t.waitFor(ctx, `pg_advisory_xact_lock_shared(hashtextextended($1::text, $2))`, workspace, lockGate)
}

// closeGate holds the gate alone.
func (t *Tx) closeGate(ctx context.Context, workspace uuid.UUID) error {
	return t.take(ctx, lockGate, workspace)
}

// lockIDs holds the external ids of an origin, within which they are unique. Take several origins in the order of their names.
func (t *Tx) lockIDs(ctx context.Context, workspace uuid.UUID, origin string) error {
	if err := t.waitFor(ctx, `pg_advisory_xact_lock(hashtextextended($1::text || ' ' || $2::text, 3))`, workspace, origin); err != nil {
		return fmt.Errorf("locking the external ids of an origin: %w", err)
	}
	return nil
}
