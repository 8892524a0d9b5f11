package store_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/leadwheel/leadwheel/internal/lead"
	"github.com/leadwheel/leadwheel/internal/testenv"
	"github.com/leadwheel/leadwheel/store"
)

// newTold makes a world whose installation sends by both channels, with a clock. A and B have both addresses, C has an
// e-mail address, and the others nothing.
func newTold(t *testing.T) (*world, *testenv.Clock) {
	t.Helper()
	c := newClock("2026-03-02T04:00:00Z")
	w := newWorld(t, testenv.WithClock(c.Now), testenv.WithChannels(lead.Channels()...))
	for letter, chat := range map[byte]string{'A': "1", 'B': "2", 'C': ""} {
		w.member(letter, func(m *store.Member) {
			m.Email, m.TelegramChatID = strings.ToLower(string(letter))+"@example.com", chat
		})
	}
	return w, c
}

func (w *world) member(letter byte, edit func(*store.Member)) {
	w.t.Helper()
	w.must(func(ctx context.Context, t *store.Tx) error {
		_, err := t.EditMember(ctx, w.workspace, w.members[letter], func(m *store.Member) error { edit(m); return nil })
		return err
	})
}

// messages tells all messages, oldest first: the member, the channel, its state and how many leads.
func (w *world) messages() string {
	w.t.Helper()
	all, err := w.Store.Notifications(w.t.Context(), w.workspace, store.NotificationFilter{}, store.Page{Limit: 500})
	if err != nil {
		w.t.Fatal(err)
	}
	var told []string
	for _, n := range slices.Backward(all) {
		told = append(told, fmt.Sprintf("%c %s %s %d", w.letters[n.MemberID], n.Channel, n.State, n.Leads))
	}
	slices.Sort(told)
	return strings.Join(told, ", ")
}

func (w *world) claimMessage(letter byte, channel lead.Channel) (m *store.Message) {
	w.t.Helper()
	w.must(func(ctx context.Context, t *store.Tx) (err error) {
		m, _, err = t.ClaimMessage(ctx, w.workspace, w.members[letter], channel)
		return err
	})
	return m
}

// fed tells to whom the scheduler would hand messages now.
func (w *world) fed() string {
	w.t.Helper()
	due, err := w.Store.FeedMessages(w.t.Context(), 100)
	if err != nil {
		w.t.Fatal(err)
	}
	var all []string
	for _, d := range due {
		all = append(all, string(w.letters[d.Member])+" "+string(d.Channel))
	}
	slices.Sort(all)
	return strings.Join(all, ", ")
}

func TestMessagesAreOwedWithTheCopies(t *testing.T) {
	t.Parallel()
	w, _ := newTold(t)
	group := w.group("A B C D")
	w.give(group, 8)
	equal(t, "messages", w.messages(), "A telegram owed 2, B telegram owed 2, C email owed 2")
	w.member('A', func(m *store.Member) { m.NotifyBy = lead.Channels() })
	w.member('B', func(m *store.Member) { m.NotifyBy = []lead.Channel{} })
	w.give(group, 4)
	equal(t, "messages", w.messages(), "A email owed 1, A telegram owed 1, A telegram owed 2, B telegram owed 2, C email owed 1, C email owed 2")
	w.exact()
}

func TestNobodyIsOwedWhatCannotBeSent(t *testing.T) {
	t.Parallel()
	w := newWorld(t, testenv.WithChannels(lead.Telegram))
	w.member('A', func(m *store.Member) { m.Email = "a@example.com" })
	w.give(w.group("A"), 3)
	equal(t, "messages", w.messages(), "")
}

