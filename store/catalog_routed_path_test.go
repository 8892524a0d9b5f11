package store_test

import (
	"context"
	"fmt"
	"time"

	"github.com/google/uuid"

	"github.com/leadwheel/leadwheel/internal/lead"
	"github.com/leadwheel/leadwheel/internal/testenv"
	"github.com/leadwheel/leadwheel/store"
)

// A hotPath is a world with what it takes to go all ways of a lead.
type hotPath struct {
	*world
	clock *testenv.Clock
	group uuid.UUID
	leads []uuid.UUID // some that members have
}

// A routedStep is a part of what a program does.
type routedStep struct {
	name string
	do   func(*hotPath)
}

// hotSteps are the ways of a lead: each of their statements is to be of one workspace.
var hotSteps = []routedStep{
	{"find who asks", (*hotPath).ask},
	{"store leads, single ones and a batch, and distribute them", func(p *hotPath) {
		for range 3 {
			p.leads, _ = p.add(1, store.Distribution{GroupID: p.group})
			p.run(p.TakeHints()...)
		}
		p.addOf("api", store.NewLead{Name: "Siti", Phone: "+60123456789", Email: "siti@example.com", ExternalID: "1"})
		p.addOf("api", store.NewLead{Name: "Siti again", Phone: "+60123456789", Email: "siti@example.com", ExternalID: "2"},
			store.NewLead{Name: "Siti", Phone: "+60123456789", ExternalID: "1"})
		p.run(p.TakeHints()...)
		p.leads, _ = p.add(40, store.Distribution{GroupID: p.group})
		p.run(p.TakeHints()...)
	}},
	{"store what comes through the queue", (*hotPath).push},
	{"store rows of a file", (*hotPath).rows},
	{"store what an integration delivers", (*hotPath).deliver},
	{"assign in bulk", (*hotPath).assignMany},
	{"give a lead on", (*hotPath).distributeOddly},
	{"balance within lanes", func(p *hotPath) {
		g := p.balancedAtOnce("A B C", lead.BalanceSource)
		for range 2 {
			p.leads, _ = p.add(6, store.Distribution{GroupID: g})
			p.run(p.TakeHints()...)
		}
	}},
	{"plan, arm and give what is due", (*hotPath).plan},
	{"tell members", (*hotPath).tellMembers},
	{"tell webhooks", (*hotPath).tellWebhooks},
	{"answer", (*hotPath).answerCopies},
	{"offer and accept", (*hotPath).offerLeads},
	{"take what waits", (*hotPath).wait},
	{"edit", (*hotPath).change},
	{"list", (*hotPath).list},
	{"drive again what failed", (*hotPath).again},
	{"fetch what a platform tells of", (*hotPath).fetch},
	{"go by rules, and to whom had a lead", (*hotPath).decide},
	{"keep turns for who is away", (*hotPath).owe},
	{"split a batch", (*hotPath).splitBatch},
	{"hand over and move what is planned", (*hotPath).handOn},
}

func (p *hotPath) addOf(channel string, leads ...store.NewLead) (added []store.AddedLead) {
	p.t.Helper()
	ctx := p.t.Context()
	for i := range leads {
		leads[i].Channel, leads[i].Origin, leads[i].Distribute.GroupID = channel, channel, p.group
	}
	p.fine(p.Store.WithTx(ctx, func(t *store.Tx) (err error) {
		p.fine(t.CheckDistribution(ctx, p.workspace, leads[0].Distribute))
		added, err = t.AddLeads(ctx, p.workspace, lead.QueueFresh, leads)
		return err
	}))
	return added
}

// each runs statements of a workspace in a transaction.
func (p *hotPath) each(do ...func(*store.Tx) error) {
	p.t.Helper()
	for i, one := range do {
		if err := p.Store.WithTx(p.t.Context(), one); err != nil {
			p.t.Fatalf("step %d: %v", i, err)
		}
	}
}

