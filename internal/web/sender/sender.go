// Package sender finds out where a request came from, behind proxies too. Quotas, sessions and logs of the public listener go by it. It
// believes a header only where a proxy that is known has set it.
package sender

import (
	"net"
	"net/http"
	"net/netip"
	"slices"
	"strings"
)

// Address is the sender's address. Behind proxies it is what the outermost of them has noted in X-Forwarded-For: the last
// address there that is not a proxy's. What stands before it anybody could have written.
func Address(r *http.Request, proxies []netip.Prefix) string {
	ip, text := find(r, proxies)
	if !ip.IsValid() {
		return text
	}
	return ip.String()
}

// Network is the sender's address, by which to count what it sends; of IPv6, the network that one customer has.
func Network(r *http.Request, proxies []netip.Prefix) string {
	ip, text := find(r, proxies)
	if !ip.IsValid() {
		return text
	}
	network, err := ip.Prefix(64)
	if ip.Is4() || err != nil {
		return ip.String()
	}
	return network.String()
}

// find returns the sender's address, or as text what stands in its place.
func find(r *http.Request, proxies []netip.Prefix) (ip netip.Addr, text string) {
	host, _, err := net.SplitHostPort(r.RemoteAddr)
	if err != nil {
		return ip, r.RemoteAddr
	}
	if ip, err = netip.ParseAddr(host); err != nil {
		return ip, host
	}
	ip = ip.Unmap().WithZone("")
	hops := strings.Split(strings.Join(r.Header.Values("X-Forwarded-For"), ","), ",")
	for _, hop := range slices.Backward(hops) {
		if !within(ip, proxies) {
			break
		}
		before, err := parseHop(strings.TrimSpace(hop))
		if err != nil {
			break // it is the proxy's to answer for
		}
		ip = before
	}
	return ip, ""
}

// parseHop reads an address as proxies write it, with a port or without.
func parseHop(text string) (netip.Addr, error) {
	if withPort, err := netip.ParseAddrPort(text); err == nil {
		return withPort.Addr().Unmap().WithZone(""), nil
	}
	ip, err := netip.ParseAddr(strings.Trim(text, "[]"))
	return ip.Unmap().WithZone(""), err
}

func within(ip netip.Addr, networks []netip.Prefix) bool {
	return slices.ContainsFunc(networks, func(n netip.Prefix) bool { return n.Contains(ip) })
}