// TestMutedSlots mutes a member in one slot of two, at once and on schedule. Whom an operator chooses instead is told.
func TestMutedSlots(t *testing.T) {
	t.Parallel()
	w, c := newTold(t)
	var group store.Group
	w.must(func(ctx context.Context, t *store.Tx) (err error) {
		spec := w.spec("AB C")
		spec.Listed[0].Members[0].Notify = false
		group, err = t.CreateGroup(ctx, w.workspace, spec)
		return err
	})
	w.give(group.ID, 4)
	equal(t, "messages", w.messages(), "B telegram owed 2, C email owed 2")

	_, batches := w.add(4, store.Distribution{GroupID: group.ID, At: c.Now().Add(time.Hour)})
	equal(t, "batches that are due already", len(batches), 0)
	w.edit(group.ID, "C D") // planned leads keep what the ring said then
	pending, err := w.Store.PendingLeads(t.Context(), w.workspace, store.PendingFilter{MemberID: w.members['C']}, store.PendingPage{Limit: 10})
	if err != nil {
		t.Fatal(err)
	}
	w.must(func(ctx context.Context, t *store.Tx) error {
		_, err := t.MovePending(ctx, w.workspace, pending[0].ID, func(p *store.PendingLead) error {
			d := w.members['A']
			p.MemberID = &d
			return nil
		})
		return err
	})
	armed := w.armed()
	c.Advance(time.Hour)
	w.run(armed...)
	equal(t, "messages", w.messages(), "A telegram owed 1, B telegram owed 2, B telegram owed 2, C email owed 1, C email owed 2")
}

// TestABurstIsOneMessage gives leads one by one, and claims with several hands at once.
func TestABurstIsOneMessage(t *testing.T) {
	t.Parallel()
	w, c := newTold(t)
	group := w.group("A")
	for range 20 {
		w.give(group, 1)
		equal(t, "fed in the burst", w.fed(), "")
		c.Advance(500 * time.Millisecond)
	}
	c.Advance(2 * time.Second)
	equal(t, "fed after the burst", w.fed(), "A telegram")
	equal(t, "fed again", w.fed(), "")
	var mu sync.Mutex
	var claimed []*store.Message
	var hands sync.WaitGroup
	for range 8 {
		hands.Go(func() {
			if m := w.claimMessage('A', lead.Telegram); m != nil {
				mu.Lock()
				claimed = append(claimed, m)
				mu.Unlock()
			}
		})
	}
	hands.Wait()
	if len(claimed) != 1 || claimed[0].Total != 20 || len(claimed[0].Leads) != 10 {
		t.Fatalf("claimed %+v", claimed)
	}
	equal(t, "messages", w.messages(), "A telegram owed 20")
	if err := w.Store.MessageSent(t.Context(), claimed[0]); err != nil {
		t.Fatal(err)
	}
	equal(t, "messages", w.messages(), "A telegram sent 20")
}

// TestASteadyStreamIsTold never pauses; a message goes out all the same.
func TestASteadyStreamIsTold(t *testing.T) {
	t.Parallel()
	w, c := newTold(t)
	group := w.group("A")
	fed := 0
	for range 40 {
		w.give(group, 1)
		c.Advance(time.Second)
		if w.fed() != "" {
			fed++
			if err := w.Store.MessageSent(t.Context(), w.claimMessage('A', lead.Telegram)); err != nil {
				t.Fatal(err)
			}
		}
	}
	if fed < 2 || fed > 3 {
		t.Errorf("%d messages in 40 seconds", fed)
	}
}

// TestAMessageWhoseWorkerDied is claimed again when its lease is over, and what the dead one says late changes nothing.
func TestAMessageWhoseWorkerDied(t *testing.T) {
	t.Parallel()
	w, c := newTold(t)
	w.give(w.group("A"), 1)
	first := w.claimMessage('A', lead.Telegram)
	if again := w.claimMessage('A', lead.Telegram); again != nil {
		t.Fatal("it was claimed twice at once")
	}
	c.Advance(time.Minute)
	equal(t, "fed", w.fed(), "A telegram")
	second := w.claimMessage('A', lead.Telegram)
	if second == nil || second.ID != first.ID || second.Attempt != 2 {
		t.Fatalf("claimed %+v", second)
	}
	if err := w.Store.MessageFailed(t.Context(), first, "late"); err != nil {
		t.Fatal(err)
	}
	equal(t, "messages", w.messages(), "A telegram owed 1")
	if err := w.Store.MessageLater(t.Context(), second, c.Now().Add(time.Hour), "busy"); err != nil {
		t.Fatal(err)
	}
	equal(t, "fed before its time", w.fed(), "")
	c.Advance(time.Hour)
	equal(t, "fed", w.fed(), "A telegram")
}

