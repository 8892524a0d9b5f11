package store_test

import (
	"context"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/leadwheel/leadwheel/internal/lead"
	"github.com/leadwheel/leadwheel/store"
)

// newReminded makes a world in which A has copies, of which they were told.
func newReminded(t *testing.T, copies int) (*world, func(time.Duration), []uuid.UUID) {
	t.Helper()
	w, c := newTold(t)
	w.give(w.group("A"), copies)
	w.DB.MustExec(`DELETE FROM notifications`)
	var ids []uuid.UUID
	if err := w.DB.Select(&ids, `SELECT assigned_lead_id FROM assigned_leads ORDER BY 1`); err != nil {
		t.Fatal(err)
	}
	return w, c.Advance, ids
}

// followUp has a copy be followed up after a while, or never.
func (w *world) followUp(id uuid.UUID, after time.Duration, never ...bool) {
	w.t.Helper()
	w.must(func(ctx context.Context, t *store.Tx) error {
		_, err := t.EditAssignedLead(ctx, w.workspace, store.Actor{MemberID: w.members['A']}, id, func(a *store.AssignedLead) error {
			at := w.Store.Now().Add(after)
			if a.FollowUpAt = &at; len(never) > 0 {
				a.FollowUpAt = nil
			}
			return nil
		})
		return err
	})
}

// oweReminders does as the scheduler does, and returns how many copies it took note of.
func (w *world) oweReminders() (n int) {
	w.t.Helper()
	w.must(func(ctx context.Context, t *store.Tx) (err error) {
		n, err = t.OweReminders(ctx, 100)
		return err
	})
	return n
}

// TestRemindersComeOnce has a copy be followed up in an hour, and looks again and again, with several hands at once.
func TestRemindersComeOnce(t *testing.T) {
	t.Parallel()
	w, advance, ids := newReminded(t, 1)
	w.followUp(ids[0], time.Hour)
	equal(t, "noted before its time", w.oweReminders(), 0)
	advance(time.Hour)
	var hands sync.WaitGroup
	for range 4 {
		hands.Go(func() {
			if err := w.Store.WithTx(t.Context(), func(tx *store.Tx) error { _, err := tx.OweReminders(t.Context(), 100); return err }); err != nil {
				t.Error(err)
			}
		})
	}
	hands.Wait()
	equal(t, "owed", w.messages(), "A telegram owed 1")
	equal(t, "fed", w.fed(), "A telegram")
	m := w.claimMessage('A', lead.Telegram)
	if m == nil || m.Kind != store.NotifyReminder || len(m.Leads) != 1 {
		t.Fatalf("claimed %+v", m)
	}
	if err := w.Store.MessageSent(t.Context(), m); err != nil {
		t.Fatal(err)
	}
	advance(time.Hour)
	equal(t, "noted again", w.oweReminders(), 0)
	equal(t, "messages", w.messages(), "A telegram sent 1")
}

// TestRemindersSurvive has a worker die with a reminder in hand, and a transaction that owes one be rolled back.
func TestRemindersSurvive(t *testing.T) {
	t.Parallel()
	w, advance, ids := newReminded(t, 1)
	w.followUp(ids[0], time.Hour)
	advance(2 * time.Hour)
	_ = w.Store.WithTx(t.Context(), func(tx *store.Tx) error {
		if _, err := tx.OweReminders(t.Context(), 100); err != nil {
			t.Error(err)
		}
		return context.Canceled
	})
	equal(t, "owed by what was rolled back", w.messages(), "")
	w.oweReminders()
	if first := w.claimMessage('A', lead.Telegram); first == nil {
		t.Fatal("nothing to claim")
	}
	advance(time.Minute)
	equal(t, "fed after the lease", w.fed(), "A telegram")
	if second := w.claimMessage('A', lead.Telegram); second == nil || second.Attempt != 2 {
		t.Errorf("claimed %+v", second)
	}
}

