package store_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/lib/pq"

	"github.com/leadwheel/leadwheel/internal/lead"
	"github.com/leadwheel/leadwheel/internal/testenv"
	"github.com/leadwheel/leadwheel/store"
)

// TestTimesGoOnWhereClocksDiffer has leads and copies come by a process whose time is ahead, as by a slow round trip, and be changed by one
// whose is behind: what was changed was changed after it came, and each time after the time before, whoever did it.
func TestTimesGoOnWhereClocksDiffer(t *testing.T) {
	t.Parallel()
	c := newClock(monday)
	w := newWorld(t, testenv.WithClock(c.Now))
	g := w.group("AB")
	edited, _ := w.add(1, store.Distribution{})
	deleted, _ := w.add(3, store.Distribution{})
	w.give(g, 3)
	var copies []uuid.UUID
	if err := w.DB.Select(&copies, `SELECT assigned_lead_id FROM assigned_leads ORDER BY 1`); err != nil {
		t.Fatal(err)
	}
	c.Set(c.Now().Add(-200 * time.Millisecond))

	w.must(func(ctx context.Context, tx *store.Tx) error {
		var last time.Time
		for _, name := range []string{"Siti", "Siti Aminah"} {
			l, err := tx.EditLead(ctx, w.workspace, edited[0], func(l *store.Lead) error { l.Name = name; return nil })
			if err != nil {
				return err
			}
			if !l.UpdatedAt.After(l.CreatedAt) || !l.UpdatedAt.After(last) {
				t.Errorf("a lead that came at %s and was changed at %s is changed at %s", l.CreatedAt, last, l.UpdatedAt)
			}
			last = l.UpdatedAt
		}
		if err := tx.DeleteLead(ctx, w.workspace, deleted[0]); err != nil {
			return err
		}
		if _, err := tx.DeleteLeads(ctx, w.workspace, deleted[1:]); err != nil {
			return err
		}
		if _, err := tx.AcceptAssignedLead(ctx, w.workspace, store.Actor{}, copies[0]); err != nil {
			return err
		}
		_, err := tx.EditAssignedLead(ctx, w.workspace, store.Actor{}, copies[1], func(a *store.AssignedLead) error { a.Notes = "called"; return nil })
		return err
	})
	w.exact()
	var same []string
	if err := w.DB.Select(&same, `
		SELECT 'lead ' || lead_id FROM leads WHERE lead_id = ANY($1::uuid[]) AND (updated_at <= created_at OR deleted_at <= created_at)
		UNION ALL SELECT 'copy ' || assigned_lead_id FROM assigned_leads WHERE assigned_lead_id = ANY($2::uuid[]) AND (updated_at <= assigned_at OR answered_at <= assigned_at)`,
		pq.Array(append(edited, deleted...)), pq.Array(copies[:2])); err != nil {
		t.Fatal(err)
	}
	if len(same) > 0 {
		t.Errorf("changed before they came: %v", same)
	}
}

// TestEditsAreAfterWhatTheyEditWhereClocksDiffer is the same of what an installation is set up with.
func TestEditsAreAfterWhatTheyEditWhereClocksDiffer(t *testing.T) {
	t.Parallel()
	c := newClock(monday)
	w := newWorld(t, testenv.WithClock(c.Now))
	integration, webhook, disabled := w.integration("forms"), w.sealedWebhook("new"), w.sealedWebhook("new")
	var person store.Person
	var sources [2]store.Source
	w.must(func(ctx context.Context, tx *store.Tx) (err error) {
		if person, err = tx.CreatePerson(ctx, w.workspace, store.Person{Name: "Siti", Email: "siti@example.com", Role: lead.PersonManager}); err != nil {
			return err
		}
		for i, name := range []string{"fair", "exhibition"} {
			if sources[i], err = tx.CreateSource(ctx, w.workspace, store.Source{Name: name}); err != nil {
				return err
			}
		}
		return nil
	})
	c.Set(c.Now().Add(-200 * time.Millisecond))

	away := [2]time.Time{c.Now().Add(time.Hour), c.Now().Add(2 * time.Hour)}
	w.must(func(ctx context.Context, tx *store.Tx) error {
		_, member := tx.AddAbsence(ctx, w.workspace, store.Absence{MemberID: w.members['A'], FromAt: &away[0], ToAt: &away[1]})
		_, source := tx.MergeSource(ctx, w.workspace, sources[0].ID, sources[1].ID)
		_, space := tx.EditWorkspace(ctx, w.workspace, func(s *store.Workspace) error { s.Name = "other"; return nil })
		_, forms := tx.EditIntegration(ctx, w.workspace, integration, func(i *store.Integration) error { i.Name = "other"; return nil })
		_, hook := tx.EditWebhook(ctx, w.workspace, webhook, func(h *store.Webhook) error { h.Enabled = false; return nil })
		_, someone := tx.EditPerson(ctx, w.workspace, person.ID, func(p *store.Person) error { p.Name = "Siti Aminah"; return nil })
		return errors.Join(member, source, space, forms, hook, someone, tx.DisableWebhook(ctx, w.workspace, disabled, "it is gone"))
	})
	var same []string
	if err := w.DB.Select(&same, `
		SELECT 'member' FROM members WHERE member_id = $1 AND updated_at <= created_at
		UNION ALL SELECT 'source' FROM sources WHERE merged_into IS NOT NULL AND updated_at <= created_at
		UNION ALL SELECT 'workspace' FROM workspaces WHERE name = 'other' AND updated_at <= created_at
		UNION ALL SELECT 'integration' FROM integrations WHERE updated_at <= created_at
		UNION ALL SELECT 'webhook' FROM webhooks WHERE updated_at <= created_at
		UNION ALL SELECT 'person' FROM people WHERE updated_at <= created_at`, w.members['A']); err != nil {
		t.Fatal(err)
	}
	if len(same) > 0 {
		t.Errorf("changed before they were made: %v", same)
	}
}