func TestQuietHours(t *testing.T) {
	t.Parallel()
	w, c := newTold(t) // it is noon in Kuala Lumpur
	w.member('A', func(m *store.Member) { m.QuietHours = &lead.Hours{From: 11 * 60, To: 14 * 60} })
	w.give(w.group("A"), 2)
	c.Advance(time.Minute)
	equal(t, "fed", w.fed(), "A telegram")
	if m := w.claimMessage('A', lead.Telegram); m != nil {
		t.Error("it was sent in quiet hours")
	}
	w.give(w.group("A"), 1)
	c.Advance(time.Hour)
	equal(t, "fed", w.fed(), "A telegram")
	if m := w.claimMessage('A', lead.Telegram); m != nil {
		t.Error("it was sent in quiet hours")
	}
	c.Advance(59 * time.Minute)
	equal(t, "fed", w.fed(), "A telegram")
	if m := w.claimMessage('A', lead.Telegram); m == nil || m.Total != 3 {
		t.Errorf("after quiet hours: %+v", m)
	}
}

func TestDeadAddresses(t *testing.T) {
	t.Parallel()
	w, c := newTold(t)
	dead := func(m *store.Message) {
		t.Helper()
		w.must(func(ctx context.Context, t *store.Tx) error { return t.AddressDead(ctx, m, "blocked") })
		c.Advance(time.Minute)
	}
	group := w.group("A")
	w.give(group, 1)
	dead(w.claimMessage('A', lead.Telegram))
	equal(t, "messages", w.messages(), "A email owed 1")
	mail := w.claimMessage('A', lead.Email)
	equal(t, "comes instead of", mail.FallbackFrom, lead.Telegram)
	equal(t, "why", mail.Error, "telegram: blocked; sent by email instead")
	dead(mail)
	equal(t, "messages", w.messages(), "A email failed 1")
	a, err := w.Store.Member(t.Context(), w.workspace, w.members['A'])
	if err != nil {
		t.Fatal(err)
	}
	equal(t, "chat", a.TelegramChatID, "")
	equal(t, "e-mail", a.Email+" "+a.EmailOff, "a@example.com undeliverable")
	w.give(group, 1)
	equal(t, "messages", w.messages(), "A email failed 1")

	w.member('B', func(m *store.Member) { m.NotifyBy = lead.Channels() })
	w.give(w.group("B"), 1)
	dead(w.claimMessage('B', lead.Telegram)) // they have it by e-mail anyway
	equal(t, "messages", w.messages(), "A email failed 1, B email owed 1, B telegram failed 1")
}

// TestRejectedMessages has providers refuse messages for good, which says nothing of the members' addresses.
func TestRejectedMessages(t *testing.T) {
	t.Parallel()
	w, c := newTold(t)
	rejected := func(m *store.Message) {
		t.Helper()
		w.must(func(ctx context.Context, t *store.Tx) error { return t.MessageRejected(ctx, m, "too long") })
		c.Advance(time.Minute)
	}
	w.give(w.group("A"), 1)
	late := w.claimMessage('A', lead.Telegram)
	c.Advance(time.Minute)
	inHand := w.claimMessage('A', lead.Telegram)
	rejected(late)
	equal(t, "messages, after a worker that was given up on", w.messages(), "A telegram owed 1")
	rejected(inHand)
	equal(t, "messages", w.messages(), "A email owed 1")
	mail := w.claimMessage('A', lead.Email)
	equal(t, "why", mail.Error, "telegram: too long; sent by email instead")
	rejected(mail) // which does not send it back
	equal(t, "messages", w.messages(), "A email failed 1")
	a, err := w.Store.Member(t.Context(), w.workspace, w.members['A'])
	if err != nil {
		t.Fatal(err)
	}
	if a.TelegramChatID == "" || a.EmailOff != "" {
		t.Errorf("the addresses are given up on: %+v", a)
	}

	w.member('B', func(m *store.Member) { m.NotifyBy = lead.Channels() })
	w.give(w.group("B"), 1)
	rejected(w.claimMessage('B', lead.Email)) // they have it by Telegram anyway
	equal(t, "messages", w.messages(), "A email failed 1, B email failed 1, B telegram owed 1")
}

