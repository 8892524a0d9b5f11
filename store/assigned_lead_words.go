package store

import (
	"context"
	"fmt"

	"github.com/google/uuid"
)

// copyWords are the words that a copy is found by, in SQL over the row of assigned_leads. Most copies have none of their own: as
// long as a copy says who it is as its lead does, those of the lead are its own, and stand once. A copy gets words before it is told
// apart from its lead: when its contact is edited, when its lead's is, and when it is taken from its lead by an undo.
const copyWords = `coalesce(assigned_leads.words, CASE WHEN assigned_leads.erased_at IS NULL THEN (SELECT l.words FROM leads l
	WHERE l.workspace_id = assigned_leads.workspace_id AND l.lead_id = assigned_leads.source_lead_id) END)`

// foundAs reports whether a contact that is now to be another stays found by the same words.
func (c Contact) foundAs(now Contact, keys contactKeys) bool {
	return c.Name == now.Name && c.Email == now.Email && c.Phone == now.Phone && c.PhoneE164 == keys.e164
}

// closeForWords closes the gate where an edit changes by what a lead is found, and reports whether it does: a copy that is
// being made meanwhile would be one that nobody sees yet, and be found by words that it does not have. Other edits hold up nobody.
// What the edit comes to is seen on the lead as it is before it is locked, since the gate comes before rows.
func (t *Tx) closeForWords(ctx context.Context, workspace, id uuid.UUID, edit func(*Lead) error) (closed bool, err error) {
	before, err := t.leadToEdit(ctx, workspace, id, "")
	if err != nil {
		return false, err
	}
	l := before
	if err := edit(&l); err != nil {
		return false, err
	}
	keys, err := t.keysOf(ctx, workspace, l.Name, l.Email, l.Phone)
	if err != nil || before.foundAs(l.Contact, keys) {
		return false, err
	}
	return true, t.closeGate(ctx, workspace)
}

// leaveWords gives those copies of a lead that share its words the words that it is about to lose. The gate is closed.
func (t *Tx) leaveWords(ctx context.Context, workspace uuid.UUID, l Lead) error {
	update, args := row{{"words", expr{wordsPlace, wordsOf(workspace, l.Name, l.Email, l.Phone, l.PhoneE164)}}}.
		update("assigned_leads", "workspace_id = $1 AND source_lead_id = $2 AND words IS NULL AND erased_at IS NULL", workspace, l.ID)
	if _, err := t.q.ExecContext(ctx, update, args...); err != nil {
		return fmt.Errorf("leaving lead %s's copies the words they are found by: %w", l.ID, translate(err))
	}
	return nil
}
