package sender_test

import (
	"net/http"
	"net/netip"
	"testing"

	"github.com/leadwheel/leadwheel/internal/web/sender"
)

// TestAddressIsWhole tells whose address is shown from whose is counted: the network of it. That of hooks tests the rest.
func TestAddressIsWhole(t *testing.T) {
	t.Parallel()
	proxies := []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8")}
	for _, c := range []struct{ remote, forwarded, address, network string }{
		{"[2001:db8:1:2:3::4]:5", "", "2001:db8:1:2:3::4", "2001:db8:1:2::/64"},
		{"10.0.0.1:5", "8.8.8.8, 2001:db8:1:2:3::4", "2001:db8:1:2:3::4", "2001:db8:1:2::/64"},
		{"10.0.0.1:5", "8.8.8.8, 198.51.100.1", "198.51.100.1", "198.51.100.1"},
		{"203.0.113.7:5", "198.51.100.1", "203.0.113.7", "203.0.113.7"},
		{"@", "198.51.100.1", "@", "@"},
	} {
		r := &http.Request{RemoteAddr: c.remote, Header: http.Header{"X-Forwarded-For": {c.forwarded}}}
		if address, network := sender.Address(r, proxies), sender.Network(r, proxies); address != c.address || network != c.network {
			t.Errorf("%s, %s: %s and %s, want %s and %s", c.remote, c.forwarded, address, network, c.address, c.network)
		}
	}
}
