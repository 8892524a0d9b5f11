package scheduler

import (
	"errors"
	"maps"
	"math/rand/v2"
	"slices"
	"time"

	"github.com/google/uuid"

	"github.com/leadwheel/leadwheel/internal/lead"
	"github.com/leadwheel/leadwheel/store"
)

// happen is what happens on a day: now and then an outage or a change of settings, and always edits.
func (m *month) happen(day int) {
	m.t.Helper()
	m.run(time.Duration(rand.IntN(20)) * time.Hour)
	m.comeBack()
	switch day % 8 {
	case 1:
		m.must(m.Redis.FlushAll(m.t.Context()).Err())
		m.ring(lead.Paces[rand.IntN(3)])
	case 2:
		m.outage(&m.workerDown, 3*time.Hour)
		m.deactivate(store.SpreadPending)
	case 3:
		m.changeHours()
		m.plan(lead.Slow, 6)
	case 4: // what is armed for them is held by the worker alone
		for range 3 {
			m.goOffDuty()
		}
		m.takeLeave()
		m.outage(&m.schedulerDown, 3*time.Hour)
	case 5:
		m.outage([]*bool{&m.schedulerDown, &m.workerDown}[rand.IntN(2)], 40*time.Hour)
		m.plan(lead.Normal, 10)
	case 7:
		m.killRedis(5 * time.Hour)
		m.deactivate([]store.PendingAction{store.LeavePending, store.DropPending}[rand.IntN(2)])
		m.changeZone()
	}
	m.edit()
}

// outage has a part of the system down for a while.
func (m *month) outage(part *bool, d time.Duration) {
	m.t.Helper()
	began := m.now()
	*part = true
	m.run(d)
	*part = false
	if rand.IntN(2) == 0 { // the worker is up before the scheduler
		m.fire()
		m.tally()
	}
	m.excuse(began)
}

// excuse disturbs those whose hours ended in an outage, or before the first round after it.
func (m *month) excuse(began time.Time) {
	m.t.Helper()
	for at := began; at.Before(m.now()); at = at.Add(tick) {
		for member, zone := range m.zones {
			if end := m.hours.Until(at, zone); !end.IsZero() && !end.After(m.now().Add(tick)) {
				m.disturb(at, m.now(), member)
			}
		}
	}
}

// killRedis has Redis down for a while; it comes back empty.
func (m *month) killRedis(d time.Duration) {
	m.t.Helper()
	m.redisDown = true
	m.RedisServer.Kill()
	began := m.now()
	m.run(d)
	m.RedisServer.Start()
	m.redisDown = false
	m.excuse(began)
}

func (m *month) everybody() []uuid.UUID { return slices.Collect(maps.Keys(m.zones)) }

// ring puts a pace's members into another order.
func (m *month) ring(pace lead.Pace) {
	m.t.Helper()
	rand.Shuffle(len(m.rings[pace]), func(i, j int) {
		m.rings[pace][i], m.rings[pace][j] = m.rings[pace][j], m.rings[pace][i]
	})
	m.tx(func(tx *store.Tx) error {
		_, err := tx.UpdateGroup(m.t.Context(), m.workspace, m.groups[pace], m.spec(pace))
		return err
	})
	m.plan(pace, 3)
}

func (m *month) spec(pace lead.Pace) store.GroupSpec {
	spec := store.GroupSpec{Name: string(pace), Method: lead.RoundRobin}
	for _, id := range m.rings[pace] {
		spec.Listed = append(spec.Listed, lead.Listed{Weight: 1, Members: lead.Slot{{MemberID: id}}})
	}
	return spec
}

