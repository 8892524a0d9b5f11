package main

import (
	"strings"

	"github.com/leadwheel/leadwheel/internal/openid"
)

// signInFlags are for commands that serve, and for doctor: who vouches for people who sign in.
type signInFlags struct {
	OIDCIssuer       string   `name:"oidc-issuer" env:"LEADWHEEL_OIDC_ISSUER" placeholder:"URL" help:"Provider of OpenID Connect by which people who are invited can sign in, as in https://accounts.example.com. Default: none."`
	OIDCClientID     string   `name:"oidc-client-id" env:"LEADWHEEL_OIDC_CLIENT_ID" placeholder:"TEXT" help:"What the provider calls this server."`
	OIDCClientSecret string   `name:"oidc-client-secret" env:"LEADWHEEL_OIDC_CLIENT_SECRET" placeholder:"SECRET" help:"The secret that goes with it."`
	OIDCName         string   `name:"oidc-name" env:"LEADWHEEL_OIDC_NAME" placeholder:"TEXT" help:"What people call the provider, for the button. Default: its host."`
	OIDCDomains      []string `name:"oidc-domains" env:"LEADWHEEL_OIDC_DOMAINS" placeholder:"NAME,…" help:"Domains of which an address must be that the provider vouches for. Default: any; people must be invited all the same."`
}

// openID are the provider's settings, without where it sends people back to.
func (f signInFlags) openID() openid.Options {
	domains := make([]string, 0, len(f.OIDCDomains))
	for _, d := range f.OIDCDomains {
		if d = strings.TrimPrefix(strings.TrimSpace(d), "@"); d != "" {
			domains = append(domains, d)
		}
	}
	return openid.Options{Issuer: f.OIDCIssuer, ClientID: f.OIDCClientID, ClientSecret: f.OIDCClientSecret, Name: f.OIDCName, Domains: domains}
}

// check refuses what would mean nothing.
func (f signInFlags) check() error {
	_, err := openid.New(f.openID())
	return err
}