func (p *hotPath) ask() {
	ctx := p.t.Context()
	key, token, err := p.Store.CreateAPIKey(ctx, p.workspace, store.APIKey{Role: lead.RoleAdmin})
	p.fine(err)
	session, cookie, err := p.Store.BeginSession(ctx, store.Session{Workspace: p.workspace, APIKeyID: &key.ID})
	p.fine(err)
	for range 2 {
		if !p.opens(token) || !p.opens(cookie) {
			p.t.Fatal("a key opens nothing")
		}
		_, err = p.Store.Workspace(ctx, p.workspace)
		p.fine(err)
	}
	p.fine(p.Store.TouchAPIKey(ctx, p.workspace, key.ID, "192.0.2.1", p.clock.Now(), time.Minute))
	p.fine(p.Store.TouchSession(ctx, p.workspace, session.ID, p.clock.Now().Add(time.Hour), time.Minute))
	for range 2 {
		_, _, err = p.answer(p.workspace, "order 7", "request", func(context.Context, *store.Tx) (string, error) { return `{"id":1}`, nil })
		p.fine(err)
	}
}

func (p *hotPath) push() {
	ctx := p.t.Context()
	source := p.source("fair", nil)
	_, err := p.Store.OfferedForLeads(ctx, p.workspace, []uuid.UUID{source})
	p.fine(err)
	added := p.addOf("queue", store.NewLead{Name: "Ada", ExternalID: "1", SourceID: source}, store.NewLead{Name: "Bea", ExternalID: "2", SourceID: source})
	p.run(p.TakeHints()...)
	_, err = p.Store.PushedLead(ctx, p.workspace, added[0].ID)
	p.fine(err)
}

func (p *hotPath) rows() {
	ctx := p.t.Context()
	var imp store.Import
	queue := func(t *store.Tx) (err error) {
		imp, err = t.QueueImport(ctx, p.workspace, store.NewImport{APIKeyID: newID()}, store.ImportQueue{AtOnce: 1, Waiting: 2})
		return err
	}
	p.each(queue, queue, func(t *store.Tx) error { // the second waits for the first
		_, err := t.BeginImport(ctx, p.workspace, imp.ID, 2)
		return err
	}, func(t *store.Tx) error {
		if _, err := t.ImportProgress(ctx, p.workspace, imp.ID); err != nil {
			return err
		}
		leads := make([]store.NewLead, 5)
		for i := range leads {
			leads[i] = store.NewLead{
				Name: "Row", Channel: "import", Origin: "import", ExternalID: fmt.Sprint(i), ImportID: imp.ID, Distribute: store.Distribution{GroupID: p.group},
			}
		}
		if _, err := t.AddLeads(ctx, p.workspace, lead.QueueBulk, leads); err != nil {
			return err
		}
		return t.AdvanceImport(ctx, p.workspace, imp.ID, store.ImportCounts{Rows: 6, Imported: 5, Rejected: 1}, []store.ImportReject{{Line: 3, Reason: "No.", Record: "x"}})
	})
	_, _, err := p.Store.WatchImport(ctx, p.workspace, imp.ID)
	p.fine(err)
	_, err = p.Store.LeadSources(ctx, p.workspace)
	p.fine(err)
	_, err = p.Store.ImportRejects(ctx, p.workspace, imp.ID, 0, 10)
	p.fine(err)
	_, err = p.Store.FinishImport(ctx, p.workspace, imp.ID, nil, "")
	p.fine(err)
	p.run(p.batches()...)
}

// batches are all that can go out now.
func (p *hotPath) batches() (hints []lead.Hint) {
	p.TakeHints()
	var ids []uuid.UUID
	p.fine(p.DB.Select(&ids, ours+`SELECT batch_id FROM batches WHERE feed_at <= $1 OR queue <> 'due' ORDER BY batch_id`, p.clock.Now()))
	for _, id := range ids {
		hints = append(hints, lead.Hint{ID: id})
	}
	return hints
}

func (p *hotPath) deliver() {
	ctx := p.t.Context()
	shop := p.integration("shop")
	i, err := p.Store.Integration(ctx, p.workspace, shop)
	p.fine(err)
	hook, err := p.Store.Hook(ctx, lead.KindGeneric, i.Token)
	p.fine(err)
	_, err = p.Store.HookOf(ctx, hook.Workspace, shop)
	p.fine(err)
	p.arrive(p.arrival(shop, "k", "body", "Ada", "Bea"), p.arrival(shop, "k", "body", "Ada again"))
	p.arrive(p.arrival(shop, "", "body", "Cyd"))
	_, err = p.Store.Events(ctx, p.workspace, shop, "", store.Page{Limit: 10})
	p.fine(err)
}

