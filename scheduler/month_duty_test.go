package scheduler

import (
	"fmt"
	"math/rand/v2"
	"time"

	"github.com/google/uuid"

	"github.com/leadwheel/leadwheel/internal/lead"
	"github.com/leadwheel/leadwheel/store"
)

// duty is when members of a month are unavailable.
type duty struct {
	off    map[uuid.UUID]bool
	leave  map[uuid.UUID][]lead.Absence
	dayOff map[uuid.UUID]time.Weekday // of those with working hours, who work from workFrom until workTo on all others
	capped uuid.UUID
}

const (
	// Whoever has working hours begins late, and works on after everybody's distribution hours: time goes by hours here, and what
	// is due in the last hour of working would be held until the next day.
	workFrom, workTo = 14, 3
	cappedAt         = 5
)

// hire has one member of each pace work by hours, and one with a cap.
func (m *month) hire() {
	m.t.Helper()
	m.duty = duty{off: map[uuid.UUID]bool{}, leave: map[uuid.UUID][]lead.Absence{}, dayOff: map[uuid.UUID]time.Weekday{}}
	for _, pace := range lead.Paces {
		one := m.rings[pace][0]
		m.dayOff[one] = time.Weekday(rand.IntN(7))
		var week lead.Week
		for day := range week {
			if time.Weekday(day) != m.dayOff[one] {
				week[day] = []lead.Hours{{From: workFrom * 60, To: workTo * 60}}
			}
		}
		m.editMember(one, func(e *store.Member) { e.WorkingHours = &week })
	}
	m.capped = m.rings[lead.Fast][1]
	most := cappedAt
	m.editMember(m.capped, func(e *store.Member) { e.Caps.PerDay = &most })
	m.disturb(m.now(), m.now().AddDate(1, 0, 0), m.capped)
}

func (m *month) editMember(id uuid.UUID, edit func(*store.Member)) {
	m.t.Helper()
	m.tx(func(tx *store.Tx) error {
		_, err := tx.EditMember(m.t.Context(), m.workspace, id, func(e *store.Member) error { edit(e); return nil })
		return err
	})
}

// goOffDuty takes a member off duty until the next day.
func (m *month) goOffDuty() {
	m.t.Helper()
	one := m.everybody()[rand.IntN(30)]
	m.disturb(m.now(), m.now().AddDate(0, 0, 2), one)
	m.editMember(one, func(e *store.Member) { e.OffDuty = true })
	m.off[one] = true
}

// backOnDuty has everybody be on duty.
func (m *month) backOnDuty() {
	m.t.Helper()
	for one := range m.off {
		m.editMember(one, func(e *store.Member) { e.OffDuty = false })
		delete(m.off, one)
	}
}

// takeLeave has a member be away for a day and some hours, from soon on.
func (m *month) takeLeave() {
	m.t.Helper()
	one := m.everybody()[rand.IntN(30)]
	from := m.now().Add(time.Duration(rand.IntN(5)) * time.Hour)
	to := from.Add(time.Duration(20+rand.IntN(20)) * time.Hour)
	m.disturb(m.now(), to, one)
	m.leave[one] = append(m.leave[one], lead.Absence{From: from, To: to})
	m.tx(func(tx *store.Tx) error {
		_, err := tx.AddAbsence(m.t.Context(), m.workspace, store.Absence{MemberID: one, FromAt: &from, ToAt: &to})
		return err
	})
}

// works reports whether a member can take leads at a time, as the clock on their wall tells it.
func (m *month) works(member uuid.UUID, at time.Time) bool {
	for _, a := range m.leave[member] {
		if !at.Before(a.From) && at.Before(a.To) {
			return false
		}
	}
	if m.off[member] {
		return false
	}
	off, has := m.dayOff[member]
	local := at.In(m.zones[member])
	return !has || local.Hour() >= workFrom && local.Weekday() != off || local.Hour() < workTo && (local.Weekday()+6)%7 != off
}

// checkCap has nothing planned go to the member with a cap who had reached it on that day.
func (m *month) checkCap() {
	m.t.Helper()
	if n := m.count(fmt.Sprintf(`
		SELECT count(*) FROM (
			SELECT h.trigger, row_number() OVER (PARTITION BY date_trunc('day', h.at AT TIME ZONE '%s') ORDER BY h.at, h.history_id) AS place
			FROM history h WHERE h.member_id = $1 AND h.outcome = 'succeeded') got
		WHERE place > $2 AND trigger = 'scheduled'`, m.zones[m.capped]), m.capped, cappedAt); n > 0 {
		m.t.Errorf("%d planned leads went to the member who may get %d a day beyond these", n, cappedAt)
	}
}
