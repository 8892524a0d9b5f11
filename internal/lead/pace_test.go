package lead

import (
	"strings"
	"testing"
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