// TestRemindersThatAreNotSent moves, clears and erases what is to be followed up, before and after the reminder of it is owed, and
// deactivates its member.
func TestRemindersThatAreNotSent(t *testing.T) {
	t.Parallel()
	for name, change := range map[string]func(*world, uuid.UUID){
		"moved":   func(w *world, id uuid.UUID) { w.followUp(id, 48*time.Hour) },
		"cleared": func(w *world, id uuid.UUID) { w.followUp(id, 0, true) },
		"erased": func(w *world, id uuid.UUID) {
			w.DB.MustExec(`UPDATE assigned_leads SET erased_at = now() WHERE assigned_lead_id = $1`, id)
		},
		"inactive":   func(w *world, _ uuid.UUID) { w.setActive('A', false) },
		"not to be":  func(w *world, _ uuid.UUID) { w.member('A', func(m *store.Member) { m.NotifyBy = []lead.Channel{} }) },
		"taken away": func(w *world, _ uuid.UUID) { w.DB.MustExec(`DELETE FROM assigned_leads`) },
	} {
		for _, owed := range []bool{false, true} {
			w, advance, ids := newReminded(t, 1)
			w.followUp(ids[0], time.Hour)
			if owed {
				advance(time.Hour)
				equal(t, name+": noted", w.oweReminders(), 1)
			}
			change(w, ids[0])
			advance(time.Hour)
			w.oweReminders()
			if m := w.claimMessage('A', lead.Telegram); m != nil {
				t.Errorf("%s, owed before: %t: claimed %+v", name, owed, m)
			}
			w.setActive('A', true)
			if m := w.claimMessage('A', lead.Telegram); m != nil {
				t.Errorf("%s, owed before: %t: claimed %+v when they are back", name, owed, m)
			}
			if n := w.count(`SELECT count(*) FROM notifications WHERE state = 'owed'`); n != 0 {
				t.Errorf("%s, owed before: %t: %d are owed", name, owed, n)
			}
		}
	}
}

// TestRemindersGather has reminders wait for quiet hours to end: those of one copy whose time was moved within them, and of another,
// are one message, which tells of each once.
func TestRemindersGather(t *testing.T) {
	t.Parallel()
	w, advance, ids := newReminded(t, 2) // at noon in Kuala Lumpur
	w.member('A', func(m *store.Member) {
		m.Timezone, m.QuietHours = "Asia/Kuala_Lumpur", &lead.Hours{From: 12 * 60, To: 15 * 60}
	})
	w.followUp(ids[0], 30*time.Minute)
	w.followUp(ids[1], time.Hour)
	advance(30 * time.Minute)
	w.oweReminders()
	if m := w.claimMessage('A', lead.Telegram); m != nil {
		t.Errorf("claimed %+v in quiet hours", m)
	}
	w.followUp(ids[0], 15*time.Minute)
	advance(time.Hour)
	w.oweReminders()
	equal(t, "owed", w.messages(), "A telegram owed 1, A telegram owed 1, A telegram owed 1")
	equal(t, "fed in quiet hours", w.claimMessage('A', lead.Telegram) == nil, true)
	advance(2 * time.Hour)
	equal(t, "fed", w.fed(), "A telegram")
	if m := w.claimMessage('A', lead.Telegram); m == nil || m.Total != 2 {
		t.Errorf("claimed %+v", m)
	}
	equal(t, "messages", w.messages(), "A telegram owed 2")
}

