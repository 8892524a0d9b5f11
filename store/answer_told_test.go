package store_test

import (
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/leadwheel/leadwheel/internal/lead"
	"github.com/leadwheel/leadwheel/store"
)

// TestMembersAreRemindedToAnswer owes at half of the time a reminder, which is not sent once it has been answered or is taken back.
func TestMembersAreRemindedToAnswer(t *testing.T) {
	t.Parallel()
	w, advance, _ := newReminded(t, 1)
	g := w.answering("A", lead.AnswerWithin{Minutes: 20, Then: lead.ThenTell})
	ids, batches := w.add(3, store.Distribution{GroupID: g})
	w.run(batches...)
	w.DB.MustExec(`DELETE FROM notifications`)
	advance(10 * time.Minute)
	equal(t, "due", w.alarms(), 3)
	equal(t, "owed", w.messages(), "A telegram owed 1, A telegram owed 1, A telegram owed 1")
	if err := w.accept(ids[0], 'A'); err != nil {
		t.Fatal(err)
	}
	m := w.claimMessage('A', lead.Telegram)
	if m == nil || m.Kind != store.NotifyAnswer || len(m.Leads) != 2 || m.Total != 2 {
		t.Fatalf("claimed %+v", m)
	}
	w.DB.MustExec(`UPDATE notifications SET leased_until = NULL`)
	advance(10 * time.Minute)
	equal(t, "over", w.alarms(), 2)
	if m := w.claimMessage('A', lead.Telegram); m != nil {
		t.Errorf("reminds of what is over: %+v", m)
	}
	equal(t, "they stay", w.held(ids[1])+w.held(ids[2]), "AA")
}

// TestWhatWasTakenBackIsToldToNobody looks at what webhooks and messages say of a copy that was taken back: no way to reach its person.
func TestWhatWasTakenBackIsToldToNobody(t *testing.T) {
	t.Parallel()
	w, advance, _ := newReminded(t, 1)
	hook := w.webhook(lead.WebhookAssigned, lead.WebhookUpdated, lead.WebhookUnanswered)
	g := w.answering("A B", reassigning(20, 1))
	ids, batches := w.add(1, store.Distribution{GroupID: g})
	w.DB.MustExec(`UPDATE leads SET email = 'a@example.com', phone = '0123456789'`)
	w.run(batches...)
	advance(20 * time.Minute)
	w.alarms()
	equal(t, "taken back", w.held(ids[0]), "A- B")
	if m := w.claimMessage('A', lead.Telegram); m != nil {
		for _, l := range m.Leads {
			if l.Email != "" || l.Phone != "" {
				t.Errorf("A is told of %+v", l)
			}
		}
	}
	advance(20 * time.Minute)
	w.alarms()
	var told []struct {
		ID    uuid.UUID         `db:"delivery_id"`
		Event lead.WebhookEvent `db:"event"`
		Copy  uuid.UUID         `db:"assigned_lead_id"`
	}
	if err := w.DB.Select(&told, `SELECT delivery_id, event, assigned_lead_id FROM webhook_deliveries WHERE lead_id = $1 ORDER BY delivery_id`, ids[0]); err != nil {
		t.Fatal(err)
	}
	events := map[lead.WebhookEvent]int{}
	for _, one := range told {
		events[one.Event]++
		all, err := w.Store.WebhookContents(t.Context(), w.workspace, hook, []uuid.UUID{one.ID})
		if err != nil {
			t.Fatal(err)
		}
		c := all[one.ID]
		if isA := *c.MemberID == w.members['A']; isA != (c.WithdrawnAt != nil) || isA != (c.Email == "" && c.Phone == "") {
			t.Errorf("%s tells %+v", one.Event, c)
		}
	}
	equal(t, "events", events, map[lead.WebhookEvent]int{lead.WebhookAssigned: 2, lead.WebhookUpdated: 1, lead.WebhookUnanswered: 1})
}
