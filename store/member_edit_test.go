package store_test

import (
	"context"
	"errors"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/google/uuid"

	"github.com/leadwheel/leadwheel/internal/lead"
	"github.com/leadwheel/leadwheel/internal/testenv"
	"github.com/leadwheel/leadwheel/store"
)

// weekdays are working hours from nine to five on some days.
func weekdays(days ...time.Weekday) *lead.Week {
	week := &lead.Week{}
	for _, day := range days {
		week[day] = []lead.Hours{{From: 9 * 60, To: 17 * 60}}
	}
	return week
}

// wholeMember has everything that can be said of one.
func wholeMember() store.Member {
	five := 5
	return store.Member{
		Reference: store.Reference{ExternalID: "crm-7", Metadata: map[string]string{"team": "north"}},
		Name:      "Aisyah", Email: "aisyah@example.com", TelegramChatID: "123456789", Timezone: "Asia/Kolkata", Language: "ms",
		NotifyBy: []lead.Channel{lead.Email}, QuietHours: &lead.Hours{From: 22 * 60, To: 7 * 60},
		WorkingHours: weekdays(time.Monday, time.Friday), Caps: lead.Caps{PerDay: &five, Open: &five},
	}
}

// TestAMemberIsAsTheyWereSaidToBe makes a member with everything, and edits one thing after the other: nothing else changes.
func TestAMemberIsAsTheyWereSaidToBe(t *testing.T) {
	t.Parallel()
	c := newClock("2026-03-02T04:00:00Z")
	w := newWorld(t, testenv.WithClock(c.Now))
	want := wholeMember()
	var id uuid.UUID
	w.must(func(ctx context.Context, tx *store.Tx) error {
		made, err := tx.CreateMember(ctx, w.workspace, want)
		id = made.ID
		return err
	})
	want.ID, want.Active, want.CreatedAt, want.UpdatedAt = id, true, c.Now(), c.Now()
	read := func(what string) {
		t.Helper()
		got, err := w.Store.Member(t.Context(), w.workspace, id)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, got, cmpopts.EquateEmpty(), cmpopts.EquateApproxTime(0)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", what, diff)
		}
	}
	read("as they were made")
	nine := 9
	for what, edit := range map[string]func(*store.Member){
		"another name":         func(m *store.Member) { m.Name = "Aisyah binti Ali" },
		"another address":      func(m *store.Member) { m.Email = "aisyah@example.org" },
		"no chat":              func(m *store.Member) { m.TelegramChatID = "" },
		"a group's chat":       func(m *store.Member) { m.TelegramChatID = "-1001234567890" },
		"another zone":         func(m *store.Member) { m.Timezone = "Europe/London" },
		"the workspace's zone": func(m *store.Member) { m.Timezone = "" },
		"another language":     func(m *store.Member) { m.Language = "en" },
		"no channel":           func(m *store.Member) { m.NotifyBy = []lead.Channel{} },
		"every channel":        func(m *store.Member) { m.NotifyBy = lead.Channels() },
		"no quiet hours":       func(m *store.Member) { m.QuietHours = nil },
		"always at work":       func(m *store.Member) { m.WorkingHours = nil },
		"at work on Sundays":   func(m *store.Member) { m.WorkingHours = weekdays(time.Sunday) },
		"another cap":          func(m *store.Member) { m.Caps = lead.Caps{PerHour: &nine} },
		"no cap":               func(m *store.Member) { m.Caps = lead.Caps{} },
		"off duty":             func(m *store.Member) { m.OffDuty = true },
		"on duty":              func(m *store.Member) { m.OffDuty = false },
		"deactivated":          func(m *store.Member) { m.Active = false },
		"active":               func(m *store.Member) { m.Active = true },
		"another external id":  func(m *store.Member) { m.ExternalID = "crm-8" },
		"more with them":       func(m *store.Member) { m.Metadata = map[string]string{"team": "south", "desk": "4"} },
		"unsubscribed":         func(m *store.Member) { m.EmailOff = store.EmailUnsubscribed },
		"told by e-mail again": func(m *store.Member) { m.EmailOff = "" },
		"a member of few words": func(m *store.Member) {
			*m = store.Member{ID: m.ID, Name: "A", Active: true, CreatedAt: m.CreatedAt, UpdatedAt: m.UpdatedAt}
		},
	} {
		c.Advance(time.Minute)
		w.must(func(ctx context.Context, tx *store.Tx) error {
			_, err := tx.EditMember(ctx, w.workspace, id, func(m *store.Member) error { edit(m); return nil })
			return err
		})
		edit(&want)
		want.UpdatedAt = c.Now()
		read(what)
	}
}

