package main

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/leadwheel/leadwheel/internal/client"
	"github.com/leadwheel/leadwheel/internal/lead"
)

type groupCreateCmd struct {
	Name   string      `arg:"" help:"What it is called."`
	Member []string    `sep:"none" placeholder:"ID|NAME" help:"Who gets its leads, in turn order, as often as needed: each in a slot of their own."`
	Slot   []string    `sep:"none" placeholder:"MEMBER,…[=N]" help:"Instead of --member: a slot whose members each get a copy, and its shares, as in --slot \"Aisyah,Ben=2\"."`
	Method lead.Method `enum:",${methods}" default:"" placeholder:"METHOD" help:"round_robin, round_robin_multiple or first_to_accept (a lead is offered to a slot, and the first to accept it gets it). Default: round_robin_multiple where a slot has several members."`
	balanceFlag
	referenceFlags
	apiFlags
}

// Help gives examples.
func (groupCreateCmd) Help() string {
	return `Turns go round in the order given here.

Examples:

  leadwheel group create Inbound --member Aisyah --member Ben

  leadwheel group create Pairs --slot "Aisyah,Ben=2" --slot Chandra

  leadwheel group create Ads --member Aisyah --member Ben --balance-by campaign`
}

// Validate implements kong's check of a command's flags.
func (c *groupCreateCmd) Validate() error {
	if (len(c.Member) > 0) == (len(c.Slot) > 0) {
		return errors.New("say who gets its leads: give --member, or --slot, as often as needed")
	}
	return nil
}

// Run adds the group.
func (c *groupCreateCmd) Run(ctx context.Context, s streams) error {
	api, err := call(c.Flags)
	if err != nil {
		return err
	}
	slots, method, err := slotsOf(ctx, api, c.Member, c.Slot)
	if err != nil {
		return err
	}
	if c.Method != "" {
		method = c.Method
	}
	body := values{"name": c.Name, "method": method, "slots": slots}
	c.set(body)
	if err := c.into(body); err != nil {
		return err
	}
	return groupNoun.create(ctx, s, c.apiFlags, body, groupNoun.saved(s, "added"))
}

// slotsOf are the slots that flags describe, as the API names them, and the method that goes with them.
func slotsOf(ctx context.Context, api *client.Client, members, described []string) ([]values, lead.Method, error) {
	slots, method := []values{}, lead.RoundRobin
	add := func(named []string, weight int) error {
		found, err := findMembers(ctx, api, named)
		if err != nil {
			return err
		}
		if len(found) > 1 {
			method = lead.RoundRobinMultiple
		}
		slot := make([]values, len(found))
		for i, id := range found {
			slot[i] = values{"member_id": id}
		}
		slots = append(slots, values{"members": slot, "weight": weight})
		return nil
	}
	for _, one := range members {
		if err := add([]string{one}, 1); err != nil {
			return nil, "", err
		}
	}
	for _, text := range described {
		named, weight, err := parseSlot(text)
		if err != nil {
			return nil, "", err
		}
		if err := add(named, weight); err != nil {
			return nil, "", err
		}
	}
	return slots, method, nil
}

// parseSlot reads members and the shares of their slot, as in Aisyah,Ben=2. Who has a comma or a sign of equality in
// their name is given by id.
func parseSlot(text string) (members []string, weight int, err error) {
	named, shares, weighted := strings.Cut(text, "=")
	weight = 1
	if weighted {
		if weight, err = strconv.Atoi(strings.TrimSpace(shares)); err != nil || weight < 1 {
			return nil, 0, usageError{fmt.Errorf("--slot %s: what follows = is how many shares the slot has, as in --slot \"Aisyah,Ben=2\"", text)}
		}
	}
	for one := range strings.SplitSeq(named, ",") {
		if one = strings.TrimSpace(one); one == "" {
			return nil, 0, usageError{fmt.Errorf("--slot %s names nobody at one place", text)}
		}
		members = append(members, one)
	}
	return members, weight, nil
}
