package main

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/leadwheel/leadwheel/internal/client"
)

// fairnessCmd is `leadwheel fairness`.
type fairnessCmd struct {
	Group string  `arg:"" placeholder:"ID|NAME" help:"The distribution group."`
	From  *moment `placeholder:"TIME" help:"From when on: a time such as 2026-12-31T18:00:00+08:00, or 12h or 7d ago; 30d unless given."`
	To    *moment `placeholder:"TIME" help:"Until before when; now unless given."`
	By    string  `enum:"member,source" default:"member" help:"member, or source: each member's by the source of the leads."`
	client.Flags
	jsonFlag
}

// Help gives examples.
func (fairnessCmd) Help() string {
	return `What each receiver was due and got: DUE are turns that were theirs, SHARE what their places in the ring come to of all turns,
PASSED OVER for how many leads, and why. What was undone is not counted.

Examples:

  leadwheel fairness Sales --from 7d

  leadwheel fairness Sales --by source --json`
}

// fair is what the table shows of a receiver.
type fair struct {
	MemberID  uuid.UUID      `json:"member_id"`
	Source    *string        `json:"source"`
	Due       int            `json:"due"`
	Share     float64        `json:"share"`
	Received  int            `json:"received"`
	Passed    map[string]int `json:"passed"`
	Debt      int            `json:"debt"`
	Withdrawn int            `json:"withdrawn"`
	Answered  int            `json:"answered"`
	InTime    int            `json:"answered_in_time"`
	Median    *float64       `json:"median_answer_seconds"`
}

// Run prints it. JSON is printed as the API gives it.
func (c *fairnessCmd) Run(ctx context.Context, s streams) error {
	api, err := call(c.Flags)
	if err != nil {
		return err
	}
	group, err := find(ctx, api, "distribution group", "/v1/groups", c.Group)
	if err != nil {
		return err
	}
	query := url.Values{"group_id": {group.String()}, "by": {c.By}}
	for name, at := range map[string]*moment{"from": c.From, "to": c.To} {
		if at.isSet() {
			query.Set(name, at.before(time.Now()).UTC().Format(time.RFC3339Nano))
		}
	}
	var answer json.RawMessage
	if err := api.Get(ctx, "/v1/fairness?"+query.Encode(), &answer); err != nil {
		return fmt.Errorf("reading the fairness of group %s: %w", c.Group, err)
	}
	if c.JSON {
		return printJSON(s.out, answer)
	}
	var report struct{ Items []fair }
	if err := json.Unmarshal(answer, &report); err != nil {
		return fmt.Errorf("reading the fairness of group %s: %w", c.Group, err)
	}
	members, err := namesAt(ctx, api, "/v1/members")
	if err != nil {
		return err
	}
	rows := make([][]string, len(report.Items))
	for i, f := range report.Items {
		rows[i] = f.row(members)
	}
	return printTable(s.out, "MEMBER SOURCE DUE SHARE RECEIVED PASSED_OVER DEBT TAKEN_BACK ANSWERED IN_TIME MEDIAN", rows)
}

func (f fair) row(members names) []string {
	source, median := "", ""
	if f.Source != nil {
		source = *f.Source
	}
	if f.Median != nil {
		median = time.Duration(*f.Median * float64(time.Second)).Round(time.Second).String()
	}
	var passed []string
	for _, reason := range slices.Sorted(maps.Keys(f.Passed)) {
		passed = append(passed, fmt.Sprintf("%s %d", reason, f.Passed[reason]))
	}
	row := []string{members.of(&f.MemberID), source, strconv.Itoa(f.Due), strconv.FormatFloat(f.Share, 'f', 1, 64), strconv.Itoa(f.Received), strings.Join(passed, ", ")}
	for _, n := range []int{f.Debt, f.Withdrawn, f.Answered, f.InTime} {
		row = append(row, strconv.Itoa(n))
	}
	return append(row, median)
}