// TestWhatAMemberCannotBe is refused when they are made and when they are edited, with the field named, and nothing of it is kept.
func TestWhatAMemberCannotBe(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	none := 0
	for what, c := range map[string]struct {
		edit  func(*store.Member)
		field string
	}{
		"an address with a name":    {func(m *store.Member) { m.Email = "Aina <aina@example.com>" }, "email"},
		"an address with a query":   {func(m *store.Member) { m.Email = "aina?bcc=x@example.com" }, "email"},
		"a chat by its name":        {func(m *store.Member) { m.TelegramChatID = "@aina" }, "telegram_chat_id"},
		"a chat with a plus":        {func(m *store.Member) { m.TelegramChatID = "+5" }, "telegram_chat_id"},
		"chat 0":                    {func(m *store.Member) { m.TelegramChatID = "0" }, "telegram_chat_id"},
		"a chat of too many bits":   {func(m *store.Member) { m.TelegramChatID = "4503599627370496" }, "telegram_chat_id"},
		"no zone":                   {func(m *store.Member) { m.Timezone = "Mars/Olympus" }, "timezone"},
		"this machine's zone":       {func(m *store.Member) { m.Timezone = "Local" }, "timezone"},
		"a language nobody speaks":  {func(m *store.Member) { m.Language = "tlh" }, "language"},
		"quiet hours that are none": {func(m *store.Member) { m.QuietHours = &lead.Hours{From: 60, To: 60} }, "quiet_hours"},
		"caps of nothing":           {func(m *store.Member) { m.Caps = lead.Caps{PerDay: &none, PerWeek: &none, Open: &none} }, "caps.per_day"},
		"a day of forty spans": {func(m *store.Member) {
			m.WorkingHours = &lead.Week{1: slices.Repeat([]lead.Hours{{From: 1, To: 2}}, 40)}
		}, "working_hours"},
		"something else's metadata":   {func(m *store.Member) { m.Metadata = map[string]string{"": "x"} }, "metadata"},
		"working hours of no minutes": {func(m *store.Member) { m.WorkingHours = &lead.Week{2: {{From: 600, To: 600}}} }, "working_hours"},
	} {
		m := store.Member{Name: "Aina"}
		c.edit(&m)
		_, err := w.Store.CreateMember(t.Context(), w.workspace, m)
		refused(t, "making one with "+what, err, c.field)
		refused(t, "editing one to have "+what, w.tx(func(ctx context.Context, tx *store.Tx) error {
			_, err := tx.EditMember(ctx, w.workspace, w.members['A'], func(m *store.Member) error { c.edit(m); return nil })
			return err
		}), c.field)
	}
	all, err := w.Store.Members(t.Context(), w.workspace, store.MemberFilter{}, store.Page{Limit: 100})
	if err != nil || len(all) != len(w.members) {
		t.Errorf("there are %d members, %v", len(all), err)
	}
	for _, m := range all {
		if !m.UpdatedAt.Equal(m.CreatedAt) {
			t.Errorf("%s was changed by what was refused", m.Name)
		}
	}
}

// TestAnAddressThatWasThereMayStay edits a member who has had an address since before such were refused.
func TestAnAddressThatWasThereMayStay(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.DB.MustExec(`UPDATE members SET email = 'Aina <aina@example.com>', telegram_chat_id = '@aina' WHERE member_id = $1`, w.members['A'])
	w.member('A', func(m *store.Member) { m.Name = "Aina" })
	m, err := w.Store.Member(t.Context(), w.workspace, w.members['A'])
	if err != nil || m.Name != "Aina" || m.Email != "Aina <aina@example.com>" {
		t.Errorf("%+v, %v", m, err)
	}
}

// TestManyEditOneMember has twenty hands each add something: none undoes another's.
func TestManyEditOneMember(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	var hands sync.WaitGroup
	for i := range 20 {
		hands.Go(func() {
			w.must(func(ctx context.Context, tx *store.Tx) error {
				_, err := tx.EditMember(ctx, w.workspace, w.members['A'], func(m *store.Member) error {
					next := map[string]string{}
					for name, value := range m.Metadata {
						next[name] = value
					}
					next[string(rune('a'+i))] = "x"
					m.Metadata = next
					return nil
				})
				return err
			})
		})
	}
	hands.Wait()
	m, err := w.Store.Member(t.Context(), w.workspace, w.members['A'])
	if err != nil || len(m.Metadata) != 20 {
		t.Errorf("of twenty edits %d are there, %v", len(m.Metadata), err)
	}
}

// TestMembersAreFoundByAddress in any spelling of its letters, while they are there.
func TestMembersAreFoundByAddress(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.member('A', func(m *store.Member) { m.Email = "Aina@Example.com" })
	w.member('B', func(m *store.Member) { m.Email = "aina@example.com" })
	w.member('C', func(m *store.Member) { m.Email = "aina@example.com.my" })
	found := func() (letters string) {
		t.Helper()
		all, err := w.Store.Members(t.Context(), w.workspace, store.MemberFilter{Email: "AINA@EXAMPLE.COM"}, store.Page{Limit: 10})
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range all {
			letters += string(w.letters[m.ID])
		}
		return letters
	}
	equal(t, "found", found(), "BA")
	w.must(func(ctx context.Context, tx *store.Tx) error {
		return tx.RemoveMember(ctx, w.workspace, w.members['B'])
	})
	equal(t, "found after one was removed", found(), "A")
}

// TestWhoseClockCounts is a member's own, or the workspace's for those who have none, and for nobody in particular.
func TestWhoseClockCounts(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.member('A', func(m *store.Member) { m.Timezone = "Europe/London" })
	for who, c := range map[string]struct {
		id   uuid.UUID
		want string
	}{
		"one with a zone": {w.members['A'], "Europe/London"}, "one without": {w.members['B'], "Asia/Kuala_Lumpur"}, "nobody": {uuid.Nil, "Asia/Kuala_Lumpur"},
	} {
		if zone, err := w.Store.Clock(t.Context(), w.workspace, c.id); err != nil || zone != c.want {
			t.Errorf("%s has %q, %v", who, zone, err)
		}
	}
	if _, err := w.Store.Clock(t.Context(), uuid.New(), w.members['A']); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("in no workspace: %v", err)
	}
}
