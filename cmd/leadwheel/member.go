package main

import (
	"context"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/leadwheel/leadwheel/internal/client"
)

// memberCmd is `leadwheel member`.
type memberCmd struct {
	Create     memberCreateCmd     `cmd:"" help:"Add a member."`
	List       memberListCmd       `cmd:"" help:"List the members."`
	Show       memberShowCmd       `cmd:"" help:"Show a member, and what they have pending."`
	Edit       memberEditCmd       `cmd:"" help:"Change a member's name, addresses, and when and how they are told."`
	Duty       memberDutyCmd       `cmd:"" help:"Put a member on duty or off."`
	Hours      memberHoursCmd      `cmd:"" help:"Show or set when a member works."`
	Absence    memberAbsenceCmd    `cmd:"" help:"Say when a member is away."`
	Caps       memberCapsCmd       `cmd:"" help:"Show or set how many leads a member gets at the most."`
	Deactivate memberDeactivateCmd `cmd:"" help:"Give a member no more leads, and choose what becomes of what is planned for them."`
	Activate   memberActivateCmd   `cmd:"" help:"Give a member leads again."`
	Delete     memberDeleteCmd     `cmd:"" help:"Remove a member; their history stays."`
}

// memberItem is what the tables show of a member.
type memberItem struct {
	ID             uuid.UUID `json:"id"`
	Name           string    `json:"name"`
	Email          *string   `json:"email"`
	ExternalID     *string   `json:"external_id"`
	TelegramChatID *string   `json:"telegram_chat_id"`
	Timezone       *string   `json:"timezone"`
	NotifyBy       *[]string `json:"notify_by"`
	QuietHours     *struct {
		From string `json:"from"`
		To   string `json:"to"`
	} `json:"quiet_hours"`
	Active  bool `json:"active"`
	Pending struct {
		Count     int        `json:"count"`
		NextDueAt *time.Time `json:"next_due_at"`
	} `json:"pending"`
}

// memberFields are the flags that say what a member is to be.
type memberFields struct {
	Email    *string `placeholder:"ADDRESS" help:"Where they are told of their leads by e-mail. Empty: none."`
	Telegram *string `placeholder:"CHAT" help:"The number of their Telegram chat. Empty: none."`
	Timezone *string `placeholder:"ZONE" help:"Their time zone, as in Asia/Kuala_Lumpur. Empty: the workspace's."`
	Language *string `placeholder:"TAG" help:"What they read, and are told in: en, or ms for Bahasa Malaysia. Empty: the workspace's."`
	NotifyBy *string `placeholder:"CHANNELS" help:"How they are told: telegram, email or both with a comma between; none: not at all; empty: by whatever reaches them."`
	Quiet    *string `placeholder:"FROM-TO" help:"When they get no messages, by their own clock, as in 22:00-07:00. Empty: never."`
}

func (f memberFields) values() (values, error) {
	v := make(values)
	v.text("email", f.Email)
	v.text("telegram_chat_id", f.Telegram)
	v.text("timezone", f.Timezone)
	v.text("language", f.Language)
	v.text("notify_by", f.NotifyBy)
	switch by := v["notify_by"]; by {
	case nil:
	case "none":
		v["notify_by"] = []string{}
	default:
		v["notify_by"] = strings.Split(by.(string), ",")
	}
	v.text("quiet_hours", f.Quiet)
	if hours, given := v["quiet_hours"].(string); given {
		from, to, found := strings.Cut(hours, "-")
		if !found {
			return nil, usageError{fmt.Errorf("--quiet %s: write it as in 22:00-07:00", hours)}
		}
		v["quiet_hours"] = map[string]string{"from": strings.TrimSpace(from), "to": strings.TrimSpace(to)}
	}
	return v, nil
}

type memberCreateCmd struct {
	Name string `arg:"" help:"What they are called."`
	memberFields
	referenceFlags
	apiFlags
}

