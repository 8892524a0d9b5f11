package lead

import (
	"strings"
	"testing"

	"pgregory.net/rapid"
)

func TestPace(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name        string
		least, most int
	}{{"slow", 4, 6}, {"normal", 5, 7}, {"fast", 8, 12}} {
		p, err := ParsePace(c.name)
		if err != nil || p.Min() != c.least || p.Max() != c.most {
			t.Errorf("pace %s is %d–%d, %v, want %d–%d", c.name, p.Min(), p.Max(), err, c.least, c.most)
		}
	}
}

func TestParsePaceRefuses(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"", "Slow", "slow ", "medium", strings.Repeat("x", 1000)} {
		p, err := ParsePace(name)
		if p != "" || err == nil || !strings.Contains(err.Error(), "slow, normal or fast") || len(err.Error()) > 100 {
			t.Errorf("parsing %.10q gives %q, %v, want a short error that lists the paces", name, p, err)
		}
	}
}

// TestTallyKeepsThePromise adds leads at any paces, in any order, while there is room.
func TestTallyKeepsThePromise(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		var day Tally
		got := map[Pace]int{}
		for _, p := range rapid.SliceOf(rapid.SampledFrom(Paces[:])).Draw(t, "paces") {
			for range 13 {
				if !day.Room(p) {
					break
				}
				day.Add(p)
				got[p]++
			}
		}
		slow, normal, all := got[Slow], got[Slow]+got[Normal], got[Slow]+got[Normal]+got[Fast]
		if slow > 6 || normal > 7 || all > 12 {
			t.Fatalf("a day has %v", got)
		}
		if day.Room(Fast) != (all < 12) || day.Room(Normal) != (all < 12 && normal < 7) || day.Room(Slow) != (all < 12 && normal < 7 && slow < 6) {
			t.Fatalf("a day with %v has room for %v, %v, %v", got, day.Room(Slow), day.Room(Normal), day.Room(Fast))
		}
	})
}
