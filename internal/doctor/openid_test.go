package doctor

import (
	"testing"

	"github.com/leadwheel/leadwheel/internal/openid"
	"github.com/leadwheel/leadwheel/internal/openid/openidtest"
	"github.com/leadwheel/leadwheel/internal/testenv"
)

func TestOpenIDConnect(t *testing.T) {
	t.Parallel()
	up, down := openidtest.New(t), openidtest.New(t)
	down.SetDown(true)
	for name, test := range map[string]struct {
		issuer, client, public string
		want                   State
		says                   string
	}{
		"none":       {"", "", "", Skipped, "LEADWHEEL_OIDC_ISSUER"},
		"good":       {up.URL, "leadwheel", "https://leads.example.com", OK, "answers"},
		"no client":  {up.URL, "", "https://leads.example.com", Broken, "LEADWHEEL_OIDC_CLIENT_ID"},
		"no address": {"accounts", "leadwheel", "https://leads.example.com", Broken, "LEADWHEEL_OIDC_ISSUER"},
		"plain":      {"http://accounts.example.com", "leadwheel", "https://leads.example.com", Broken, "LEADWHEEL_OIDC_ISSUER"},
		"another":    {up.URL + "/", "leadwheel", "https://leads.example.com", Broken, "to the letter"},
		"away":       {down.URL, "leadwheel", "https://leads.example.com", Broken, "may be reached"},
		"nowhere":    {"http://" + testenv.FreeAddress(t), "leadwheel", "https://leads.example.com", Broken, "may be reached"},
		"no HTTPS":   {up.URL, "leadwheel", "", Warning, "LEADWHEEL_PUBLIC_URL"},
	} {
		checks := examineOpenID(t.Context(), openid.Options{Issuer: test.issuer, ClientID: test.client, ClientSecret: "test-token"}, test.public)
		expect(t, name, checks[0], test.want, test.says)
	}
}
