package app_test

import (
	"fmt"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/leadwheel/leadwheel/internal/lead"
	"github.com/leadwheel/leadwheel/internal/testenv"
	"github.com/leadwheel/leadwheel/store"
)

// TestManyDeadlines has members let the deadlines of some of very many leads pass: each goes on to somebody else, and no other. With
// LEADWHEEL_SOAK there are 100,000, a hundred of which are due a second, and it says how late they were.
func TestManyDeadlines(t *testing.T) {
	t.Parallel()
	leads, due, during := 300, 60, 2*time.Second
	soak := os.Getenv("LEADWHEEL_SOAK") != ""
	if soak {
		leads, due, during = 100_000, 6000, time.Minute
	}
	s := &receiversScene{scene: newScene(t, testenv.New(t), 20)}
	within := &lead.AnswerWithin{Minutes: 24 * 60, AtMost: 3}
	group := s.ringOf(lead.RoundRobin, within, s.members[:1], s.members[1:2], s.members[2:3], s.members[3:4], s.members[4:5])
	s.worker, s.scheduler = s.startProcess("worker"), s.startProcess("scheduler")
	ids := s.storeLeads(leads)
	s.must(s.Store.WithTx(t.Context(), func(tx *store.Tx) error {
		_, err := tx.Assign(t.Context(), s.workspace, ids, store.Distribution{GroupID: group})
		return err
	}))
	const copies = `SELECT count(*) FROM assigned_leads WHERE answer_by IS NOT NULL`
	s.untilWithin(10*time.Minute, "all are given", leads, copies)
	s.DB.MustExec(`VACUUM ANALYZE`)
	memory := residentMemory(t, s.scheduler.Process.Pid)
	s.DB.MustExec(`
		UPDATE assigned_leads a SET answer_by = d.at, alarm_at = d.at FROM (
			SELECT assigned_lead_id, now() + interval '1 second' + n * make_interval(secs => $1::float8 / $2) AS at
			FROM (SELECT assigned_lead_id, row_number() OVER (ORDER BY md5(assigned_lead_id::text)) - 1 AS n FROM assigned_leads) o WHERE n < $2) d
		WHERE a.assigned_lead_id = d.assigned_lead_id`, during.Seconds(), due)
	s.untilWithin(10*time.Minute, "those that nobody answered went on", due, `SELECT count(*) FROM assigned_leads WHERE withdrawn_at IS NOT NULL`)
	s.until("to somebody else each", leads+due, copies)
	var late []float64
	s.must(s.DB.Select(&late, `SELECT extract(epoch FROM withdrawn_at - answer_by) FROM assigned_leads WHERE withdrawn_at IS NOT NULL ORDER BY 1`))
	if late[0] < 0 {
		t.Errorf("a lead was taken back %v s before its deadline", -late[0])
	}
	t.Logf("of %d deadlines of %d leads half were %.2f s late at the most, 99 %% %.2f s; the scheduler's memory went from %d to %d MB", due, leads,
		late[len(late)/2], late[len(late)*99/100], memory>>20, residentMemory(t, s.scheduler.Process.Pid)>>20)
	s.audit()
}

// residentMemory is how much memory a process has, in bytes, as Linux tells.
func residentMemory(t *testing.T, pid int) int {
	t.Helper()
	statm, err := os.ReadFile(fmt.Sprintf("/proc/%d/statm", pid))
	if err != nil {
		t.Fatal(err)
	}
	pages, err := strconv.Atoi(strings.Fields(string(statm))[1])
	if err != nil {
		t.Fatal(err)
	}
	return pages * os.Getpagesize()
}