func (p *hotPath) assignMany() {
	ctx := p.t.Context()
	ids, _ := p.add(30, store.Distribution{})
	p.each(func(t *store.Tx) error {
		all, err := t.SelectLeads(ctx, p.workspace, store.LeadSelection{Filter: &store.LeadFilter{IDs: ids}, Matched: len(ids)})
		if err != nil {
			return err
		}
		left, _, err := t.Unassigned(ctx, p.workspace, all)
		if err != nil {
			return err
		}
		_, err = t.Assign(ctx, p.workspace, left, store.Distribution{GroupID: p.group})
		return err
	}, func(t *store.Tx) error {
		_, err := t.Assign(ctx, p.workspace, ids[:3], store.Distribution{MemberIDs: []uuid.UUID{p.members['A'], p.members['B']}})
		return err
	})
	p.run(p.batches()...)
}

// distributeOddly has leads that go to several, that a member has, that are deleted, and that nobody may have.
func (p *hotPath) distributeOddly() {
	ctx := p.t.Context()
	ids, _ := p.add(4, store.Distribution{GroupID: p.world.group("AB CD")})
	p.run(p.TakeHints()...)
	p.run(p.assign(ids, store.Distribution{GroupID: p.group})...)
	p.run(p.assign(ids, store.Distribution{GroupID: p.group})...)
	ids, batches := p.add(2, store.Distribution{GroupID: p.group})
	p.each(func(t *store.Tx) error { return t.DeleteLead(ctx, p.workspace, ids[0]) })
	p.run(batches...)
	p.setActive('F', false)
	_, batches = p.add(2, store.Distribution{MemberIDs: []uuid.UUID{p.members['F']}})
	p.run(batches...)
	p.setActive('F', true)
	_, batches = p.add(1, store.Distribution{GroupID: p.group})
	for range 2 {
		_, err := p.Store.BeginAgain(ctx, p.workspace, batches[0].ID)
		p.fine(err)
		p.fine(p.Store.CameBack(ctx, p.workspace, batches[0].ID))
	}
	p.fine(p.Store.NoteFailure(ctx, p.workspace, batches[0].ID, "it broke"))
	_, err := p.Store.DistributeUnqueued(ctx, p.workspace, batches[0].ID)
	p.fine(err)
	_, batches = p.add(2, store.Distribution{GroupID: p.group})
	_, err = p.Store.Isolate(ctx, p.workspace, batches[0].ID)
	p.fine(err)
	p.run(p.batches()...)
}

func (p *hotPath) plan() {
	ctx := p.t.Context()
	ids, _ := p.add(12, store.Distribution{})
	for _, d := range []store.Distribution{
		{GroupID: p.group, Pace: lead.Fast}, {MemberIDs: []uuid.UUID{p.members['A'], p.members['B']}, Pace: lead.Slow},
		{GroupID: p.group, At: p.clock.Now().Add(time.Hour)},
	} {
		p.each(func(t *store.Tx) error {
			_, _, err := t.Preview(ctx, p.workspace, ids[:4], d)
			return err
		})
		p.assign(ids[:4], d)
		ids = ids[4:]
	}
	p.setActive('A', false)
	_, err := p.Store.ReplanMember(ctx, store.MemberRef{Workspace: p.workspace, Member: p.members['A']})
	p.fine(err)
	p.setActive('A', true)
	pending := p.pending()
	p.each(func(t *store.Tx) error {
		_, err := t.MovePending(ctx, p.workspace, pending[0].ID, func(l *store.PendingLead) error { l.DueAt = l.DueAt.Add(time.Hour); return nil })
		return err
	}, func(t *store.Tx) error {
		_, err := t.DistributeNow(ctx, p.workspace, store.PendingSelection{IDs: []uuid.UUID{pending[0].ID}})
		return err
	}, func(t *store.Tx) error {
		_, err := t.DeletePending(ctx, p.workspace, store.PendingSelection{IDs: []uuid.UUID{pending[1].ID}})
		return err
	})
	for range 3 {
		_, err := p.Store.Arm(ctx, p.workspace, p.clock.Now().Add(24*time.Hour), 100)
		p.fine(err)
		p.clock.Advance(14 * time.Hour)
		p.run(p.batches()...)
	}
	_, err = p.Store.Replan(ctx, p.workspace, 100)
	p.fine(err)
	p.run(p.batches()...)
}
