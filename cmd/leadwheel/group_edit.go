package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"

	"github.com/google/uuid"

	"github.com/leadwheel/leadwheel/internal/client"
	"github.com/leadwheel/leadwheel/internal/lead"
)

// plannedChoice says what becomes of what is planned for receivers who leave a group.
type plannedChoice struct {
	Pending  string   `enum:",${pending_actions}" default:"" placeholder:"ACTION" help:"What becomes of leads planned for those who leave: leave (they go out as planned), spread (others get them), or delete. Without it the command is refused where there are some, and says how many for whom."`
	ToGroup  string   `placeholder:"ID|NAME" help:"For --pending=spread: the members of this distribution group."`
	ToMember []string `placeholder:"ID|NAME" help:"For --pending=spread: these members, as often as needed."`
}

// Validate implements kong's check of a command's flags.
func (c *plannedChoice) Validate() error {
	if c.Pending != "spread" && (c.ToGroup != "" || len(c.ToMember) > 0) {
		return errors.New("--to-group and --to-member go with --pending=spread")
	}
	return nil
}

// values are the choice as the API names it, nil where none was made.
func (c *plannedChoice) values(ctx context.Context, api *client.Client) (map[string]any, error) {
	if c.Pending == "" {
		return nil, nil
	}
	values := map[string]any{"action": c.Pending}
	if c.ToGroup != "" {
		group, err := find(ctx, api, "distribution group", "/v1/groups", c.ToGroup)
		if err != nil {
			return nil, err
		}
		values["group_id"] = group
	}
	if len(c.ToMember) > 0 {
		members, err := findMembers(ctx, api, c.ToMember)
		if err != nil {
			return nil, err
		}
		values["member_ids"] = members
	}
	return values, nil
}

func findMembers(ctx context.Context, api *client.Client, named []string) ([]uuid.UUID, error) {
	ids := make([]uuid.UUID, len(named))
	for i, one := range named {
		var err error
		if ids[i], err = find(ctx, api, "member", "/v1/members", one); err != nil {
			return nil, err
		}
	}
	return ids, nil
}

// namedPending says for whom leads are planned that hold up a change of a group.
func namedPending(ctx context.Context, api *client.Client, err error) error {
	refused := &client.Problem{}
	if !errors.As(err, &refused) || len(refused.Pending) == 0 {
		return err
	}
	members, unread := namesAt(ctx, api, "/v1/members")
	if unread != nil {
		return err
	}
	all := make([]string, len(refused.Pending))
	for i, p := range refused.Pending {
		all[i] = fmt.Sprintf("%d for %s", p.Count, printable(members.of(&p.MemberID)))
	}
	return fmt.Errorf("%w: %s. Choose with --pending", err, strings.Join(all, ", "))
}

// groupEditCmd is `leadwheel group edit`.
type groupEditCmd struct {
	Group  string   `arg:"" help:"Its id or exact name."`
	Name   string   `help:"Another name."`
	Add    []string `placeholder:"ID|NAME" help:"Members to add at the end, each in a slot of their own."`
	Remove []string `placeholder:"ID|NAME" help:"Members to take out wherever they are listed."`
	Slot   []string `sep:"none" placeholder:"MEMBER,…[=N]" help:"Instead of --add and --remove: all slots as they are to be, in turn order, each with its members and shares, as in --slot \"Aisyah,Ben=2\"."`
	DryRun bool     `help:"Show what would change, and change nothing."`
	balanceFlag
	referenceFlags
	plannedChoice
	client.Flags
	jsonFlag
}

// Help gives examples.
func (groupEditCmd) Help() string {
	return `Whoever was next stays next.

Examples:

  leadwheel group edit Sales --remove Ben --add Chandra --pending spread

  leadwheel group edit Sales --slot Aisyah=2 --slot Chandra --dry-run

  leadwheel group edit Sales --balance-by source`
}

// Validate implements kong's check of a command's flags.
func (c *groupEditCmd) Validate() error {
	if len(c.Slot) > 0 && len(c.Add)+len(c.Remove) > 0 {
		return errors.New("give either --slot or --add and --remove")
	}
	return c.plannedChoice.Validate()
}

