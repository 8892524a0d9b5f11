package main

import (
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"

	"github.com/leadwheel/leadwheel/internal/top"
)

// printView writes what `leadwheel top` shows. Lines that have a fixed form fit 80 columns.
func printView(out io.Writer, v top.View) error {
	fmt.Fprintf(out, "%s  processes %d  postgres %s  redis %s  scheduler %s\n\n",
		timeCell(&v.At), v.Processes, word(v.Postgres, "up", "DOWN"), word(v.Redis, "up", "DOWN"), word(v.Leading, "leads", "NONE LEADS"))
	rows := [][]string{}
	for _, f := range v.Received {
		if f.Total > 0 {
			rows = append(rows, flowRow("in, "+f.Name, f))
		}
	}
	if len(rows) == 0 {
		rows = append(rows, flowRow("in", top.Flow{}))
	}
	rows = append(rows, flowRow("given", v.Given))
	for _, f := range v.Failed {
		if f.Total > 0 {
			rows = append(rows, flowRow("failed, "+f.Name, f))
		}
	}
	if err := printTable(out, "LEADS TOTAL A_SECOND", rows); err != nil {
		return err
	}
	fmt.Fprintf(out, "\npending %d due, %d later   oldest due %s   dead tasks %d\naccepted to given: half within %s, 95 %% within %s\n\n",
		v.Due, v.Later, seconds(v.Overdue), v.DeadTasks, bound(v.P50), bound(v.P95))
	rows = nil
	for _, q := range v.Queues {
		rows = append(rows, []string{
			q.Name, strconv.Itoa(q.Pending), strconv.Itoa(q.Active), strconv.Itoa(q.Scheduled), strconv.Itoa(q.Retry), strconv.Itoa(q.Dead),
			number(q.Rate), seconds(q.Latency),
		})
	}
	if err := printTable(out, "QUEUE WAITING ACTIVE SCHEDULED RETRY DEAD A_SECOND OLDEST", rows); err != nil || len(v.Groups) == 0 {
		return err
	}
	fmt.Fprintln(out)
	rows = nil
	for _, g := range v.Groups {
		rows = append(rows, []string{g.Name, strconv.FormatInt(g.Turns, 10), sharesCell(g)})
	}
	return printTable(out, "GROUP TURNS SHARES_OF_LATE", rows)
}

// sharesCell is who got how much of a group's last turns.
func sharesCell(g top.Group) string {
	var all []string
	for _, m := range g.Members {
		share := fmt.Sprintf("%s %.0f %%", m.Name, 100*m.Share)
		if !m.Active {
			share += " (inactive)"
		}
		all = append(all, share)
	}
	const most = 8 // a line has room for
	if len(all) > most {
		all = append(all[:most], fmt.Sprintf("and %d more", len(g.Members)-most))
	}
	return strings.Join(all, ", ")
}

func flowRow(name string, f top.Flow) []string {
	return []string{name, strconv.FormatFloat(f.Total, 'f', 0, 64), number(f.Rate)}
}

func word(is bool, yes, no string) string {
	if is {
		return yes
	}
	return no
}

// number has a decimal place where it is small.
func number(v float64) string {
	if v >= 100 {
		return strconv.FormatFloat(v, 'f', 0, 64)
	}
	return strconv.FormatFloat(v, 'f', 1, 64)
}

func seconds(v float64) string {
	return time.Duration(v * float64(time.Second)).Round(time.Millisecond).String()
}

func bound(v *float64) string {
	if v == nil {
		return "-"
	}
	return seconds(*v)
}
