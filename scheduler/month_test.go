package scheduler

import (
	"fmt"
	"os"
	"testing"
	"time"

	"github.com/leadwheel/leadwheel/internal/lead"
	"github.com/leadwheel/leadwheel/store"
)

const (
	// simulatedDays is how long the simulation runs; with LEADWHEEL_SOAK in the environment, as `make soak` has it, a month.
	simulatedDays = 8
	soakDays      = 31
	// tick is how far the clock goes at once.
	tick = time.Hour
)

// TestMonth has 30 members receive leads at three paces for a simulated month, over real servers, while operators edit
// whatever can be edited and each part of the system is down for hours and for days. In the end every lead is accounted
// for, nobody got more in a day than their pace promises, nobody got any who was away, off duty, outside their hours or at a cap, and on
// days on which nothing happened nobody got less.
func TestMonth(t *testing.T) {
	t.Parallel()
	days := simulatedDays
	if os.Getenv("LEADWHEEL_SOAK") != "" {
		days = soakDays
	}
	m := newMonth(t)
	for _, pace := range lead.Paces {
		m.plan(pace, days*pace.Min())
	}
	for day := 0; day < days; day = int(m.now().Sub(m.first) / (24 * time.Hour)) {
		if day > 0 {
			m.happen(day)
		}
		m.run(24*time.Hour - m.now().Sub(m.first)%(24*time.Hour))
	}
	m.untilDone(10 * days)
	if n := m.count(`SELECT count(*) FROM history WHERE outcome = 'succeeded'`); n < m.planned/2 {
		t.Errorf("only %d of %d leads went out", n, m.planned)
	}
	report, err := m.Store.Audit(t.Context())
	m.must(err)
	for _, c := range report.Checks {
		if !c.OK {
			t.Errorf("the audit found %d × %s: %v", c.Found, c.Name, c.Examples)
		}
	}
	m.checkDays()
	m.checkCap()
}

// checkDays compares what each member got on each day, by the zone and hours of that moment, with their paces.
func (m *month) checkDays() {
	m.t.Helper()
	for at, got := range m.got {
		slow, normal := got[lead.Slow], got[lead.Slow]+got[lead.Normal]
		if slow > lead.Slow.Max() || normal > lead.Normal.Max() || normal+got[lead.Fast] > lead.Fast.Max() {
			m.t.Errorf("%v: %v is more than promised", at, got)
		}
	}
	full := 0
	for at := range m.enough {
		if off, has := m.dayOff[at.member]; m.disturbed[at] || has && at.day.Weekday() == off {
			continue
		}
		full++
		// A lead of another pace that was moved to them uses the day's count up as well.
		if pace, got := m.paces[at.member], m.got[at]; got[lead.Slow]+got[lead.Normal]+got[lead.Fast] < pace.Min() {
			m.t.Errorf("%v in %v: %v is less than %d at pace %s", at, m.zones[at.member], m.got[at], pace.Min(), pace)
		}
	}
	m.t.Logf("%d leads, %d undisturbed days of members, of %d", m.planned, full, len(m.got))
	if full < 30 {
		m.t.Errorf("hardly a day was undisturbed, which says nothing")
	}
}

// plan has leads for the ten members of a pace, each of whom gets the given number.
func (m *month) plan(pace lead.Pace, each int) {
	m.t.Helper()
	leads := make([]store.NewLead, each*len(m.rings[pace]))
	for i := range leads {
		leads[i] = store.NewLead{
			Name: fmt.Sprint("lead ", m.planned+i), Channel: "api", Origin: "api",
			Distribute: store.Distribution{GroupID: m.groups[pace], Pace: pace},
		}
	}
	m.planned += len(leads)
	m.tx(func(tx *store.Tx) error {
		_, err := tx.AddLeads(m.t.Context(), m.workspace, lead.QueueBulk, leads)
		return err
	})
}