// Run edits the group, or shows what that would change. JSON is printed as the API gives it.
func (c *groupEditCmd) Run(ctx context.Context, s streams) error {
	api, id, err := callForGroup(ctx, c.Flags, c.Group)
	if err != nil {
		return err
	}
	body, err := c.body(ctx, api, id)
	if err != nil {
		return err
	}
	var answer json.RawMessage
	method, path := http.MethodPut, "/v1/groups/"+id.String()
	if c.DryRun {
		method, path, body["id"] = http.MethodPost, "/v1/groups/preview", id
		delete(body, "pending")
	}
	if err := api.Call(ctx, method, path, body, &answer); err != nil {
		return fmt.Errorf("editing distribution group %s: %w", c.Group, namedPending(ctx, api, err))
	}
	if c.JSON || c.DryRun {
		return printJSON(s.out, answer)
	}
	var g struct {
		Version int
		Pending struct{ Count, Spread, Deleted int }
	}
	if err := json.Unmarshal(answer, &g); err != nil {
		return fmt.Errorf("reading distribution group %s: %w", c.Group, err)
	}
	fmt.Fprintf(s.out, "Saved as version %d. Of the leads planned for those who left, %d went to others, %d were deleted and %d are left.\n",
		g.Version, g.Pending.Spread, g.Pending.Deleted, g.Pending.Count)
	return nil
}

// body is the group as it is to be.
func (c *groupEditCmd) body(ctx context.Context, api *client.Client, id uuid.UUID) (map[string]any, error) {
	type member struct {
		MemberID uuid.UUID       `json:"member_id"`
		Notify   bool            `json:"notify"`
		Caps     json.RawMessage `json:"caps,omitempty"`
	}
	type slot struct {
		Weight  int      `json:"weight"`
		Members []member `json:"members"`
	}
	var g struct {
		Name, Method string
		Slots        []slot
		Metadata     values
	}
	if err := api.Get(ctx, "/v1/groups/"+id.String(), &g); err != nil {
		return nil, fmt.Errorf("reading distribution group %s: %w", c.Group, err)
	}
	remove, err := findMembers(ctx, api, c.Remove)
	if err != nil {
		return nil, err
	}
	add, err := findMembers(ctx, api, c.Add)
	if err != nil {
		return nil, err
	}
	for i := range g.Slots {
		g.Slots[i].Members = slices.DeleteFunc(g.Slots[i].Members, func(m member) bool { return slices.Contains(remove, m.MemberID) })
	}
	g.Slots = slices.DeleteFunc(g.Slots, func(s slot) bool { return len(s.Members) == 0 })
	for _, m := range add {
		g.Slots = append(g.Slots, slot{1, []member{{m, true, nil}}})
	}
	if c.Name != "" {
		g.Name = c.Name
	}
	body := map[string]any{"name": g.Name, "method": g.Method, "slots": g.Slots}
	if len(c.Slot) > 0 {
		slots, method, err := slotsOf(ctx, api, nil, c.Slot)
		if err != nil {
			return nil, err
		}
		body["slots"] = slots
		if method == lead.RoundRobinMultiple && g.Method == string(lead.RoundRobin) {
			body["method"] = method
		}
	}
	c.set(body)
	if err := c.intoGroup(body, g.Metadata); err != nil {
		return nil, err
	}
	choice, err := c.values(ctx, api)
	if choice != nil {
		body["pending"] = choice
	}
	return body, err
}

// intoGroup puts what another system keeps into a group's body, which is saved as a whole: what the flags do not name stays.
func (c *groupEditCmd) intoGroup(body, had values) error {
	changes := make(values)
	if err := c.into(changes); err != nil {
		return err
	}
	if metadata, given := changes["metadata"].(values); given {
		maps.Copy(had, metadata)
		had.dropCleared()
		changes["metadata"] = had
	}
	maps.Copy(body, changes)
	return nil
}

// groupDeleteCmd is `leadwheel group delete`.
type groupDeleteCmd struct {
	Group string `arg:"" help:"Its id or exact name."`
	plannedChoice
	consentFlag
	client.Flags
	jsonFlag
}

// Help gives an example.
func (groupDeleteCmd) Help() string {
	return `Its turns and history stay.

Example:

  leadwheel group delete Sales --pending spread --to-group "All of us"`
}

// Run deletes the group.
func (c *groupDeleteCmd) Run(ctx context.Context, s streams) error {
	api, id, err := callForGroup(ctx, c.Flags, c.Group)
	if err != nil {
		return err
	}
	choice, err := c.values(ctx, api)
	if err != nil {
		return err
	}
	if err := c.askPerson(s, fmt.Sprintf("Delete the distribution group %s? Its turns and history stay.", printable(c.Group))); err != nil {
		return err
	}
	if err := api.Call(ctx, http.MethodDelete, "/v1/groups/"+id.String()+"?"+inQuery(choice).Encode(), nil, nil); err != nil {
		return fmt.Errorf("deleting distribution group %s: %w", c.Group, namedPending(ctx, api, err))
	}
	if c.JSON {
		return printJSON(s.out, map[string]any{"id": id, "deleted": true})
	}
	_, err = fmt.Fprintln(s.out, "Deleted.")
	return err
}
