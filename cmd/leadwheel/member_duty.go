package main

import (
	"context"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"

	"github.com/leadwheel/leadwheel/internal/client"
)

type memberDutyCmd struct {
	Member string `arg:"" help:"Their id or exact name."`
	Is     string `arg:"" enum:"on,off" help:"on: they take leads by turn. off: they are passed over."`
	apiFlags
}

// Help gives an example.
func (memberDutyCmd) Help() string {
	return `What is planned for them is held back while they are off duty. What somebody gives them by name they get all the same.

Example:

  leadwheel member duty Aisyah off`
}

// Run switches the member.
func (c *memberDutyCmd) Run(ctx context.Context, s streams) error {
	return memberNoun.edit(ctx, s, c.apiFlags, c.Member, values{"on_duty": c.Is == "on"}, memberNoun.saved(s, c.Is+" duty"))
}

// spanList are working hours as JSON has them, by weekday.
type spanList map[string][]map[string]string

type memberHoursCmd struct {
	Member string   `arg:"" help:"Their id or exact name."`
	Day    []string `sep:"none" placeholder:"DAYS=SPANS" help:"When they work, by their own clock, as in --day mon-fri=09:00-12:30,13:30-18:00. Days that are not named have no working time. As often as needed."`
	Always bool     `help:"They work at any time."`
	apiFlags
}

// Help gives examples.
func (memberHoursCmd) Help() string {
	return `Without --day and --always it shows their hours. A span may pass midnight, and end at 24:00.

Examples:

  leadwheel member hours Aisyah --day mon-fri=09:00-18:00 --day sat=10:00-13:00

  leadwheel member hours Aisyah --always`
}

// Validate implements kong's check of a command's flags.
func (c *memberHoursCmd) Validate() error {
	if c.Always && len(c.Day) > 0 {
		return fmt.Errorf("give either --day or --always")
	}
	_, err := c.hours()
	return err
}

// weekdays are the days as the API calls them, in their order.
var weekdays = []string{"mon", "tue", "wed", "thu", "fri", "sat", "sun"}

// hours reads the flags.
func (c *memberHoursCmd) hours() (spanList, error) {
	hours := make(spanList)
	for _, given := range c.Day {
		days, spans, is := strings.Cut(given, "=")
		from, to, several := strings.Cut(days, "-")
		if !several {
			to = from
		}
		first, last := indexOf(weekdays, from), indexOf(weekdays, to)
		if !is || first < 0 || last < first {
			return nil, fmt.Errorf("--day %s: write it as in mon-fri=09:00-18:00 or sat=10:00-13:00", given)
		}
		for _, day := range weekdays[first : last+1] {
			for span := range strings.SplitSeq(spans, ",") {
				begins, ends, is := strings.Cut(strings.TrimSpace(span), "-")
				if !is {
					return nil, fmt.Errorf("--day %s: write a span as in 09:00-18:00", given)
				}
				hours[day] = append(hours[day], map[string]string{"from": begins, "to": ends})
			}
		}
	}
	return hours, nil
}

func indexOf(all []string, one string) int {
	for i, s := range all {
		if s == one {
			return i
		}
	}
	return -1
}

// Run sets the member's hours, or shows them.
func (c *memberHoursCmd) Run(ctx context.Context, s streams) error {
	if c.Always {
		return memberNoun.edit(ctx, s, c.apiFlags, c.Member, values{"working_hours": nil}, memberNoun.saved(s, "there at any time"))
	}
	hours, err := c.hours()
	if err != nil {
		return err
	}
	if len(hours) > 0 {
		return memberNoun.edit(ctx, s, c.apiFlags, c.Member, values{"working_hours": hours}, memberNoun.saved(s, "saved"))
	}
	return memberNoun.show(ctx, s, c.apiFlags, c.Member, func(_ *client.Client, answer json.RawMessage) error {
		var m struct {
			WorkingHours spanList `json:"working_hours"`
		}
		if err := json.Unmarshal(answer, &m); err != nil {
			return fmt.Errorf("reading the member: %w", err)
		}
		rows := make([][]string, len(weekdays))
		for i, day := range weekdays {
			var spans []string
			for _, span := range m.WorkingHours[day] {
				spans = append(spans, span["from"]+"-"+span["to"])
			}
			if rows[i] = []string{day, strings.Join(spans, ", ")}; m.WorkingHours == nil {
				rows[i][1] = "any time"
			}
		}
		return printTable(s.out, "DAY WORKS", rows)
	})
}

type memberCapsCmd struct {
	Member   string  `arg:"" help:"Their id or exact name."`
	PerHour  *string `placeholder:"N" help:"Leads an hour at the most. Empty: any number."`
	PerDay   *string `placeholder:"N" help:"Leads a day. Empty: any number."`
	PerWeek  *string `placeholder:"N" help:"Leads a week, from Monday. Empty: any number."`
	PerMonth *string `placeholder:"N" help:"Leads a month. Empty: any number."`
	Open     *string `placeholder:"N" help:"Leads whose status is not closed. Empty: any number."`
	None     bool    `help:"No limits at all."`
	apiFlags
}

// Help gives examples.
func (memberCapsCmd) Help() string {
	return `What a member gets at the most by turn, over all groups. What no flag names stays as it is; without flags it shows them.

Examples:

  leadwheel member caps Aisyah --per-day 10 --open 40

  leadwheel member caps Aisyah --per-day ""`
}

// caps reads the flags, over those that the member has.
func (c *memberCapsCmd) caps(had map[string]*int) error {
	for name, flag := range map[string]*string{"per_hour": c.PerHour, "per_day": c.PerDay, "per_week": c.PerWeek, "per_month": c.PerMonth, "open": c.Open} {
		switch {
		case flag == nil:
		case *flag == "":
			had[name] = nil
		default:
			n, err := strconv.Atoi(*flag)
			if err != nil || n < 1 {
				return usageError{fmt.Errorf("--%s %s: give a number above 0, or nothing", strings.ReplaceAll(name, "_", "-"), *flag)}
			}
			had[name] = &n
		}
	}
	return nil
}

// Run sets the member's caps, or shows them.
func (c *memberCapsCmd) Run(ctx context.Context, s streams) error {
	if c.None {
		return memberNoun.edit(ctx, s, c.apiFlags, c.Member, values{"caps": nil}, memberNoun.saved(s, "without limits"))
	}
	api, err := call(c.Flags)
	if err != nil {
		return err
	}
	id, err := memberNoun.one(ctx, api, c.Member)
	if err != nil {
		return err
	}
	var m struct{ Caps map[string]*int }
	if err := api.Get(ctx, memberNoun.path+"/"+id.String(), &m); err != nil {
		return fmt.Errorf("reading the member %s: %w", c.Member, err)
	}
	if m.Caps == nil {
		m.Caps = make(map[string]*int)
	}
	if err := c.caps(m.Caps); err != nil {
		return err
	}
	if c.PerHour != nil || c.PerDay != nil || c.PerWeek != nil || c.PerMonth != nil || c.Open != nil {
		return memberNoun.edit(ctx, s, c.apiFlags, id.String(), values{"caps": m.Caps}, memberNoun.saved(s, "saved"))
	}
	if c.JSON {
		return printJSON(s.out, m.Caps)
	}
	var rows [][]string
	for _, name := range []string{"per_hour", "per_day", "per_week", "per_month", "open"} {
		most := "any number"
		if n := m.Caps[name]; n != nil {
			most = strconv.Itoa(*n)
		}
		rows = append(rows, []string{name, most})
	}
	return printTable(s.out, "CAP MOST", rows)
}
