package lead_test

import (
	"fmt"
	"time"

	"github.com/google/uuid"

	"github.com/leadwheel/leadwheel/internal/lead"
)

var (
	aisha = uuid.MustParse("01890000-0000-7000-8000-00000000000a")
	badri = uuid.MustParse("01890000-0000-7000-8000-00000000000b")
	chen  = uuid.MustParse("01890000-0000-7000-8000-00000000000c")
)

func name(id uuid.UUID) string {
	return map[uuid.UUID]string{aisha: "Aisha", badri: "Badri", chen: "Chen"}[id]
}

// Three people in the ratio 1:1:3: the shares of the third are spread over the ring, not dealt in a row.
func ExampleSpread() {
	slots := lead.Spread([]lead.Listed{
		{Members: lead.Slot{{MemberID: aisha}}, Weight: 1},
		{Members: lead.Slot{{MemberID: badri}}, Weight: 1},
		{Members: lead.Slot{{MemberID: chen}}, Weight: 3},
	})
	for _, s := range slots {
		fmt.Print(name(s[0].MemberID), " ")
	}
	fmt.Println()
	// Output: Chen Aisha Chen Badri Chen
}

// roster says who is active, and that nobody has any lead yet.
type roster map[uuid.UUID]bool

func (r roster) Unable(member uuid.UUID) lead.Obstacle {
	if r[member] {
		return ""
	}
	return lead.ObstacleInactive
}
func (r roster) Holds(_, _ uuid.UUID) bool { return false }
func (r roster) Give(_, _ uuid.UUID)       {}

func turnsFrom(n int64) func(int) ([]int64, error) {
	return func(count int) ([]int64, error) {
		turns := make([]int64, count)
		for i := range turns {
			turns[i], n = n, n+1
		}
		return turns, nil
	}
}

// Turns go out in order. Who is not active is passed over: the turn is spent, and nobody owes it to them.
func ExampleRing_Deal() {
	ring := lead.Ring{Slots: []lead.Slot{{{MemberID: aisha}}, {{MemberID: badri}}, {{MemberID: chen}}}}
	leads := []uuid.UUID{uuid.New(), uuid.New(), uuid.New()}
	dealt, err := ring.Deal(leads, roster{aisha: true, chen: true}, turnsFrom(0))
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, h := range dealt.Hands {
		fmt.Println("turn", h.Turn, "to", name(h.Receivers[0].MemberID))
	}
	fmt.Println("passed over:", dealt.Passed)
	// Output:
	// turn 0 to Aisha
	// turn 2 to Chen
	// turn 3 to Aisha
	// passed over: [1]
}

// A schedule at the slow pace gives 4 to 6 leads a day, within the hours, by the member's own clock.
func ExamplePlan() {
	zone, err := time.LoadLocation("Asia/Kuala_Lumpur")
	if err != nil {
		fmt.Println(err)
		return
	}
	plans, err := lead.Plan(lead.Schedule{
		Now:     time.Date(2026, 3, 2, 1, 0, 0, 0, time.UTC), // 09:00 there
		Seed:    7,
		Pace:    lead.Slow,
		Hours:   lead.Hours{From: 9 * 60, To: 18 * 60},
		Members: []lead.Workload{{MemberID: aisha, Zone: zone, Leads: 12}},
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	days := map[string]int{}
	for _, due := range plans[0] {
		days[due.In(zone).Format("2 Jan")]++
	}
	fmt.Println(len(plans[0]), "leads over", len(days), "days")
	for _, count := range days {
		if count > lead.Slow.Max() {
			fmt.Println("too many on one day")
		}
	}
	// Output: 12 leads over 3 days
}
