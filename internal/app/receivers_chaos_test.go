package app_test

import (
	"context"
	"fmt"
	"os/exec"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/leadwheel/leadwheel/internal/lead"
	"github.com/leadwheel/leadwheel/internal/testenv"
	"github.com/leadwheel/leadwheel/store"
)

// redisIsKilled is the case that needs servers of its own.
const redisIsKilled = "Redis is killed"

// TestReceiversAmidChaos kills workers, the scheduler and Redis while leads that wait are let go, while leads that nobody answered are taken
// back, and while offers lapse and are accepted. Each lead is somebody's once, and every promise is kept.
func TestReceiversAmidChaos(t *testing.T) {
	t.Parallel()
	const leads = 40
	for name, strike := range map[string]func(s *receiversScene){
		"workers are killed":      func(s *receiversScene) { s.again(&s.worker, "worker") },
		"the scheduler is killed": func(s *receiversScene) { s.again(&s.scheduler, "scheduler") },
		redisIsKilled: func(s *receiversScene) {
			s.servers.RedisServer.Kill()
			s.servers.RedisServer.Start()
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			env, servers := (*testenv.Env)(nil), (*testenv.Dedicated)(nil)
			if name == redisIsKilled {
				servers = testenv.NewDedicated(t)
				env = &servers.Env
			} else {
				env = testenv.New(t)
			}
			s := &receiversScene{scene: newScene(t, env, 6), servers: servers}
			within := &lead.AnswerWithin{Minutes: 1, AtMost: 50}
			waits := s.ringOf(lead.RoundRobin, nil, s.members[:1], s.members[1:2])
			answers := s.ringOf(lead.RoundRobin, within, s.members[2:3], s.members[3:4], s.members[4:5])
			offers := s.ringOf(lead.FirstToAccept, within, s.members[2:4], s.members[4:6])
			s.duty(false)
			s.worker, s.scheduler = s.startProcess("worker"), s.startProcess("scheduler")
			ids := make(map[uuid.UUID][]uuid.UUID)
			for _, g := range []uuid.UUID{waits, answers, offers} {
				ids[g] = s.storeLeads(leads)
				s.must(s.Store.WithTx(t.Context(), func(tx *store.Tx) error {
					_, err := tx.Assign(t.Context(), s.workspace, ids[g], store.Distribution{GroupID: g})
					return err
				}))
			}
			s.until("what cannot be taken waits", leads, `SELECT count(*) FROM pending_leads WHERE waiting_since IS NOT NULL AND offered_at IS NULL AND batch_id IS NULL`)
			s.until("what can be is given", leads, `SELECT count(*) FROM assigned_leads`)
			s.until("and offered", leads, `SELECT count(*) FROM pending_leads WHERE offered_at IS NOT NULL`)

			s.DB.MustExec(`UPDATE assigned_leads SET alarm_at = now() - interval '1 second', answer_by = now() - interval '1 second'`)
			s.DB.MustExec(`UPDATE pending_leads SET offer_alarm_at = now() - interval '1 second', offer_by = now() - interval '1 second' WHERE offered_at IS NOT NULL`)
			s.duty(true)
			strike(s)
			s.acceptAll(leads / 4)
			strike(s)
			s.until("what waited is given", leads, fmt.Sprintf(`SELECT count(*) FROM assigned_leads WHERE group_id = '%s'`, waits))
			s.until("what was not answered is somebody else's", 2*leads, fmt.Sprintf(`SELECT count(*) FROM assigned_leads WHERE group_id = '%s'`, answers))
			s.until("what was not accepted is offered to others", 0, fmt.Sprintf(`
				SELECT count(*) FROM pending_leads WHERE group_id = '%s' AND (batch_id IS NOT NULL OR offer_by < now() - interval '1 second')`, offers))
			s.until("each lead is one's", 0, `SELECT count(*) FROM (SELECT source_lead_id FROM assigned_leads WHERE withdrawn_at IS NULL
				GROUP BY 1 HAVING count(*) > 1) twice`)
			s.audit()
		})
	}
}

// receiversScene is a scene whose parts a test kills.
type receiversScene struct {
	*scene
	servers           *testenv.Dedicated
	worker, scheduler *exec.Cmd
}

// again kills a process and starts another like it.
func (s *receiversScene) again(cmd **exec.Cmd, role string) {
	kill(*cmd)
	*cmd = s.startProcess(role)
}

// ringOf makes a group of slots.
func (s *receiversScene) ringOf(method lead.Method, within *lead.AnswerWithin, slots ...[]uuid.UUID) (id uuid.UUID) {
	s.t.Helper()
	spec := store.GroupSpec{Name: string(method), Method: method, GroupPolicy: store.GroupPolicy{AnswerWithin: within}}
	for _, members := range slots {
		l := lead.Listed{Weight: 1}
		for _, m := range members {
			l.Members = append(l.Members, lead.Receiver{MemberID: m})
		}
		spec.Listed = append(spec.Listed, l)
	}
	s.must(s.Store.WithTx(s.t.Context(), func(tx *store.Tx) error {
		g, err := tx.CreateGroup(s.t.Context(), s.workspace, spec)
		id = g.ID
		return err
	}))
	return id
}

// duty has those for whom leads wait go on duty or off.
func (s *receiversScene) duty(on bool) {
	s.t.Helper()
	for _, m := range s.members[:2] {
		s.must(s.Store.WithTx(s.t.Context(), func(tx *store.Tx) error {
			_, err := tx.EditMember(s.t.Context(), s.workspace, m, func(m *store.Member) error {
				m.OffDuty = !on
				return nil
			})
			return err
		}))
	}
}

// acceptAll has members accept so many of the offers at hand, each as often as there are.
func (s *receiversScene) acceptAll(n int) {
	s.t.Helper()
	all, err := s.Store.Offers(s.t.Context(), s.workspace, store.OfferFilter{State: store.OfferOpen}, store.Page{Limit: n})
	s.must(err)
	for _, o := range all {
		_ = s.Store.WithTx(s.t.Context(), func(tx *store.Tx) error { // it may have lapsed or be taken, which the audit looks at
			_, err := tx.AcceptOffer(context.WithoutCancel(s.t.Context()), s.workspace, o.MemberID, o.ID)
			return err
		})
	}
}

// until waits until a query counts n.
func (s *receiversScene) until(what string, n int, query string) {
	s.t.Helper()
	s.untilWithin(time.Minute, what, n, query)
}

func (s *receiversScene) untilWithin(within time.Duration, what string, n int, query string) {
	s.t.Helper()
	testenv.Eventually(s.t, within, func() error {
		var got int
		if err := s.DB.Get(&got, query); err != nil {
			return err
		}
		if got != n {
			return fmt.Errorf("%s: %d, want %d", what, got, n)
		}
		return nil
	})
}
