package main

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"

	"github.com/google/uuid"
)

// sourceCmd is `leadwheel source`.
type sourceCmd struct {
	Create sourceCreateCmd `cmd:"" help:"Add a source."`
	List   sourceListCmd   `cmd:"" help:"List the sources."`
	Edit   sourceEditCmd   `cmd:"" help:"Rename a source, or choose where it is offered."`
	Merge  sourceMergeCmd  `cmd:"" help:"Make a source another name of a second one."`
	Delete sourceDeleteCmd `cmd:"" help:"Delete a source that nothing has."`
}

// sourceFields are the flags that say what a source is to be.
type sourceFields struct {
	Enabled      *bool `negatable:"" help:"Whether it is offered for new choices."`
	ForLeads     *bool `negatable:"" help:"Whether leads may have it."`
	ForCustomers *bool `negatable:"" help:"Whether customers may have it."`
}

func (f sourceFields) values() values {
	v := make(values)
	put(v, "enabled", f.Enabled)
	put(v, "for_leads", f.ForLeads)
	put(v, "for_customers", f.ForCustomers)
	return v
}

type sourceCreateCmd struct {
	Name string `arg:"" help:"What it is called; unique, whatever its case and spaces."`
	sourceFields
	referenceFlags
	apiFlags
}

// Help gives an example.
func (sourceCreateCmd) Help() string {
	return `Unless flags say otherwise, it is offered for leads and for customers.

Example:

  leadwheel source create Expo --no-for-customers`
}

// Run adds the source.
func (c *sourceCreateCmd) Run(ctx context.Context, s streams) error {
	v := c.values()
	v["name"] = c.Name
	if err := c.into(v); err != nil {
		return err
	}
	return sourceNoun.create(ctx, s, c.apiFlags, v, sourceNoun.saved(s, "added"))
}

type sourceListCmd struct {
	For string `enum:",lead,customer" default:"" placeholder:"lead|customer" help:"Only those offered for new leads, or for new customers."`
	byExternalID
	listFlags `set:"most=500"`
}

// Help gives an example.
func (sourceListCmd) Help() string {
	return `Newest first.

Example:

  leadwheel source list --for lead`
}

// Run prints the sources.
func (c *sourceListCmd) Run(ctx context.Context, s streams) error {
	api, err := call(c.Flags)
	if err != nil {
		return err
	}
	query := c.query()
	if c.For != "" {
		query.Set("for", c.For)
	}
	return sourceNoun.list(ctx, s, api, c.listFlags, query, "ID NAME ENABLED FOR_LEADS FOR_CUSTOMERS", func(item json.RawMessage) ([]string, error) {
		var one struct {
			ID           uuid.UUID `json:"id"`
			Name         string    `json:"name"`
			Enabled      bool      `json:"enabled"`
			ForLeads     bool      `json:"for_leads"`
			ForCustomers bool      `json:"for_customers"`
		}
		err := json.Unmarshal(item, &one)
		return []string{one.ID.String(), one.Name, yesNo(one.Enabled), yesNo(one.ForLeads), yesNo(one.ForCustomers)}, err
	})
}

type sourceEditCmd struct {
	Source string  `arg:"" help:"Its id or exact name."`
	Name   *string `help:"Another name."`
	sourceFields
	referenceFlags
	apiFlags
}

// Help gives an example.
func (sourceEditCmd) Help() string {
	return `Leads and customers that have it keep it.

Example:

  leadwheel source edit Expo --name "Expo 2026" --no-enabled`
}

// Run changes the source.
func (c *sourceEditCmd) Run(ctx context.Context, s streams) error {
	v := c.values()
	put(v, "name", c.Name)
	if err := c.into(v); err != nil {
		return err
	}
	return sourceNoun.edit(ctx, s, c.apiFlags, c.Source, v, sourceNoun.saved(s, "saved"))
}

type sourceMergeCmd struct {
	Source string `arg:"" help:"The id or exact name of the one that ends."`
	Into   string `required:"" placeholder:"ID|NAME" help:"The one that stays."`
	consentFlag
	apiFlags
}

// Help gives an example.
func (sourceMergeCmd) Help() string {
	return `What has the first one shows the second, and files and integrations that name the first mean the second.

Example:

  leadwheel source merge Expp --into Expo --yes`
}

// Run merges the source.
func (c *sourceMergeCmd) Run(ctx context.Context, s streams) error {
	api, err := call(c.Flags)
	if err != nil {
		return err
	}
	from, err := sourceNoun.find(ctx, api, c.Source)
	if err != nil {
		return err
	}
	into, err := sourceNoun.find(ctx, api, c.Into)
	if err != nil {
		return err
	}
	if err := c.ask(s, fmt.Sprintf("Merge the source %s into %s? All that has it shows that one from then on.", printable(c.Source), printable(c.Into))); err != nil {
		return err
	}
	return sourceNoun.send(ctx, s, c.apiFlags, http.MethodPost, sourceNoun.path+"/"+from.String()+"/merge", values{"into": into}, sourceNoun.saved(s, "what both are now"))
}

type sourceDeleteCmd struct {
	Source string `arg:"" help:"Its id or exact name."`
	consentFlag
	apiFlags
}

// Help gives an example.
func (sourceDeleteCmd) Help() string {
	return `One that leads or customers have is refused: source edit --no-enabled offers it no more, source merge gives them another.

Example:

  leadwheel source delete Expp --yes`
}

// Run deletes the source.
func (c *sourceDeleteCmd) Run(ctx context.Context, s streams) error {
	return sourceNoun.remove(ctx, s, c.apiFlags, c.consentFlag, c.Source, "Nothing has it, else it is refused.", nil)
}