// TestRemindersGoElsewhere has a chat be dead: the reminder comes by e-mail, also where the lead was told of by e-mail before.
func TestRemindersGoElsewhere(t *testing.T) {
	t.Parallel()
	w, advance, ids := newReminded(t, 1)
	w.DB.MustExec(`INSERT INTO notifications (workspace_id, notification_id, member_id, kind, channel, assigned_lead_ids, state, send_at, created_at)
		VALUES ($1, gen_random_uuid(), $2, 'leads', 'email', ARRAY[$3::uuid], 'sent', now(), now())`, w.workspace, w.members['A'], ids[0])
	w.followUp(ids[0], time.Hour)
	advance(time.Hour)
	w.oweReminders()
	m := w.claimMessage('A', lead.Telegram)
	w.must(func(ctx context.Context, t *store.Tx) error { return t.AddressDead(ctx, m, "blocked") })
	if m := w.claimMessage('A', lead.Email); m == nil || m.Kind != store.NotifyReminder || m.FallbackFrom != lead.Telegram {
		t.Errorf("claimed %+v", m)
	}
}

// TestFollowUpInThePast sets times that are past, the same time again, and one that cannot be meant.
func TestFollowUpInThePast(t *testing.T) {
	t.Parallel()
	w, advance, ids := newReminded(t, 1)
	w.followUp(ids[0], -time.Hour)
	equal(t, "noted", w.oweReminders(), 0)
	w.followUp(ids[0], time.Hour)
	advance(time.Hour)
	equal(t, "noted", w.oweReminders(), 1)
	w.followUp(ids[0], 0) // as it is
	equal(t, "noted again", w.oweReminders(), 0)
	err := w.Store.WithTx(t.Context(), func(tx *store.Tx) error {
		_, err := tx.EditAssignedLead(t.Context(), w.workspace, store.Actor{}, ids[0], func(a *store.AssignedLead) error {
			at := time.Date(20226, 1, 1, 0, 0, 0, 0, time.UTC)
			a.FollowUpAt = &at
			return nil
		})
		return err
	})
	refused, is := err.(*store.FieldError) //nolint:errorlint // as it is returned
	if !is || refused.Field != "follow_up_at" {
		t.Errorf("a time in 20226: %v", err)
	}
}

// TestLinksInMessages has each lead of a message have a link of its own, a new one with each attempt, and none where its person was
// erased or the copy is somebody else's.
func TestLinksInMessages(t *testing.T) {
	t.Parallel()
	w, c := newTold(t)
	w.give(w.group("A"), 2)
	first := w.claimMessage('A', lead.Telegram)
	c.Advance(time.Minute)
	second := w.claimMessage('A', lead.Telegram)
	tokens := map[string]uuid.UUID{}
	for _, m := range []*store.Message{first, second} {
		for _, l := range m.Leads {
			tokens[l.LinkToken] = l.ID
		}
	}
	equal(t, "links", len(tokens), 4)
	open := func(token string) (l store.MessageLink, err error) {
		err = w.Store.WithTx(t.Context(), func(tx *store.Tx) error { l, err = tx.OpenMessageLink(t.Context(), token); return err })
		return l, err
	}
	for token, id := range tokens {
		if l, err := open(token); err != nil || l.AssignedLeadID != id || l.MemberID != w.members['A'] {
			t.Errorf("%v, %v", l, err)
		}
		for _, bad := range []string{"", token[1:], token + "a", token[:len(token)-1], "lwl_" + token[4:], "lws_" + token[4:]} {
			if _, err := open(bad); err == nil {
				t.Errorf("%q opens something", bad)
			}
		}
	}
	w.DB.MustExec(`UPDATE assigned_leads SET erased_at = now() WHERE assigned_lead_id = $1`, first.Leads[0].ID)
	w.DB.MustExec(`UPDATE assigned_leads SET member_id = $2 WHERE assigned_lead_id = $1`, first.Leads[1].ID, w.members['B'])
	for token := range tokens {
		if _, err := open(token); err == nil {
			t.Error("a lead that is erased, or somebody else's, is opened")
		}
	}
	if err := w.Store.DeleteOldMessageLinks(t.Context(), c.Now().Add(store.MessageLinkAge+time.Second)); err != nil {
		t.Fatal(err)
	}
	equal(t, "links that are kept", w.count(`SELECT count(*) FROM message_links`), 0)
}
