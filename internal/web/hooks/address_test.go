package hooks

import (
	"net/http"
	"net/netip"
	"testing"
)

func TestAddressOf(t *testing.T) {
	t.Parallel()
	proxies := []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8"), netip.MustParsePrefix("fd00::/8")}
	for _, test := range []struct {
		name, remote string
		forwarded    []string
		proxies      []netip.Prefix
		want         string
	}{
		{"no proxy", "203.0.113.7:5", nil, proxies, "203.0.113.7"},
		{"of a customer's network", "[2001:db8:1:2:3::4]:5", nil, nil, "2001:db8:1:2::/64"},
		{"IPv4 in IPv6", "[::ffff:203.0.113.7]:5", nil, nil, "203.0.113.7"},
		{"nobody is believed", "203.0.113.7:5", []string{"198.51.100.1"}, nil, "203.0.113.7"},
		{"others than proxies are not believed", "203.0.113.7:5", []string{"198.51.100.1"}, proxies, "203.0.113.7"},
		{"a proxy", "10.0.0.1:5", []string{"198.51.100.1"}, proxies, "198.51.100.1"},
		{"a proxy that tells nothing", "10.0.0.1:5", nil, proxies, "10.0.0.1"},
		{"what the sender made up", "10.0.0.1:5", []string{"8.8.8.8, 198.51.100.1"}, proxies, "198.51.100.1"},
		{"two proxies", "10.0.0.1:5", []string{"8.8.8.8, 198.51.100.1, 10.2.3.4"}, proxies, "198.51.100.1"},
		{"two headers", "10.0.0.1:5", []string{"198.51.100.1", "10.2.3.4"}, proxies, "198.51.100.1"},
		{"with a port", "[fd00::1]:5", []string{"198.51.100.1:4711"}, proxies, "198.51.100.1"},
		{"IPv6 with a port", "10.0.0.1:5", []string{"[2001:db8:1:2:3::4]:99"}, proxies, "2001:db8:1:2::/64"},
		{"what is no address", "10.0.0.1:5", []string{"198.51.100.1, unknown"}, proxies, "10.0.0.1"},
		{"proxies alone", "10.0.0.1:5", []string{"10.9.9.9"}, proxies, "10.9.9.9"},
		{"no address at all", "@", []string{"198.51.100.1"}, proxies, "@"},
	} {
		r := &http.Request{RemoteAddr: test.remote, Header: http.Header{"X-Forwarded-For": test.forwarded}}
		if got := addressOf(r, test.proxies); got != test.want {
			t.Errorf("%s: %s, want %s", test.name, got, test.want)
		}
	}
}
