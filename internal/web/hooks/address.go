package hooks

import (
	"net/http"
	"net/netip"

	"github.com/leadwheel/leadwheel/internal/web/sender"
)

// addressOf is by what a sender's deliveries are counted; see sender.Network.
func addressOf(r *http.Request, proxies []netip.Prefix) string { return sender.Network(r, proxies) }
