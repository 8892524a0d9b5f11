package main

import (
	"context"
	"errors"
	"time"

	"github.com/leadwheel/leadwheel/internal/client"
)

// receiverFlags are flags that say who gets leads, and when.
type receiverFlags struct {
	Group  string   `placeholder:"ID|NAME" help:"The distribution group: one turn a lead."`
	Member []string `sep:"none" placeholder:"ID|NAME" help:"Members instead of a group, as often as needed: each gets a copy of each lead."`
	Pace   string   `enum:",${paces}" default:"" placeholder:"PACE" help:"Spread the leads over days: slow (4-6 a day for each member), normal (5-7) or fast (8-12)."`
	At     *moment  `placeholder:"TIME" help:"When they go out: a time such as 2026-12-31T18:00:00+08:00, or 12h or 7d from now. Default: now."`
}

// named says that somebody is to get leads.
func (f *receiverFlags) named() bool { return f.Group != "" || len(f.Member) > 0 }

// check refuses what names nobody, or two ways.
func (f *receiverFlags) check() error {
	switch {
	case f.Group != "" && len(f.Member) > 0:
		return errors.New("give either --group or --member")
	case f.Pace != "" && f.At.isSet():
		return errors.New("give either --pace or --at")
	case !f.named() && (f.Pace != "" || f.At.isSet()):
		return errors.New("--pace and --at go with --group or --member")
	}
	return nil
}

// into puts who and when into a request, as the API names it.
func (f *receiverFlags) into(ctx context.Context, api *client.Client, v values) error {
	if f.Group != "" {
		if err := v.id(ctx, api, "group_id", groupNoun, &f.Group); err != nil {
			return err
		}
	} else {
		members, err := findMembers(ctx, api, f.Member)
		if err != nil {
			return err
		}
		v["member_ids"] = members
	}
	if f.Pace != "" {
		v["pace"] = f.Pace
	}
	if f.At.isSet() {
		v["at"] = f.At.after(time.Now()).UTC()
	}
	return nil
}
