package main

import "net/netip"

// webhookFlags are for commands that serve: where webhooks may be.
type webhookFlags struct {
	WebhookAllow []netip.Prefix `env:"LEADWHEEL_WEBHOOK_ALLOW" placeholder:"CIDR" help:"Private networks that webhooks may reach, by http too, as in 10.1.0.0/16. Default: none, only the public internet by https."`
}