// Help gives an example.
func (memberCreateCmd) Help() string {
	return `Members get leads once a distribution group lists them.

Example:

  leadwheel member create Aisyah --email aisyah@example.com --quiet 22:00-07:00 --external-id hr-118 --metadata branch=Penang`
}

// Run adds the member. JSON is printed as the API gives it, as by all commands of this kind.
func (c *memberCreateCmd) Run(ctx context.Context, s streams) error {
	v, err := c.values()
	if err != nil {
		return err
	}
	v["name"] = c.Name
	if err := c.into(v); err != nil {
		return err
	}
	return memberNoun.create(ctx, s, c.apiFlags, v, memberNoun.saved(s, "added"))
}

type memberListCmd struct {
	Email string `placeholder:"ADDRESS" help:"Only who has this address."`
	byExternalID
	listFlags `set:"most=500"`
}

// Help gives an example.
func (memberListCmd) Help() string {
	return `Newest first.

Example:

  leadwheel member list`
}

// Run prints the members.
func (c *memberListCmd) Run(ctx context.Context, s streams) error {
	api, err := call(c.Flags)
	if err != nil {
		return err
	}
	query := c.query()
	if c.Email != "" {
		query.Set("email", c.Email)
	}
	return memberNoun.list(ctx, s, api, c.listFlags, query, "ID NAME ACTIVE EMAIL TELEGRAM TIMEZONE", func(item json.RawMessage) ([]string, error) {
		var m memberItem
		err := json.Unmarshal(item, &m)
		return []string{m.ID.String(), m.Name, yesNo(m.Active), textCell(m.Email), textCell(m.TelegramChatID), textCell(m.Timezone)}, err
	})
}

func yesNo(is bool) string {
	if is {
		return "yes"
	}
	return "no"
}

type memberShowCmd struct {
	Member string `arg:"" help:"Their id or exact name."`
	apiFlags
}

// Help gives an example.
func (memberShowCmd) Help() string {
	return `Example:

  leadwheel member show Aisyah`
}

// Run prints the member.
func (c *memberShowCmd) Run(ctx context.Context, s streams) error {
	return memberNoun.show(ctx, s, c.apiFlags, c.Member, func(_ *client.Client, answer json.RawMessage) error {
		var m memberItem
		if err := json.Unmarshal(answer, &m); err != nil {
			return fmt.Errorf("reading the member: %w", err)
		}
		told, quiet := "whatever reaches them", "never"
		if m.NotifyBy != nil {
			told = strings.Join(*m.NotifyBy, ", ")
		}
		if m.QuietHours != nil {
			quiet = m.QuietHours.From + "-" + m.QuietHours.To
		}
		return printTable(s.out, "FIELD IS", [][]string{
			{"id", m.ID.String()}, {"name", m.Name}, {"active", yesNo(m.Active)}, {"e-mail", textCell(m.Email)},
			{"external id", textCell(m.ExternalID)}, {"Telegram", textCell(m.TelegramChatID)}, {"time zone", textCell(m.Timezone)}, {"told by", told}, {"quiet", quiet},
			{"pending", strconv.Itoa(m.Pending.Count)}, {"next due", timeCell(m.Pending.NextDueAt)},
		})
	})
}

type memberEditCmd struct {
	Member string  `arg:"" help:"Their id or exact name."`
	Name   *string `help:"Another name."`
	memberFields
	referenceFlags
	apiFlags
}

// Help gives examples.
func (memberEditCmd) Help() string {
	return `What no flag names stays as it is.

Examples:

  leadwheel member edit Aisyah --name "Aisyah binti Ali" --email aisyah@example.com

  leadwheel member edit Ben --quiet "" --notify-by telegram,email`
}

// Run changes the member.
func (c *memberEditCmd) Run(ctx context.Context, s streams) error {
	v, err := c.values()
	if err != nil {
		return err
	}
	put(v, "name", c.Name)
	if err := c.into(v); err != nil {
		return err
	}
	return memberNoun.edit(ctx, s, c.apiFlags, c.Member, v, memberNoun.saved(s, "saved"))
}
