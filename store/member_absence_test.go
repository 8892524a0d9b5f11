package store_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/leadwheel/leadwheel/internal/lead"
	"github.com/leadwheel/leadwheel/internal/testenv"
	"github.com/leadwheel/leadwheel/store"
)

func (w *world) addAbsence(a store.Absence) (made store.Absence, err error) {
	return made, w.tx(func(ctx context.Context, t *store.Tx) (err error) {
		made, err = t.AddAbsence(ctx, w.workspace, a)
		return err
	})
}

// TestAbsencesKeepLeadsAway has a member be away by instants and by whole dates of their own clock, in which leads go to others, to the
// second, and as soon as an absence is deleted they get leads again.
func TestAbsencesKeepLeadsAway(t *testing.T) {
	t.Parallel()
	c := newClock("2026-03-02T04:00:00Z")
	w := newWorld(t, testenv.WithClock(c.Now))
	w.member('A', func(m *store.Member) { m.Timezone = "America/New_York" }) // 23:00 on Sunday
	g := w.group("A B")
	at := func(text string) *time.Time {
		at, err := time.Parse(time.RFC3339, text)
		if err != nil {
			t.Fatal(err)
		}
		return &at
	}
	noon, err := w.addAbsence(store.Absence{MemberID: w.members['A'], FromAt: at("2026-03-02T12:00:00Z"), ToAt: at("2026-03-02T13:00:00Z"), Note: "dentist"})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.addAbsence(store.Absence{MemberID: w.members['A'], FromDate: at("2026-03-04T00:00:00Z"), ToDate: at("2026-03-05T00:00:00Z")}); err != nil {
		t.Fatal(err)
	}
	for _, one := range []struct {
		at, want string
	}{
		{"2026-03-02T11:59:59Z", "A B"}, {"2026-03-02T12:00:00Z", "B B"}, {"2026-03-02T12:59:59Z", "B B"}, {"2026-03-02T13:00:00Z", "A B"},
		{"2026-03-04T04:59:59Z", "A B"}, {"2026-03-04T05:00:00Z", "B B"}, {"2026-03-06T04:59:59Z", "B B"}, {"2026-03-06T05:00:00Z", "A B"},
	} {
		c.Set(*at(one.at))
		equal(t, one.at, w.give(g, 2), one.want)
	}
	w.exact()

	c.Set(*at("2026-03-10T00:00:00Z"))
	away, err := w.addAbsence(store.Absence{MemberID: w.members['A'], FromAt: at("2026-03-09T00:00:00Z"), ToAt: at("2026-03-20T00:00:00Z")})
	if err != nil {
		t.Fatal(err)
	}
	equal(t, "away", w.give(g, 2), "B B")
	end := func(member, id uuid.UUID) error {
		return w.tx(func(ctx context.Context, tx *store.Tx) error { return tx.DeleteAbsence(ctx, w.workspace, member, id) })
	}
	if err := end(w.members['B'], away.ID); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("ended as another's: %v", err)
	}
	if err := end(w.members['A'], away.ID); err != nil {
		t.Fatal(err)
	}
	if err := end(w.members['A'], away.ID); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("ended twice: %v", err)
	}
	equal(t, "back", w.give(g, 2), "A B")
	all, err := w.Store.Absences(t.Context(), w.workspace, w.members['A'], store.Page{Limit: 10})
	if err != nil || len(all) != 2 || all[1].ID != noon.ID || all[1].Note != "dentist" {
		t.Errorf("listed are %+v, %v", all, err)
	}
	if page, err := w.Store.Absences(t.Context(), w.workspace, w.members['A'], store.Page{Limit: 10, After: all[0].ID}); err != nil || len(page) != 1 {
		t.Errorf("after the first are %+v, %v", page, err)
	}
	w.exact()
}

