package bench

import (
	"encoding/xml"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// measured is a report of one scenario, of three rounds.
func measured(rates ...float64) Report {
	t := newTally()
	for _, r := range rates {
		t.rates(byLean, 1000)
		t.rates(byLeadwheel, r, byLean)
	}
	return Report{Machine: Machine{CPUs: 2, Postgres: "15", Load: 7, Date: "2026-11-30"}, Rounds: len(rates), Scenarios: []Scenario{
		{Name: "bulk", What: "leads & copies", Figures: t.figures()},
	}}
}

func TestFiguresAreMediansOfRatiosWithinARound(t *testing.T) {
	t.Parallel()
	tally := newTally()
	for _, round := range [][2]float64{{100, 50}, {1000, 700}, {10, 6}} {
		if tally.round() != len(tally.values[byLean]) {
			t.Errorf("it is round %d", tally.round())
		}
		tally.rates(byLean, round[0])
		tally.rates(byLeadwheel, round[1], byLean)
	}
	want := []Figure{
		{byLean, "leads/s", 100, 10, 1000}, {byLeadwheel, "leads/s", 50, 6, 700}, {byLeadwheel + " to " + byLean, ratioUnit, .6, .5, .7},
	}
	for n, got := range tally.figures() {
		if got != want[n] {
			t.Errorf("%+v, not %+v", got, want[n])
		}
	}
}

func TestRatiosAreHeldToThoseRecorded(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "recorded.json")
	if _, err := ReadRecorded(path); err == nil {
		t.Error("what is not there is read")
	}
	if err := measured(500, 600, 700).Record(path); err != nil {
		t.Fatal(err)
	}
	other := measured(1)
	other.Scenarios[0].Name = "singles"
	if err := other.Record(path); err != nil { // beside the first
		t.Fatal(err)
	}
	recorded, err := ReadRecorded(path)
	if err != nil || recorded.Ratios["bulk"]["Leadwheel to "+byLean] != .6 || recorded.Tolerance != defaultTolerance {
		t.Fatalf("recorded %+v, %v", recorded, err)
	}
	for rate, says := range map[float64]string{490: "", 900: "", 470: "is 0.470, was 0.600 and may be 0.480"} {
		worse := strings.Join(measured(rate).Worse(recorded), " ")
		if (worse == "") != (says == "") || !strings.Contains(worse, says) {
			t.Errorf("at %.0f it says %q", rate, worse)
		}
	}
	other.Scenarios[0].Name = "plan"
	if worse := other.Worse(recorded); len(worse) != 1 || !strings.Contains(worse[0], "No ratio") {
		t.Errorf("of another scenario it says %q", worse)
	}
}

func TestPlotsAreTheSameEachTime(t *testing.T) {
	t.Parallel()
	r := measured(500, 600, 700)
	folder := t.TempDir()
	if err := r.Plot(folder); err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(filepath.Join(folder, "bench-bulk.svg"))
	if err != nil || string(text) != r.Scenarios[0].svg(r) {
		t.Fatalf("it is drawn differently, %v", err)
	}
	for _, want := range []string{"leads &amp; copies", ">Leadwheel<", "600 leads/s", "2 CPUs for 7 processes, Postgres 15"} {
		if !strings.Contains(string(text), want) {
			t.Errorf("the plot has no %q", want)
		}
	}
	for d := xml.NewDecoder(strings.NewReader(string(text))); ; {
		if _, err := d.Token(); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			t.Fatal(err)
		}
	}
}

func TestConfigsThatCannotBe(t *testing.T) {
	t.Parallel()
	good := Config{Rounds: 1, Leads: 1, Singles: 1, Rate: 1, Connections: 1, Scenarios: Names()}
	if err := good.Check(); err != nil || len(good.chosen()) != len(scenarios) {
		t.Error(err)
	}
	for says, change := range map[string]func(*Config){
		`no scenario "bulks"`: func(c *Config) { c.Scenarios = []string{"bulks"} },
		"rounds cannot be 0":  func(c *Config) { c.Rounds = 0 },
		"scale cannot be -1":  func(c *Config) { c.Scale = -1 },
	} {
		bad := good
		change(&bad)
		if err := bad.Check(); err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("%v, not %q", err, says)
		}
	}
}
