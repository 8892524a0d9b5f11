package store_test

import (
	"time"

	"github.com/google/uuid"

	"github.com/leadwheel/leadwheel/internal/lead"
	"github.com/leadwheel/leadwheel/store"
)

func (p *hotPath) tellMembers() {
	ctx := p.t.Context()
	p.DB.MustExec(ours+`UPDATE notifications SET send_at = $1 WHERE state = 'owed'`, p.clock.Now().Add(-time.Minute))
	var message [4]*store.Message
	for i, letter := range []byte("ABCD") {
		if message[i] = p.claimMessage(letter, lead.Telegram); message[i] == nil {
			p.t.Fatalf("%c has no message", letter)
		}
	}
	p.fine(p.Store.MessageSent(ctx, message[0]))
	p.fine(p.Store.MessageLater(ctx, message[1], p.clock.Now().Add(time.Hour), "busy"))
	p.fine(p.Store.MessageFailed(ctx, message[2], "no"))
	p.each(func(t *store.Tx) error {
		_, err := t.MessageElsewhere(ctx, message[3], "gone")
		return err
	}, func(t *store.Tx) error {
		_, err := t.OpenMessageLink(ctx, message[0].Leads[0].LinkToken)
		return err
	})
}

func (p *hotPath) tellWebhooks() {
	ctx := p.t.Context()
	hook := p.webhook()
	_, batches := p.add(6, store.Distribution{GroupID: p.group})
	p.run(batches...)
	_, owed := p.claim(hook, 10)
	var ids []uuid.UUID
	for _, d := range owed {
		ids = append(ids, d.ID)
	}
	_, err := p.Store.WebhookContents(ctx, p.workspace, hook, ids)
	p.fine(err)
	p.fine(p.Store.DeliveriesSent(ctx, p.workspace, hook, ids[:2], []int{200, 204}))
	p.fine(p.Store.DeliveriesUntried(ctx, p.workspace, hook, ids[2:3], []int{1}))
	p.fine(p.Store.DeliveryLater(ctx, p.workspace, owed[3], store.Refusal{Status: 500, Said: "no"}, p.clock.Now().Add(time.Hour)))
	p.fine(p.Store.WebhookTook(ctx, p.workspace, hook))
	p.fine(p.Store.HoldWebhook(ctx, p.workspace, hook, p.clock.Now()))
	_, err = p.Store.WebhookSetBack(ctx, p.workspace, hook, p.clock.Now())
	p.fine(err)
	p.fine(p.Store.KeepTelling(ctx, p.workspace, hook))
	p.fine(p.Store.DoneTelling(ctx, p.workspace, hook))
	p.told(hook)
}

func (p *hotPath) answerCopies() {
	ctx := p.t.Context()
	g := p.answering("A B C", reassigning(30, 2))
	ids, batches := p.add(3, store.Distribution{GroupID: g})
	p.run(batches...)
	for _, a := range p.copies(ids[0]) {
		p.each(func(t *store.Tx) error {
			_, err := t.AcceptAssignedLead(ctx, p.workspace, store.Actor{MemberID: a.MemberID}, a.ID)
			return err
		})
	}
	for range 3 { // the others have nobody's answer, and go on
		p.clock.Advance(31 * time.Minute)
		_, err := p.Store.PassAlarms(ctx, p.workspace, 100)
		p.fine(err)
		p.run(p.batches()...)
	}
}

func (p *hotPath) copies(id uuid.UUID) []store.AssignedLead {
	p.t.Helper()
	all, err := p.Store.AssignedLeads(p.t.Context(), p.workspace, store.AssignedLeadFilter{SourceLeadID: id}, store.Page{Limit: 100})
	if err != nil || len(all) == 0 {
		p.t.Fatalf("nobody has lead %s: %v", id, err)
	}
	return all
}

func (p *hotPath) offerLeads() {
	ctx := p.t.Context()
	g := p.offering("ABC DE", within(10, 2))
	ids, batches := p.add(2, store.Distribution{GroupID: g})
	p.run(batches...)
	p.fine(p.acceptOffer(ids[0], 'A'))
	offers, err := p.Store.Offers(ctx, p.workspace, store.OfferFilter{LeadID: ids[1]}, store.Page{Limit: 10})
	p.fine(err)
	_, err = p.Store.Offer(ctx, p.workspace, offers[0].MemberID, offers[0].ID)
	p.fine(err)
	for range 3 {
		p.clock.Advance(11 * time.Minute)
		_, err = p.Store.PassAlarms(ctx, p.workspace, 100)
		p.fine(err)
		p.run(p.batches()...)
	}
}

