package store_test

import (
	"context"
	"encoding/json"
	"errors"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/leadwheel/leadwheel/internal/lead"
	"github.com/leadwheel/leadwheel/internal/route"
	"github.com/leadwheel/leadwheel/store"
)

// saveRules saves rules over those that are there.
func (w *world) saveRules(rules ...route.Rule) (saved store.Rules) {
	w.t.Helper()
	now, err := w.Store.Rules(w.t.Context(), w.workspace)
	if err != nil {
		w.t.Fatal(err)
	}
	w.must(func(ctx context.Context, t *store.Tx) (err error) {
		saved, _, err = t.SaveRules(ctx, w.workspace, &now.Version, rules)
		return err
	})
	return saved
}

// byRule stores leads with fields, which go by the rules, and runs what they leave.
func (w *world) byRule(d store.Distribution, fields ...string) (ids []uuid.UUID) {
	w.t.Helper()
	d.Route = true
	leads := make([]store.NewLead, len(fields))
	for i, f := range fields {
		leads[i] = store.NewLead{Name: "Siti", Channel: "api", Origin: "api", Fields: json.RawMessage(f), Distribute: d}
	}
	var batches []lead.Hint
	w.must(func(ctx context.Context, t *store.Tx) error {
		added, err := t.AddLeads(ctx, w.workspace, lead.QueueFresh, leads)
		ids, batches = nil, t.Batches()
		for _, a := range added {
			ids = append(ids, a.ID)
		}
		return err
	})
	w.run(batches...)
	return ids
}

func (w *world) lead(id uuid.UUID) store.Lead {
	w.t.Helper()
	l, err := w.Store.SourceLead(w.t.Context(), w.workspace, id)
	if err != nil {
		w.t.Fatal(err)
	}
	return l
}

// rule is one that is enabled.
func rule(name, when string, group uuid.UUID) route.Rule {
	return route.Rule{Name: name, When: when, GroupID: group, Enabled: true}
}

// TestLeadsGoByRules: each to the group of the first rule that holds, some to nobody, and those that no rule takes fail, are told so,
// and are asked about anew when they are driven again.
func TestLeadsGoByRules(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	klang, penang := w.group("A B"), w.group("C")
	w.saveRules(rule("klang", `fields["to"] == "klang"`, klang), rule("dear", `fields["budget"] > 9`, penang), rule("bin", `fields["to"] == "bin"`, uuid.Nil))
	ids := w.byRule(store.Distribution{}, `{"to":"klang"}`, `{"to":"bin"}`, `{"budget":"12"}`, `{"to":"klang"}`, `{"to":"x","budget":"1"}`, `{"to":"x"}`)
	equal(t, "who got them", w.who(ids), "A  C B no_rule no_rule")
	broken := 0
	for _, left := range w.TakeCommitted() {
		broken += left.RulesBroken
	}
	equal(t, "for how many a rule broke", broken, 2)
	var kept []string
	for _, id := range ids {
		l := w.lead(id)
		text := l.Rule
		for _, b := range l.RulesBroken {
			text += " !" + b.Rule
		}
		equal(t, "version", l.RulesVersion, 1)
		kept = append(kept, text)
	}
	equal(t, "what they keep", strings.Join(kept, ", "), "klang, bin !dear, dear, klang, ,  !dear")
	entries, err := w.Store.History(t.Context(), w.workspace, store.HistoryFilter{LeadID: ids[2]}, store.Page{Limit: 5})
	if err != nil || len(entries) != 1 || entries[0].Rule != "dear" || entries[0].RulesVersion != 1 {
		t.Errorf("history: %+v, %v", entries, err)
	}
	w.exact()

	// With a rule for everything else, what failed goes out when it is driven again.
	w.saveRules(rule("bin", `fields["to"] == "bin"`, uuid.Nil), rule("rest", "", penang))
	failed, err := w.Store.History(t.Context(), w.workspace, store.HistoryFilter{Reason: lead.NoRule}, store.Page{Limit: 5})
	if err != nil || len(failed) != 2 {
		t.Fatalf("%d failed, %v", len(failed), err)
	}
	w.retry(failed[0].ID)
	var batches []lead.Hint
	w.must(func(ctx context.Context, t *store.Tx) error {
		_, err := t.RetryMany(ctx, w.workspace, store.HistorySelection{IDs: []uuid.UUID{failed[1].ID}})
		batches = t.Batches()
		return err
	})
	w.run(batches...)
	equal(t, "who got them", w.who(ids[4:]), "no_ruleC no_ruleC")
	if l := w.lead(ids[5]); l.Rule != "rest" || l.RulesVersion != 2 || len(l.RulesBroken) > 0 {
		t.Errorf("it keeps %d %q %v", l.RulesVersion, l.Rule, l.RulesBroken)
	}
	w.exact()
}

