package bench

import (
	"fmt"
	"os"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

// TestCapacityFollowsFromCosts works the table of docs/capacity.md out anew from what docs/performance.md says a lead costs.
func TestCapacityFollowsFromCosts(t *testing.T) {
	t.Parallel()
	costs := make(map[string][]float64)
	for name, cells := range tableOf(t, "performance.md", "| a lead | CPU of Postgres | of Leadwheel | of Redis | log | disk |") {
		for _, cell := range cells {
			n, err := strconv.ParseFloat(strings.ReplaceAll(regexp.MustCompile(`[\d,.]*`).FindString(cell), ",", ""), 64)
			if err != nil {
				break // what COPY takes of Leadwheel is left out
			}
			costs[name] = append(costs[name], n)
		}
	}
	worked := 0
	for name, cells := range tableOf(t, "capacity.md", "| 1,000,000 leads in an hour | Postgres | Leadwheel | Redis | log | disk |") {
		var sum [5]float64
		for part := range strings.SplitSeq(name, " + ") {
			if len(costs[part]) != len(sum) {
				t.Fatalf("performance.md has no row %q: %v", part, costs)
			}
			for i, n := range costs[part] {
				sum[i] += n
			}
		}
		want := []string{
			fmt.Sprintf("%.3f cores", sum[0]/3600), fmt.Sprintf("%.3f cores", sum[1]/3600), fmt.Sprintf("%.3f cores", sum[2]/3600),
			fmt.Sprintf("%.2f MB/s", sum[3]/3600), fmt.Sprintf("%.2f GB", sum[4]/1000),
		}
		if got := strings.Join(cells, ", "); got != strings.Join(want, ", ") {
			t.Errorf("%s: it says %s, and performance.md %s", name, got, strings.Join(want, ", "))
		}
		worked++
	}
	if worked < 4 {
		t.Errorf("%d rows are in the table", worked)
	}
}

// tableOf are the rows of a table in docs, by their first cells.
func tableOf(t *testing.T, page, head string) map[string][]string {
	t.Helper()
	text, err := os.ReadFile("../../docs/" + page)
	if err != nil {
		t.Fatal(err)
	}
	_, below, found := strings.Cut(string(text), head+"\n")
	if !found {
		t.Fatalf("%s has no table with the head %s", page, head)
	}
	rows := make(map[string][]string)
	for line := range strings.Lines(below) {
		if !strings.HasPrefix(line, "|") {
			break
		}
		cells := strings.Split(strings.Trim(strings.TrimSpace(line), "|"), "|")
		for i := range cells {
			cells[i] = strings.TrimSpace(cells[i])
		}
		if !strings.HasPrefix(cells[0], "---") {
			rows[cells[0]] = cells[1:]
		}
	}
	return rows
}