// wait has leads that nobody can take now, a member who takes one, and one whose group has room again.
func (p *hotPath) wait() {
	ctx := p.t.Context()
	one := 1
	p.member('E', func(m *store.Member) { m.Caps.PerHour = &one })
	g := p.world.group("E")
	_, batches := p.add(4, store.Distribution{GroupID: g})
	p.run(batches...)
	if _, err := p.Store.Waiting(ctx, p.workspace); err != nil {
		p.t.Fatal(err)
	}
	p.clock.Advance(2 * time.Hour)
	_, err := p.pull('E')
	p.fine(err)
	p.clock.Advance(2 * time.Hour)
	if n, err := p.Store.Release(ctx, store.GroupRef{Workspace: p.workspace, Group: g}); err != nil || n != 1 {
		p.t.Fatalf("%d leads are let go: %v", n, err)
	}
	p.run(p.batches()...)
	_, err = p.Store.Availability(ctx, p.workspace, g, p.clock.Now())
	p.fine(err)
}

func (p *hotPath) change() {
	ctx := p.t.Context()
	ids, batches := p.add(3, store.Distribution{GroupID: p.group})
	p.run(batches...)
	a := p.copies(ids[1])[0]
	p.each(func(t *store.Tx) error {
		_, err := t.EditLead(ctx, p.workspace, ids[0], func(l *store.Lead) error { l.Name = "Dee"; return nil })
		return err
	}, func(t *store.Tx) error {
		_, err := t.EditAssignedLead(ctx, p.workspace, store.Actor{MemberID: a.MemberID}, a.ID, func(l *store.AssignedLead) error {
			l.Status, l.Notes = "contacted", "called"
			return nil
		})
		return err
	})
	act := &store.Act{Workspace: p.workspace, Operation: "delete-leads"}
	p.fine(p.Store.Perform(ctx, act, func(t *store.Tx) error {
		_, err := t.DeleteLeads(store.WithAct(ctx, act), p.workspace, ids[2:])
		return err
	}))
	p.edit(p.group, "A B C D E")
}

func (p *hotPath) list() {
	ctx := p.t.Context()
	page, now := store.Page{Limit: 20}, p.clock.Now()
	copies := p.copies(p.leads[0])
	var errs []error
	for _, f := range []store.LeadFilter{{}, {Search: "lead 1"}, {Channel: "api"}, {Email: "siti@example.com"}, {From: now.Add(-time.Hour), To: now}, {ExternalID: "1"}} {
		_, err := p.Store.SourceLeads(ctx, p.workspace, f, page)
		_, failed := p.Store.CountLeads(ctx, p.workspace, f)
		errs = append(errs, err, failed)
	}
	for _, f := range []store.AssignedLeadFilter{{}, {Search: "lead"}, {MemberID: p.members['A']}, {GroupID: p.group}, {Status: "new"}} {
		_, err := p.Store.AssignedLeads(ctx, p.workspace, f, page)
		errs = append(errs, err)
	}
	for _, f := range []store.HistoryFilter{{}, {Outcome: lead.Failed}, {MemberID: p.members['A']}, {LeadID: p.leads[0]}, {GroupID: p.group}} {
		_, err := p.Store.History(ctx, p.workspace, f, page)
		errs = append(errs, err)
	}
	for _, f := range []store.PendingFilter{{}, {MemberID: p.members['A']}, {GroupID: p.group}, {Waiting: true}} {
		_, err := p.Store.PendingLeads(ctx, p.workspace, f, store.PendingPage{Limit: 20})
		errs = append(errs, err)
	}
	_, err := p.Store.SourceLead(ctx, p.workspace, p.leads[0])
	errs = append(errs, err)
	_, err = p.Store.AssignedLead(ctx, p.workspace, uuid.Nil, copies[0].ID)
	errs = append(errs, err)
	_, err = p.Store.Notifications(ctx, p.workspace, store.NotificationFilter{}, page)
	errs = append(errs, err)
	_, err = p.Store.Upcoming(ctx, p.workspace, p.group, 10)
	errs = append(errs, err)
	for _, err := range errs {
		p.fine(err)
	}
}