// TestRulesWhoseGroupIsGone are passed over: the next one takes the lead, which tells so. One whose group went after it was chosen
// fails, and goes by the rules again when it is driven again.
func TestRulesWhoseGroupIsGone(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	old, rest := w.group("A"), w.group("B")
	w.saveRules(rule("old", `true`, old), rule("rest", "", rest))
	var batches []lead.Hint
	late := store.NewLead{Name: "Farid", Channel: "api", Origin: "api", Distribute: store.Distribution{Route: true}}
	var id uuid.UUID
	w.must(func(ctx context.Context, t *store.Tx) error {
		added, err := t.AddLeads(ctx, w.workspace, lead.QueueFresh, []store.NewLead{late})
		id, batches = added[0].ID, t.Batches()
		return err
	})
	w.must(func(ctx context.Context, t *store.Tx) error {
		return t.DeleteGroup(ctx, w.workspace, old)
	})
	w.run(batches...)
	equal(t, "the late one", w.who([]uuid.UUID{id}), "group_deleted")
	next := w.byRule(store.Distribution{}, `{}`)
	equal(t, "the next one", w.who(next), "B")
	if l := w.lead(next[0]); len(l.RulesBroken) != 1 || l.RulesBroken[0].Rule != "old" || !strings.Contains(l.RulesBroken[0].Why, "deleted") {
		t.Errorf("it keeps %v", l.RulesBroken)
	}
	failed, err := w.Store.History(t.Context(), w.workspace, store.HistoryFilter{LeadID: id}, store.Page{Limit: 5})
	if err != nil || len(failed) != 1 {
		t.Fatal(failed, err)
	}
	w.retry(failed[0].ID)
	equal(t, "the late one", w.who([]uuid.UUID{id}), "group_deletedB")
	w.exact()
}

// TestRulesAreSavedByVersion: over the one that was read and no other, all or none, and no version for what is as it was.
func TestRulesAreSavedByVersion(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	group := w.group("A")
	save := func(version int, rules ...route.Rule) (store.Rules, bool, error) {
		var saved store.Rules
		var changed bool
		err := w.tx(func(ctx context.Context, t *store.Tx) (err error) {
			saved, changed, err = t.SaveRules(ctx, w.workspace, &version, rules)
			return err
		})
		return saved, changed, err
	}
	one := rule("one", `source == "Fair"`, group)
	if saved, changed, err := save(0, one); err != nil || !changed || saved.Version != 1 {
		t.Fatalf("%+v, %t, %v", saved, changed, err)
	}
	if saved, changed, err := save(1, one); err != nil || changed || saved.Version != 1 {
		t.Errorf("the same again: %+v, %t, %v", saved, changed, err)
	}
	var stale *store.VersionError
	if _, _, err := save(0, one, rule("two", "", group)); !errors.As(err, &stale) || stale.Version != 1 {
		t.Errorf("over another version: %v", err)
	}
	foreign := uuid.Must(uuid.NewV7())
	var wrong *store.RulesError
	if _, _, err := save(1, rule("a", "nonsense", group), rule("b", `test`, foreign), rule("a", `test`, group)); !errors.As(err, &wrong) || len(wrong.Faults) != 3 {
		t.Errorf("wrong rules: %v", err)
	}
	if err := w.tx(func(ctx context.Context, t *store.Tx) error {
		_, _, err := t.SaveRules(ctx, w.workspace, nil, nil)
		return err
	}); err == nil {
		t.Error("rules were saved over whatever is there")
	}
	if now, err := w.Store.Rules(t.Context(), w.workspace); err != nil || len(now.Rules) != 1 || now.Rules[0] != one {
		t.Errorf("now: %+v, %v", now, err)
	}
}

