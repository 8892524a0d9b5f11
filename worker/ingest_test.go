package worker

import (
	"crypto/rand"
	"encoding/hex"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"
	"github.com/hibiken/asynq"

	"github.com/leadwheel/leadwheel/internal/route"
	"github.com/leadwheel/leadwheel/store"
	"github.com/leadwheel/leadwheel/tasks"
)

// TestPushedLeadsAreStoredAndGiven pushes leads for the group and for each member, twice: they are stored once, with what
// Postgres cannot hold taken out of them, and their batches handed on.
func TestPushedLeadsAreStoredAndGiven(t *testing.T) {
	t.Parallel()
	s := newShift(t)
	s.start()
	shop := tasks.Push{WorkspaceID: s.workspace, Channel: "shop", GroupID: s.group, Leads: []tasks.Lead{
		{ExternalID: "1", Name: "Siti\x00 Rahman", Phone: "+60 12-345 6789", Fields: map[string]any{"budget": "1e9\x00"}},
		{ExternalID: "2", Email: "farid@example.com"},
	}}
	crm := tasks.Push{WorkspaceID: s.workspace, Channel: "crm", MemberIDs: s.members, Leads: []tasks.Lead{{ExternalID: "1", Name: "Aina"}}}
	for range 2 {
		s.must(s.queue.PushLeads(t.Context(), shop))
		s.must(s.queue.PushLeads(t.Context(), crm))
	}
	s.none(tasks.QueueIngest)
	s.hint(s.TakeHints()...)
	s.untilCount(4, copiesQuery)
	var stored []string
	s.must(s.DB.Select(&stored, `SELECT origin || ' ' || external_id || ' ' || concat_ws(',', name, email) || ' ' || fields FROM leads ORDER BY 1`))
	if diff := cmp.Diff([]string{
		"queue:crm 1 Aina {}", "queue:shop 1 Siti Rahman {\"budget\": \"1e9\"}", "queue:shop 2 farid@example.com {}",
	}, stored); diff != "" {
		t.Errorf("stored (-want +got):\n%s", diff)
	}
}

// TestPushesThatGoByTheRules are decided when they are stored, once however often they are pushed; no push has a group and the rules.
func TestPushesThatGoByTheRules(t *testing.T) {
	t.Parallel()
	s := newShift(t)
	s.start()
	none := 0
	s.must(s.Store.WithTx(t.Context(), func(tx *store.Tx) error {
		_, _, err := tx.SaveRules(t.Context(), s.workspace, &none, []route.Rule{{Name: "klang", When: `fields["city"] == "Klang"`, GroupID: s.group, Enabled: true}})
		return err
	}))
	push := tasks.Push{WorkspaceID: s.workspace, Route: true, Leads: []tasks.Lead{
		{ExternalID: "1", Name: "Siti", Fields: map[string]any{"city": "Klang"}}, {ExternalID: "2", Name: "Farid"},
	}}
	for range 2 {
		s.must(s.queue.PushLeads(t.Context(), push))
	}
	s.none(tasks.QueueIngest)
	s.hint(s.TakeHints()...)
	s.untilCount(1, copiesQuery)
	s.untilCount(1, `SELECT count(*) FROM history WHERE reason = 'no_rule'`)
	push.GroupID = s.group
	if err := s.queue.PushLeads(t.Context(), push); err == nil {
		t.Error("a push went to a group and by the rules")
	}
}

// TestPushesThatNameWhatIsNotThere are dead at once: they would fail for ever.
func TestPushesThatNameWhatIsNotThere(t *testing.T) {
	t.Parallel()
	for name, change := range map[string]func(*tasks.Push){
		"workspace": func(p *tasks.Push) { p.WorkspaceID = uuid.Must(uuid.NewV7()) },
		"group":     func(p *tasks.Push) { p.GroupID = uuid.Must(uuid.NewV7()) },
		"member":    func(p *tasks.Push) { p.GroupID, p.MemberIDs = uuid.Nil, []uuid.UUID{uuid.Must(uuid.NewV7())} },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newShift(t)
			s.start()
			p := tasks.Push{WorkspaceID: s.workspace, GroupID: s.group, Leads: []tasks.Lead{{Name: "Siti Rahman"}}}
			change(&p)
			s.must(s.queue.PushLeads(t.Context(), p))
			if task := s.only(tasks.QueueIngest, asynq.TaskStateArchived); task.Retried != 0 || strings.Contains(task.LastErr, "Siti") {
				t.Errorf("after %d tries it is dead with %q", task.Retried, task.LastErr)
			}
			if n := s.Count(t, `SELECT count(*) FROM leads`); n != 0 {
				t.Errorf("%d leads are stored", n)
			}
		})
	}
}