func TestWhoIsNotThereAnyMoreIsNotTold(t *testing.T) {
	t.Parallel()
	w, _ := newTold(t)
	w.give(w.group("A B C"), 3)
	w.setActive('A', false)
	w.must(func(ctx context.Context, t *store.Tx) error { return t.RemoveMember(ctx, w.workspace, w.members['B']) })
	w.member('C', func(m *store.Member) { m.Email = "" })
	for letter, channel := range map[byte]lead.Channel{'A': lead.Telegram, 'B': lead.Telegram, 'C': lead.Email} {
		if m := w.claimMessage(letter, channel); m != nil {
			t.Errorf("%c is told %+v", letter, m)
		}
	}
	equal(t, "messages", w.messages(), "A telegram failed 1, B telegram failed 1, C email failed 1")
}

// TestMessagesDoNotTellALeadsAge gives leads as they come in, on schedule, and out of what was there.
func TestMessagesDoNotTellALeadsAge(t *testing.T) {
	t.Parallel()
	w, c := newTold(t)
	toA := store.Distribution{MemberIDs: []uuid.UUID{w.members['A']}}
	_, batches := w.add(1, toA)
	c.Advance(time.Minute) // the worker was busy
	fresh := c.Now()
	w.run(batches...)
	told := func() *store.Message {
		m := w.claimMessage('A', lead.Telegram)
		if err := w.Store.MessageSent(t.Context(), m); err != nil {
			t.Fatal(err)
		}
		return m
	}
	m := told()
	equal(t, "time of a lead that came in", m.Leads[0].At, fresh)

	old, _ := w.add(2, store.Distribution{})
	c.Advance(48 * time.Hour)
	w.run(w.assign(old[:1], toA)...)
	m = told()
	equal(t, "time of a lead that was there", m.Leads[0].At, c.Now())

	toA.At = c.Now().Add(time.Hour)
	w.assign(old[1:], toA)
	armed := w.armed()
	c.Advance(time.Hour)
	w.run(armed...)
	m = told()
	equal(t, "time of a scheduled lead", m.Leads[0].At, c.Now())
}

func TestTelegramLinks(t *testing.T) {
	t.Parallel()
	w, c := newTold(t)
	link := func(token, chat string) (m store.Member, err error) {
		err = w.tx(func(ctx context.Context, t *store.Tx) error {
			m, err = t.LinkTelegram(ctx, token, chat)
			return err
		})
		return m, err
	}
	token, _, err := w.Store.CreateTelegramLink(t.Context(), w.workspace, w.members['D'])
	if err != nil || len(token) > 64 || strings.Trim(token, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-") != "" {
		t.Fatalf("token %q, error %v", token, err)
	}
	for range 2 { // Telegram may tell of it twice
		if m, err := link(token, "77"); err != nil || m.ID != w.members['D'] || m.TelegramChatID != "77" {
			t.Fatalf("linked %+v, error %v", m, err)
		}
	}
	late, _, err := w.Store.CreateTelegramLink(t.Context(), w.workspace, w.members['D'])
	if err != nil {
		t.Fatal(err)
	}
	c.Advance(25 * time.Hour)
	for name, bad := range map[string]string{"used by another": token, "expired": late, "made up": strings.Repeat("A", 54), "malformed": "x"} {
		if _, err := link(bad, "78"); err != store.ErrBadLink { //nolint:errorlint // it comes as it is
			t.Errorf("%s: error %v", name, err)
		}
	}
	if _, _, err := w.Store.CreateTelegramLink(t.Context(), w.workspace, uuid.New()); err == nil {
		t.Error("a link for nobody")
	}
	if err := w.Store.DeleteOldTelegramLinks(t.Context(), c.Now()); err != nil {
		t.Fatal(err)
	}
}