// deactivate takes a member out until the next day, and does something with what they have pending.
func (m *month) deactivate(action store.PendingAction) {
	m.t.Helper()
	one := m.everybody()[rand.IntN(30)]
	m.away = append(m.away, one)
	m.disturb(m.now(), m.now().AddDate(1, 0, 0), one)
	m.tx(func(tx *store.Tx) error {
		if _, err := tx.EditMember(m.t.Context(), m.workspace, one, func(e *store.Member) error { e.Active = false; return nil }); err != nil {
			return err
		}
		n, err := tx.HandOver(m.t.Context(), m.workspace, one, store.PendingChoice{Action: action})
		if action == store.DropPending {
			m.deleted += n
		}
		return err
	})
}

func (m *month) comeBack() {
	m.t.Helper()
	for _, one := range m.away {
		m.tx(func(tx *store.Tx) error {
			_, err := tx.EditMember(m.t.Context(), m.workspace, one, func(e *store.Member) error { e.Active = true; return nil })
			return err
		})
	}
	m.away = nil
	m.backOnDuty()
}

// changeHours has the workspace distribute at other hours, some of which span midnight.
func (m *month) changeHours() {
	m.t.Helper()
	m.disturb(m.now().AddDate(0, 0, -1), m.now(), m.everybody()...)
	m.hours = []lead.Hours{{From: 10 * 60, To: 18 * 60}, {From: 20 * 60, To: 2 * 60}, {From: 8*60 + 30, To: 22 * 60}}[rand.IntN(3)]
	m.tx(func(tx *store.Tx) error {
		_, err := tx.EditWorkspace(m.t.Context(), m.workspace, func(w *store.Workspace) error { w.Hours = m.hours; return nil })
		return err
	})
	m.disturb(m.now(), m.now().AddDate(0, 0, 1), m.everybody()...)
}

func (m *month) changeZone() {
	m.t.Helper()
	one := m.everybody()[rand.IntN(30)]
	if one == m.capped { // what they may get on a day would be counted anew
		return
	}
	zone, err := time.LoadLocation(zoneNames[rand.IntN(len(zoneNames))])
	m.must(err)
	m.disturb(m.now().AddDate(0, 0, -1), m.now().AddDate(0, 0, 1), one)
	m.zones[one] = zone
	m.tx(func(tx *store.Tx) error {
		_, err := tx.EditMember(m.t.Context(), m.workspace, one, func(e *store.Member) error { e.Timezone = zone.String(); return nil })
		return err
	})
	m.disturb(m.now().AddDate(0, 0, -1), m.now().AddDate(0, 0, 1), one)
}

// edit moves, deletes and brings forward some of the leads that are due within days.
func (m *month) edit() {
	m.t.Helper()
	soon, err := m.Store.PendingLeads(m.t.Context(), m.workspace, store.PendingFilter{}, store.PendingPage{Limit: 200})
	m.must(err)
	for range min(6, len(soon)) {
		p := soon[rand.IntN(len(soon))]
		m.disturb(p.DueAt, p.DueAt, *p.MemberID)
		one := store.PendingSelection{IDs: []uuid.UUID{p.ID}}
		m.must(m.Store.WithTx(m.t.Context(), func(tx *store.Tx) error {
			switch rand.IntN(3) {
			case 0:
				n, err := tx.DeletePending(m.t.Context(), m.workspace, one)
				m.deleted += n
				return err
			case 1:
				_, err := tx.DistributeNow(m.t.Context(), m.workspace, one)
				return err
			default:
				return m.move(tx, p)
			}
		}))
	}
}

// move gives a lead to somebody else, for a time on one of the next days. It is refused where that is full.
func (m *month) move(tx *store.Tx, p store.PendingLead) error {
	to := m.everybody()[rand.IntN(30)]
	_, err := tx.MovePending(m.t.Context(), m.workspace, p.ID, func(p *store.PendingLead) error {
		p.MemberID = &to
		p.DueAt = m.now().Add(time.Duration(rand.IntN(72*60)) * time.Minute)
		return nil
	})
	var refused *store.Violation
	if errors.As(err, &refused) || errors.Is(err, store.ErrNotFound) {
		return nil
	}
	return err
}
