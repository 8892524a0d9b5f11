package main

import "context"

type integrationEditCmd struct {
	Integration string  `arg:"" help:"Its id or exact name."`
	Name        *string `help:"Another name."`
	integrationFields
	apiFlags
}

// Help gives examples.
func (integrationEditCmd) Help() string {
	return `What no flag names stays as it is, secrets too.

Examples:

  leadwheel integration edit "Google form" --no-enabled

  leadwheel integration edit "Lead ads" --access-token @meta.token`
}

// Run changes the integration.
func (c *integrationEditCmd) Run(ctx context.Context, s streams) error {
	api, err := call(c.Flags)
	if err != nil {
		return err
	}
	v, err := c.values(ctx, api)
	if err != nil {
		return err
	}
	put(v, "name", c.Name)
	return integrationNoun.edit(ctx, s, c.apiFlags, c.Integration, v, integrationNoun.saved(s, "saved"))
}

type integrationDeleteCmd struct {
	Integration string `arg:"" help:"Its id or exact name."`
	consentFlag
	apiFlags
}

// Help gives an example.
func (integrationDeleteCmd) Help() string {
	return `integration edit --no-enabled pauses one, which keeps what is delivered meanwhile.

Example:

  leadwheel integration delete "Google form" --yes`
}

// Run closes the integration's address.
func (c *integrationDeleteCmd) Run(ctx context.Context, s streams) error {
	return integrationNoun.remove(ctx, s, c.apiFlags, c.consentFlag, c.Integration, "Its address takes no more leads; those that came in stay.", nil)
}