func (p *hotPath) again() {
	ctx := p.t.Context()
	failed, err := p.Store.History(ctx, p.workspace, store.HistoryFilter{Outcome: lead.Failed}, store.Page{Limit: 5})
	p.fine(err)
	p.each(func(t *store.Tx) error { return t.RetryHistory(ctx, p.workspace, failed[0].ID) })
	p.run(p.batches()...)
}

func (p *hotPath) fetch() {
	ctx := p.t.Context()
	f := &fetching{p.world, p.clock, newID()}
	_, err := p.Store.CreateIntegration(ctx, p.workspace, store.Integration{ID: f.id, Kind: lead.KindMeta, Name: "ads", Enabled: true})
	p.fine(err)
	f.told("f1", "f2", "f3", "-f3")
	f.claimed(5)
	_, err = p.Store.KnownLeads(ctx, p.workspace, f.id, []string{"f1", "f9"})
	p.fine(err)
	f.keep("f1")
	p.each(func(t *store.Tx) error {
		return t.PostponeFetches(ctx, p.workspace, f.id, []store.Postponed{{ExternalID: "f2", At: p.clock.Now(), Error: "busy"}})
	}, func(t *store.Tx) error { return t.ReleaseFetches(ctx, p.workspace, f.id) })
	_, err = p.Store.FetchState(ctx, p.workspace, f.id)
	p.fine(err)
	_, err = p.Store.KeptBytes(ctx, p.workspace, f.id, p.clock.Now().Add(-time.Hour), true)
	p.fine(err)
	p.fine(p.Store.SetHealth(ctx, p.workspace, f.id, lead.HealthOK, p.clock.Now(), 1))
}

func (p *hotPath) decide() {
	p.saveRules(rule("all", "true", p.group))
	p.byRule(store.Distribution{}, `{"city":"Ipoh"}`, `{"city":"Perak"}`)
	for _, policy := range []store.DuplicatePolicy{store.FlagDuplicates, store.SameMember, store.RejectDuplicates} {
		p.duplicates(policy, 30)
		for range 2 {
			_, batches := p.contacts(store.Distribution{GroupID: p.group}, "+60129999999 dup@example.com")
			p.run(batches...)
		}
	}
	p.duplicates(store.AllowDuplicates, 30)
}

func (p *hotPath) owe() {
	g := p.world.group("A B C")
	p.policy("A B C", g, store.GroupPolicy{WhenAway: store.AwayOwe, OweAtMost: 3})
	for _, away := range []bool{true, false} {
		p.offDuty("A", away)
		_, batches := p.add(4, store.Distribution{GroupID: g})
		p.run(batches...)
	}
}

func (p *hotPath) splitBatch() {
	var g store.Group
	p.each(func(t *store.Tx) (err error) {
		g, err = t.CreateGroup(p.t.Context(), p.workspace, p.wide(45))
		return err
	})
	ids, _ := p.add(50, store.Distribution{})
	p.TakeHints()
	p.run(p.assign(ids, store.Distribution{GroupID: g.ID})...)
	p.run(p.batches()...)
}

func (p *hotPath) handOn() {
	ctx := p.t.Context()
	ids, _ := p.add(6, store.Distribution{})
	p.assign(ids, store.Distribution{MemberIDs: []uuid.UUID{p.members['A']}, Pace: lead.Fast})
	pending, err := p.Store.PendingLeads(ctx, p.workspace, store.PendingFilter{MemberID: p.members['A']}, store.PendingPage{Limit: 10})
	p.fine(err)
	p.each(func(t *store.Tx) error {
		_, err := t.MovePendingLeads(ctx, p.workspace, store.PendingSelection{IDs: []uuid.UUID{pending[0].ID}}, store.PendingMove{At: p.clock.Now().Add(50 * time.Hour)})
		return err
	}, func(t *store.Tx) error {
		_, err := t.HandOverActive(ctx, p.workspace, p.members['A'], store.PendingChoice{Action: store.SpreadPending, GroupID: p.group})
		return err
	})
}
