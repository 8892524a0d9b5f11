package app_test

import (
	"fmt"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/leadwheel/leadwheel/internal/lead"
	"github.com/leadwheel/leadwheel/internal/testenv"
	"github.com/leadwheel/leadwheel/store"
)

// TestManyGroupsWait has leads wait in many groups, whose members are off duty, and the member of one come back: what waits there is
// given, the oldest first, and nothing else. With LEADWHEEL_SOAK it has a million in 10,000 groups, and says what waiting costs.
func TestManyGroupsWait(t *testing.T) {
	t.Parallel()
	groups, each, opened, within := 20, 5, 120, time.Minute
	soak := os.Getenv("LEADWHEEL_SOAK") != ""
	if soak {
		groups, each, opened, within = 10_000, 100, 1000, 30*time.Minute
	}
	s := &receiversScene{scene: newScene(t, testenv.New(t), 2)}
	s.duty(false)
	opens := s.ringOf(lead.RoundRobin, nil, s.members[1:])
	waiting := s.waitIn(opens, s.storeLeads(opened))
	for range groups {
		waiting += s.waitIn(s.ringOf(lead.RoundRobin, nil, s.members[:1]), s.storeLeads(each))
	}
	s.worker, s.scheduler = s.startProcess("worker"), s.startProcess("scheduler")
	s.untilWithin(within, "all wait", waiting, `SELECT count(*) FROM pending WHERE waiting_since IS NOT NULL AND batch_id IS NULL`)
	if soak {
		s.DB.MustExec(`VACUUM ANALYZE`)
		idle := 30 * time.Second
		before, commits := cpuTime(t, s.scheduler.Process.Pid), s.commits()
		<-time.After(idle) // nothing is to happen
		took := cpuTime(t, s.scheduler.Process.Pid) - before
		t.Logf("%d leads wait in %d groups: the scheduler takes %.2f %% of a core, and %.1f transactions/s", waiting, groups+1,
			100*took.Seconds()/idle.Seconds(), float64(s.commits()-commits)/idle.Seconds())
	}

	began := time.Now()
	s.must(s.onDuty(s.members[1]))
	s.until("the first is given", 1, `SELECT least(count(*), 1) FROM assigned_leads`)
	first := time.Since(began)
	s.untilWithin(within, "all that waited for them are", opened, `SELECT count(*) FROM assigned_leads`)
	t.Logf("of %d leads that waited the first was given after %v, the last after %v", opened, first, time.Since(began))
	s.until("the others wait on", waiting-opened, `SELECT count(*) FROM pending WHERE waiting_since IS NOT NULL AND batch_id IS NULL`)
	s.until("turns go by age", 0, `
		SELECT count(*) FROM (SELECT turn, row_number() OVER (ORDER BY lead_id) - 1 AS age FROM turns WHERE lead_id IS NOT NULL) t WHERE turn <> age`)
	s.audit()
}

// waitIn assigns leads to a group, and returns how many they are.
func (s *receiversScene) waitIn(group uuid.UUID, ids []uuid.UUID) int {
	s.t.Helper()
	s.must(s.Store.WithTx(s.t.Context(), func(tx *store.Tx) error {
		_, err := tx.Assign(s.t.Context(), s.workspace, ids, store.Distribution{GroupID: group})
		return err
	}))
	return len(ids)
}

// onDuty has one member come back.
func (s *receiversScene) onDuty(member uuid.UUID) error {
	return s.Store.WithTx(s.t.Context(), func(tx *store.Tx) error {
		_, err := tx.EditMember(s.t.Context(), s.workspace, member, func(m *store.Member) error {
			m.OffDuty = false
			return nil
		})
		return err
	})
}

// commits are the transactions that the database has seen.
func (s *receiversScene) commits() (n int64) {
	s.t.Helper()
	s.must(s.DB.Get(&n, `SELECT xact_commit FROM pg_stat_database WHERE datname = current_database()`))
	return n
}

// cpuTime is how long a process has worked, as Linux tells.
func cpuTime(t *testing.T, pid int) time.Duration {
	t.Helper()
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		t.Fatal(err)
	}
	_, after, _ := strings.Cut(string(stat), ") ")
	fields := strings.Fields(after)
	var ticks int
	for _, f := range fields[11:13] { // utime and stime, in hundredths of a second
		n, err := strconv.Atoi(f)
		if err != nil {
			t.Fatal(err)
		}
		ticks += n
	}
	return time.Duration(ticks) * 10 * time.Millisecond
}