// TestRulesSeeSourcesByName, and the clock of the workspace.
func TestRulesSeeSourcesByName(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	fair, night := w.group("A"), w.group("B")
	w.saveRules(rule("fair", `source == "Fair"`, fair), rule("late", `received.hour in 0..23 and received.weekday != "" and channel == "api"`, night))
	source, err := w.Store.CreateSource(t.Context(), w.workspace, store.Source{Name: "Fair", Enabled: true, ForLeads: true})
	if err != nil {
		t.Fatal(err)
	}
	leads := []store.NewLead{
		{Name: "a", SourceID: source.ID, Channel: "api", Origin: "api", Distribute: store.Distribution{Route: true}},
		{Name: "b", Channel: "api", Origin: "api", Distribute: store.Distribution{Route: true, Pace: lead.Slow}},
		{Name: "c", SourceID: source.ID, Channel: "api", Origin: "api", Test: true, Distribute: store.Distribution{Route: true}},
	}
	var ids []uuid.UUID
	w.must(func(ctx context.Context, t *store.Tx) error {
		added, err := t.AddLeads(ctx, w.workspace, lead.QueueFresh, leads)
		ids = nil
		for _, a := range added {
			ids = append(ids, a.ID)
		}
		return err
	})
	w.run(w.TakeHints()...)
	equal(t, "who got them", w.who(ids), "A  ")
	equal(t, "planned", w.Count(t, `SELECT count(*) FROM pending_leads WHERE pace = 'slow' AND group_id = $1`, night), 1)
	equal(t, "the test tells where it would have gone", w.lead(ids[2]).Rule, "fair")
	w.exact()
}

// TestRulesAreTriedWithoutEffect asks saved rules and a draft.
func TestRulesAreTriedWithoutEffect(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	group := w.group("A")
	w.saveRules(rule("rest", "", group))
	ids, batches := w.add(2, store.Distribution{})
	w.run(batches...)
	night := time.Date(2026, 11, 28, 13, 0, 0, 0, time.UTC) // nine in the evening where they are
	made := &store.TrialLead{Source: "Fair", Phone: "012-345 6789", ReceivedAt: &night}
	version, said, err := w.Store.TryRules(t.Context(), w.workspace, store.RulesTrial{LeadIDs: []uuid.UUID{ids[1], ids[0]}, Lead: made})
	if err != nil || version != 1 || len(said) != 3 || said[0].LeadID != ids[1] || said[2].Rule != "rest" {
		t.Errorf("%d %+v %v", version, said, err)
	}
	draft := []route.Rule{rule("night", `received.hour == 21 and phone_country == "MY" and source == "Fair"`, group)}
	version, said, err = w.Store.TryRules(t.Context(), w.workspace, store.RulesTrial{Rules: &draft, Lead: made})
	if err != nil || version != 0 || len(said) != 1 || said[0].Rule != "night" {
		t.Errorf("%d %+v %v", version, said, err)
	}
	if l := w.lead(ids[0]); l.RulesVersion != 0 {
		t.Errorf("the lead was changed: %+v", l)
	}
}

// TestOneOfManyWhoSaveRulesAtOnceDoes: the others are told the version that they have now. Leads that come in meanwhile each go by some
// version whole.
func TestOneOfManyWhoSaveRulesAtOnceDoes(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	group := w.group("A B")
	w.saveRules(rule("v1", "", group))
	read := 1
	var saved, refused atomic.Int32
	var all sync.WaitGroup
	for range 6 {
		all.Go(func() {
			var stale *store.VersionError
			switch err := w.tx(func(ctx context.Context, t *store.Tx) error {
				_, _, err := t.SaveRules(ctx, w.workspace, &read, []route.Rule{rule("v2", "", group)})
				return err
			}); {
			case err == nil:
				saved.Add(1)
			case errors.As(err, &stale) && stale.Version == 2:
				refused.Add(1)
			default:
				t.Errorf("saving: %v", err)
			}
		})
		all.Go(func() { w.byRule(store.Distribution{}, `{}`, `{}`) })
	}
	all.Wait()
	equal(t, "saved", saved.Load(), 1)
	equal(t, "refused", refused.Load(), 5)
	equal(t, "leads by a version of another", w.Count(t, `SELECT count(*) FROM leads WHERE rule <> 'v' || rules_version`), 0)
	equal(t, "given", w.Count(t, `SELECT count(*) FROM assigned_leads`), 12)
	w.exact()
}
