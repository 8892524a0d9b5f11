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
	var me store.Person
	for _, p := range known {
		if p.Workspace == s.Workspace.ID && p.Role == lead.PersonAdmin {
			me = p
		}
	}
	act := &store.Act{Workspace: s.Workspace.ID, Operation: "up"}
	err = st.Perform(ctx, act, func(t *store.Tx) (err error) {
		p := me
		if p.ID == uuid.Nil {
			if p, err = t.CreatePerson(ctx, s.Workspace.ID, store.Person{Name: "Operator", Email: operator, Role: lead.PersonAdmin}); err != nil {
				return err
			}
		}
		act.IDs = []uuid.UUID{p.ID}
		s.SignInLink, _, err = t.CreateSignInLink(ctx, p)
		return err
	})
	if err != nil {
		return fmt.Errorf("making a link to sign in: %w", err)
	}
	return nil
}
