package store_test

import (
	"context"
	"encoding/json"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/leadwheel/leadwheel/internal/lead"
	"github.com/leadwheel/leadwheel/store"
)

// kinds lists the messages that are owed, as "kind channel", each once.
func (w *world) kinds() []string {
	w.t.Helper()
	all, err := w.Store.Notifications(w.t.Context(), w.workspace, store.NotificationFilter{State: store.NotificationOwed}, store.Page{Limit: 500})
	if err != nil {
		w.t.Fatal(err)
	}
	var kinds []string
	for _, n := range all {
		kinds = append(kinds, string(n.Kind)+" "+string(n.Channel))
	}
	slices.Sort(kinds)
	return kinds
}

// forgetMessages has nobody have been told of anything.
func (w *world) forgetMessages() {
	w.DB.MustExec(`DELETE FROM notifications`)
	w.DB.MustExec(`UPDATE assigned_leads SET messages = 0`)
}

// inCharge adds somebody with a role, who is a member where a letter is given.
func (w *world) inCharge(email string, role lead.PersonRole, member ...byte) uuid.UUID {
	w.t.Helper()
	p := store.Person{Name: email, Email: email, Role: role}
	if len(member) > 0 {
		id := w.members[member[0]]
		p.MemberID = &id
	}
	w.must(func(ctx context.Context, t *store.Tx) (err error) {
		p, err = t.CreatePerson(ctx, w.workspace, p)
		return err
	})
	return p.ID
}

// TestOffersAreTold has members, and webhooks, be told of offers: a name and a place, as long as they can be accepted.
func TestOffersAreTold(t *testing.T) {
	t.Parallel()
	w, advance, _ := newReminded(t, 1)
	w.forgetMessages()
	hook := w.webhook(lead.WebhookOffered)
	g := w.offering("AB", within(20, 1))
	ids, batches := w.add(2, store.Distribution{GroupID: g})
	w.DB.MustExec(`UPDATE leads SET name = 'Ali', email = 'a@example.com', phone = '0123456789', fields = '{"city":"Ipoh","budget":"9"}',
		updated_at = updated_at + interval '1 second' WHERE lead_id IN ($1, $2)`, ids[0], ids[1])
	w.run(batches...)
	equal(t, "a webhook is told of each", w.told(hook), []string{"lead.offered", "lead.offered", "lead.offered", "lead.offered"})
	_, due := w.claim(hook, 10)
	contents, err := w.Store.WebhookContents(t.Context(), w.workspace, hook, []uuid.UUID{due[0].ID})
	if err != nil {
		t.Fatal(err)
	}
	c := contents[due[0].ID]
	text, _ := json.Marshal(c)
	if c.Place != "Ipoh" || c.OfferID == nil || *c.OfferID != due[0].ID || c.MemberID == nil || c.AnswerBy == nil || strings.Contains(string(text), "0123456789") || strings.Contains(string(text), "a@example.com") {
		t.Errorf("%s", text)
	}
	if err := w.acceptOffer(ids[0], 'B'); err != nil {
		t.Fatal(err)
	}
	m := w.claimMessage('A', lead.Telegram)
	if m == nil || m.Kind != store.NotifyOffer || len(m.Leads) != 1 || m.Leads[0].Place != "Ipoh" || m.Leads[0].Phone != "" || m.Leads[0].Email != "" || m.Leads[0].LinkToken != "" {
		t.Fatalf("claimed %+v", m)
	}
	w.forgetMessages()
	advance(10 * time.Minute)
	equal(t, "reminded", w.alarms(), 1)
	if m := w.claimMessage('A', lead.Telegram); m == nil || m.Kind != store.NotifyOffer {
		t.Fatalf("claimed %+v", m)
	}
	w.exact()
}

// TestWhoIsInChargeIsTold tells everybody who manages, by the channels that they have, of what was not answered or accepted and stays.
func TestWhoIsInChargeIsTold(t *testing.T) {
	t.Parallel()
	w, advance, _ := newReminded(t, 1)
	w.forgetMessages()
	w.inCharge("agent@example.com", lead.PersonAgent, 'B')
	admin := w.inCharge("admin@example.com", lead.PersonAdmin)
	w.inCharge("manager@example.com", lead.PersonManager, 'A') // who has Telegram
	gone := w.inCharge("gone@example.com", lead.PersonAdmin)
	w.must(func(ctx context.Context, t *store.Tx) error { return t.RemovePerson(ctx, w.workspace, gone) })
	g := w.answering("C", lead.AnswerWithin{Minutes: 20, Then: lead.ThenTell})
	_, batches := w.add(1, store.Distribution{GroupID: g})
	w.run(batches...)
	advance(20 * time.Minute)
	w.forgetMessages()
	equal(t, "its time is over", w.alarms(), 1)
	equal(t, "who is told", w.kinds(), []string{"unanswered email", "unanswered telegram"})
	var m *store.Message
	w.must(func(ctx context.Context, t *store.Tx) (err error) {
		m, _, err = t.ClaimMessage(ctx, w.workspace, admin, lead.Email)
		return err
	})
	if m == nil || m.Recipient.Email != "admin@example.com" || len(m.Leads) != 1 || m.Leads[0].Holder != "C" || m.Leads[0].LinkToken != "" {
		t.Fatalf("claimed %+v", m)
	}
	if m := w.claimMessage('A', lead.Telegram); m == nil || m.Kind != store.NotifyUnanswered || m.Leads[0].LinkToken != "" {
		t.Fatalf("claimed %+v", m)
	}
	w.forgetMessages()
	offered := w.offering("C", within(20, 1))
	_, batches = w.add(1, store.Distribution{GroupID: offered})
	w.run(batches...)
	advance(20 * time.Minute)
	w.alarms()
	w.exact()
	told := slices.DeleteFunc(w.kinds(), func(k string) bool { return strings.HasPrefix(k, "offer") })
	equal(t, "who is told of what nobody accepted", told, []string{"not_accepted email", "not_accepted telegram"})
	w.must(func(ctx context.Context, t *store.Tx) (err error) {
		m, _, err = t.ClaimMessage(ctx, w.workspace, admin, lead.Email)
		return err
	})
	if m == nil || m.Kind != store.NotifyNotAccepted || len(m.Leads) != 1 || m.Leads[0].Name == "" {
		t.Fatalf("claimed %+v", m)
	}
	w.exact()
}
