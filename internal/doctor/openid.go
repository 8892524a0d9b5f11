package doctor

import (
	"context"
	"net/url"

	"github.com/leadwheel/leadwheel/internal/openid"
)

// examineOpenID asks the provider of OpenID Connect about itself. Its client's secret is looked at when somebody signs in, not before.
func examineOpenID(ctx context.Context, o openid.Options, publicURL string) []Check {
	const name = "openid connect"
	if o.Issuer == "" {
		return skipped("LEADWHEEL_OIDC_ISSUER is not set", name)
	}
	provider, err := openid.New(o)
	if err != nil {
		return []Check{{name, Broken, err.Error(), "correct LEADWHEEL_OIDC_…; no server starts with these"}}
	}
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	if err := provider.Examine(ctx); err != nil {
		return []Check{{name, Broken, err.Error(), "check that LEADWHEEL_OIDC_ISSUER is the provider's address to the letter, and may be reached from here; people sign in otherwise meanwhile"}}
	}
	if at, err := url.Parse(publicURL); publicURL == "" || err != nil || at.Scheme != "https" {
		return []Check{{name, Warning, provider.Name() + " answers, and sends people back to where LEADWHEEL_PUBLIC_URL says, which is no HTTPS address", "set LEADWHEEL_PUBLIC_URL, and register its /console/sign-in/oidc/return with the provider"}}
	}
	return []Check{{name, OK, provider.Name() + " answers", ""}}
}