// TestWhatAnAbsenceCannotBe holds no time, too much of it, or is one of too many.
func TestWhatAnAbsenceCannotBe(t *testing.T) {
	t.Parallel()
	c := newClock("2026-03-02T04:00:00Z")
	w := newWorld(t, testenv.WithClock(c.Now))
	day := func(n int) *time.Time { d := time.Date(2026, 3, 2+n, 0, 0, 0, 0, time.UTC); return &d }
	for what, a := range map[string]store.Absence{
		"no time":                 {FromAt: day(1), ToAt: day(1)},
		"a time that goes back":   {FromAt: day(2), ToAt: day(1)},
		"dates that go back":      {FromDate: day(2), ToDate: day(1)},
		"more than five years":    {FromAt: day(0), ToAt: day(5*365 + 3)},
		"dates of too many years": {FromDate: day(0), ToDate: day(6 * 365)},
	} {
		a.MemberID = w.members['A']
		_, err := w.addAbsence(a)
		refused(t, what, err, "to")
	}
	for what, a := range map[string]store.Absence{
		"neither": {}, "half an absence": {FromAt: day(1)}, "both": {FromAt: day(1), ToAt: day(2), FromDate: day(1), ToDate: day(2)},
	} {
		a.MemberID = w.members['A']
		if _, err := w.addAbsence(a); err == nil {
			t.Errorf("%s is taken", what)
		}
	}
	if _, err := w.addAbsence(store.Absence{MemberID: w.members['A'], FromDate: day(1), ToDate: day(1)}); err != nil {
		t.Errorf("a single date: %v", err)
	}
	if _, err := w.addAbsence(store.Absence{MemberID: uuid.New(), FromAt: day(1), ToAt: day(2)}); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("of nobody: %v", err)
	}
	w.DB.MustExec(`INSERT INTO absences (workspace_id, absence_id, member_id, from_at, to_at, note, created_at)
		SELECT $1, gen_random_uuid(), $2, $3::timestamptz, $3::timestamptz + interval '1 day', '', now() FROM generate_series(1, 199)`, w.workspace, w.members['A'], day(3))
	var v *store.Violation
	if _, err := w.addAbsence(store.Absence{MemberID: w.members['A'], FromAt: day(1), ToAt: day(2)}); !errors.As(err, &v) || v.Field != "from" {
		t.Errorf("one of too many: %v", err)
	}
	c.Set(*day(3))
	if _, err := w.addAbsence(store.Absence{MemberID: w.members['A'], FromAt: day(1), ToAt: day(2)}); err != nil {
		t.Errorf("one more after one is over: %v", err)
	}
	coming, err := w.Store.AbsencesToCome(t.Context(), w.workspace, w.members['A'])
	if err != nil || len(coming) != 199 {
		t.Errorf("to come are %d, %v", len(coming), err)
	}
}

// TestAvailabilityTellsWhatKeepsSomebody lists the receivers of a group in turn order with what keeps each from a lead, and until when.
func TestAvailabilityTellsWhatKeepsSomebody(t *testing.T) {
	t.Parallel()
	c := newClock("2026-03-02T04:00:00Z") // Monday noon in Kuala Lumpur
	w := newWorld(t, testenv.WithClock(c.Now))
	one, two := 1, 2
	at := func(text string) time.Time {
		at, err := time.Parse(time.RFC3339, text)
		if err != nil {
			t.Fatal(err)
		}
		return at
	}
	w.editMember('B', func(m *store.Member) { m.WorkingHours = weekdays(time.Tuesday) })
	w.editMember('C', func(m *store.Member) { m.Caps.PerDay = &one })
	w.offDuty("D", true)
	w.setActive('E', false)
	from, to := at("2026-03-01T00:00:00Z"), at("2026-03-03T10:00:00Z")
	if _, err := w.addAbsence(store.Absence{MemberID: w.members['F'], FromAt: &from, ToAt: &to}); err != nil {
		t.Fatal(err)
	}
	spec := w.spec("A B C D E F")
	spec.Listed[0].Members[0].Caps = &lead.Caps{PerHour: &two}
	group, err := w.createGroup(spec)
	if err != nil {
		t.Fatal(err)
	}
	tell := func() string {
		t.Helper()
		all, err := w.Store.Availability(t.Context(), w.workspace, group.ID, c.Now())
		if err != nil {
			t.Fatal(err)
		}
		var said []string
		for _, a := range all {
			text := string(w.letters[a.MemberID]) + " " + string(a.Obstacle)
			if a.Until != nil {
				text += a.Until.UTC().Format(" until 02T15:04")
			}
			for _, n := range []*lead.Count{a.Count, a.GroupCount} {
				if n != nil {
					text += fmt.Sprintf(" %d/%d", n.Hour, n.Day)
				}
			}
			said = append(said, text)
		}
		return strings.Join(said, ", ")
	}
	equal(t, "before anything is given", tell(), "A  0/0, B outside_hours until 03T01:00, C  0/0, D off_duty, E inactive, F away until 03T10:00")
	equal(t, "given", w.give(group.ID, 3), "A C A")
	equal(t, "at their caps", tell(),
		"A cap_hour until 02T05:00 2/2, B outside_hours until 03T01:00, C cap_day until 02T16:00 1/1, D off_duty, E inactive, F away until 03T10:00")
	if a, err := w.Store.AvailabilityOf(t.Context(), w.workspace, w.members['A']); err != nil || a.Obstacle != "" {
		t.Errorf("A, whose cap is the group's, is kept by %q elsewhere, %v", a.Obstacle, err)
	}
	c.Set(at("2026-03-03T04:00:00Z"))
	equal(t, "a day later", tell(), "A  0/0, B  until 03T09:00, C  0/0, D off_duty, E inactive, F away until 03T10:00")
	w.exact()
}
