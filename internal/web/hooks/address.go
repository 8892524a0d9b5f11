package hooks

import (
	"net"
	"net/http"
	"net/netip"
	"slices"
	"strings"
)

// addressOf is the sender's address; of IPv6, the network that one customer has. Behind proxies it is what the outermost of
// them has noted in X-Forwarded-For: the last address there that is not a proxy's. What stands before it anybody could have
// written.
func addressOf(r *http.Request, proxies []netip.Prefix) string {
	host, _, err := net.SplitHostPort(r.RemoteAddr)
	if err != nil {
		return r.RemoteAddr
	}
	ip, err := netip.ParseAddr(host)
	if err != nil {
		return host
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
	return networkOf(ip)
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

func networkOf(ip netip.Addr) string {
	if ip.Is4() {
		return ip.String()
	}
	network, err := ip.Prefix(64)
	if err != nil {
		return ip.String()
	}
	return network.String()
}