// TestPushesFromASourceThatIsNotOffered are stored without it, and the log says so: nobody is there to choose another.
func TestPushesFromASourceThatIsNotOffered(t *testing.T) {
	t.Parallel()
	s := newShift(t)
	s.start()
	source := func(name string, enabled bool) uuid.UUID {
		made, err := s.Store.CreateSource(t.Context(), s.workspace, store.Source{Name: name, Enabled: enabled, ForLeads: true})
		s.must(err)
		return made.ID
	}
	offered, hidden := source("Fair", true), source("Old fair", false)
	for id, from := range map[string]uuid.UUID{"a": offered, "b": hidden, "c": uuid.Must(uuid.NewV7())} {
		s.must(s.queue.PushLeads(t.Context(), tasks.Push{WorkspaceID: s.workspace, SourceID: from, Leads: []tasks.Lead{{ExternalID: id, Name: "Siti"}}}))
	}
	s.none(tasks.QueueIngest)
	var stored []string
	s.must(s.DB.Select(&stored, `SELECT external_id || coalesce(' ' || source_id::text, '') FROM leads ORDER BY 1`))
	if diff := cmp.Diff([]string{"a " + offered.String(), "b", "c"}, stored); diff != "" {
		t.Errorf("stored (-want +got):\n%s", diff)
	}
	s.must(s.saidSo(hidden.String()))
}

// TestOneBadLeadAmongGoodOnes pushes a lead that the database refuses: the others are stored, and the task is dead with
// the one, so that whoever mends it pushes it again and no other comes twice.
func TestOneBadLeadAmongGoodOnes(t *testing.T) {
	t.Parallel()
	s := newShift(t)
	s.start()
	long := make([]byte, 5000) // its index holds ids of some 2,700 bytes
	rand.Read(long)
	s.must(s.queue.PushLeads(t.Context(), tasks.Push{WorkspaceID: s.workspace, GroupID: s.group, Leads: []tasks.Lead{
		{ExternalID: "1", Name: "Siti"}, {ExternalID: hex.EncodeToString(long), Name: "Farid"}, {ExternalID: "3", Name: "Aina"},
	}}))
	task := s.only(tasks.QueueIngest, asynq.TaskStateArchived)
	if strings.Contains(task.LastErr, "Farid") || len(task.LastErr) > 1000 {
		t.Errorf("the task's error is %s", task.LastErr)
	}
	var stored string
	s.must(s.DB.Get(&stored, `SELECT string_agg(external_id, ' ' ORDER BY external_id) FROM leads`))
	if stored != "1 3" {
		t.Errorf("stored are %q, want all but one", stored)
	}
	s.hint(s.TakeHints()...)
	s.untilCount(2, copiesQuery)
}

// TestAPushThatTheWorkerDidNotFinish stops a worker while the database keeps it waiting: the task goes back to the queue,
// and the next worker stores its leads, once.
func TestAPushThatTheWorkerDidNotFinish(t *testing.T) {
	t.Parallel()
	s := newShift(t)
	s.start()
	lock, err := s.DB.BeginTxx(t.Context(), nil)
	s.must(err)
	defer func() { _ = lock.Rollback() }() // does nothing once it is over
	lock.MustExec(`LOCK TABLE leads IN EXCLUSIVE MODE`)
	s.must(s.queue.PushLeads(t.Context(), tasks.Push{WorkspaceID: s.workspace, GroupID: s.group, Leads: []tasks.Lead{{Name: "Siti"}, {Name: "Aina"}}}))
	s.only(tasks.QueueIngest, asynq.TaskStateActive)
	began := time.Now()
	s.stop()
	if took := time.Since(began); took > shutdownTimeout+3*time.Second {
		t.Errorf("stopping took %s", took)
	}
	s.only(tasks.QueueIngest, asynq.TaskStatePending)
	s.must(lock.Rollback())
	s.start()
	s.none(tasks.QueueIngest)
	s.untilCount(2, `SELECT count(*) FROM leads`)
}
