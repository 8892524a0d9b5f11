//go:build unix

package standalone

import (
	"context"
	"fmt"

	"github.com/google/uuid"

	"github.com/leadwheel/leadwheel/internal/lead"
	"github.com/leadwheel/leadwheel/store"
)

// operator is the address of the person for whom `leadwheel up` prints a link. No mail goes there.
const operator = "operator@leadwheel.local"

// preparePerson makes a link that signs whoever started this in to the console, as a person of their own.
func (s *Standalone) preparePerson(ctx context.Context, st *store.Store) error {
	known, err := st.PeopleAt(ctx, operator)
	if err != nil {
		return fmt.Errorf("looking for the operator: %w", err)
	}
	var me uuid.UUID
	for _, p := range known {
		if p.Workspace == s.Workspace.ID && p.Role == lead.PersonAdmin {
			me = p.ID
		}
	}
	act := &store.Act{Workspace: s.Workspace.ID, Operation: "up"}
	err = st.Perform(ctx, act, func(t *store.Tx) error {
		id := me
		if id == uuid.Nil {
			p, err := t.CreatePerson(ctx, s.Workspace.ID, store.Person{Name: "Operator", Email: operator, Role: lead.PersonAdmin})
			if err != nil {
				return err
			}
			id = p.ID
		}
		act.IDs = []uuid.UUID{id}
		s.SignInLink, _, err = t.CreateSignInLink(ctx, s.Workspace.ID, id)
		return err
	})
	if err != nil {
		return fmt.Errorf("making a link to sign in: %w", err)
	}
	return nil
}
