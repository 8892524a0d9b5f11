package webhooks

import (
	"errors"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"slices"
	"syscall"
	"time"

	"code.dny.dev/ssrf"
)

// Addresses says which addresses webhooks may have. A public one is reached by https. Private networks, of which this
// machine is one, are reached where they are allowed, by http too.
type Addresses struct {
	allowed         []netip.Prefix
	public, private *ssrf.Guardian
}

// cloudHosts are where clouds answer their machines, with keys to the cloud among the answers. Some lie in networks that people
// allow for other reasons: that of Tailscale, or all of fd00::/8. They are reached only where they are allowed by themselves.
var cloudHosts = []netip.Addr{
	netip.MustParseAddr("169.254.169.254"), // most clouds
	netip.MustParseAddr("169.254.170.2"),   // AWS ECS
	netip.MustParseAddr("169.254.170.23"),  // AWS EKS
	netip.MustParseAddr("169.254.0.23"),    // Tencent
	netip.MustParseAddr("168.63.129.16"),   // Azure
	netip.MustParseAddr("100.100.100.200"), // Alibaba
	netip.MustParseAddr("192.0.0.192"),     // Oracle
	netip.MustParseAddr("fd00:ec2::254"),   // AWS
	netip.MustParseAddr("fd00:ec2::23"),    // AWS EKS
	netip.MustParseAddr("fd20:ce::254"),    // Google
	netip.MustParseAddr("fd00:42::42"),     // Scaleway
}

// cloudNetworks look public and are a cloud's inside.
var cloudNetworks = []netip.Prefix{
	netip.MustParsePrefix("168.63.129.16/32"), // Azure
	netip.MustParsePrefix("161.26.0.0/16"),    // IBM
	netip.MustParsePrefix("166.8.0.0/14"),     // IBM
}

// NewAddresses allows private networks.
func NewAddresses(allowed []netip.Prefix) Addresses {
	var v4, v6 []netip.Prefix
	for _, p := range allowed {
		if p.Addr().Is4() {
			v4 = append(v4, p)
		} else {
			v6 = append(v6, p)
		}
	}
	allow := []ssrf.Option{
		ssrf.WithAnyPort(), ssrf.WithAllowedV4Prefixes(v4...), ssrf.WithAllowedV6Prefixes(v6...), ssrf.WithDeniedV4Prefixes(cloudNetworks...),
	}
	return Addresses{
		allowed: allowed, public: ssrf.New(allow...),
		private: ssrf.New(append(allow, ssrf.WithDeniedV4Prefixes(netip.PrefixFrom(netip.IPv4Unspecified(), 0)),
			ssrf.WithDeniedV6Prefixes(netip.PrefixFrom(netip.IPv6Unspecified(), 0)))...),
	}
}

// The reasons for which an address is refused, each with what to do about it.
var (
	errScheme      = errors.New("a webhook's address is https://…; http is for private networks that LEADWHEEL_WEBHOOK_ALLOW lists")
	errNoHost      = errors.New("this is no address; write it as https://host/path")
	errUserinfo    = errors.New("leave the user and password out: what a webhook is sent is signed, which shows who sent it")
	errFragment    = errors.New("leave out # and what follows it: it is never sent")
	errPrivate     = errors.New("this address is on a private network; webhooks reach those only that LEADWHEEL_WEBHOOK_ALLOW lists")
	errNoRedirects = errors.New("it answered with a redirect, which is not followed; give the webhook the address that it leads to")
)

// Check returns an error that says what is wrong with a webhook's address. A name is looked up only when something is
// sent, and every time: what it leads to is checked then.
func (a Addresses) Check(address string) error {
	u, err := url.Parse(address)
	switch {
	case err != nil || u.Opaque != "":
		return errNoHost
	case u.Scheme != "https" && (u.Scheme != "http" || len(a.allowed) == 0):
		return errScheme
	case u.Hostname() == "":
		return errNoHost
	case u.User != nil:
		return errUserinfo
	case u.Fragment != "":
		return errFragment
	}
	if ip, err := netip.ParseAddr(u.Hostname()); err == nil && a.checkAddr(u.Scheme, ip.Unmap().WithZone("")) != nil {
		return errPrivate
	}
	return nil
}

// checkAddr returns an error for an address that a webhook of this scheme may not reach.
func (a Addresses) checkAddr(scheme string, ip netip.Addr) error {
	if slices.Contains(cloudHosts, ip) && !slices.Contains(a.allowed, netip.PrefixFrom(ip, ip.BitLen())) {
		return ssrf.ErrProhibitedIP
	}
	return a.guardian(scheme).SafeAddr(ip)
}

// control is a net.Dialer's: it sees where a connection is about to be made to.
func (a Addresses) control(scheme string) func(network, address string, c syscall.RawConn) error {
	return func(network, address string, c syscall.RawConn) error {
		if to, err := netip.ParseAddrPort(address); err == nil {
			if err := a.checkAddr(scheme, to.Addr().Unmap().WithZone("")); err != nil {
				return err
			}
		}
		return a.guardian(scheme).Safe(network, address, c)
	}
}

func (a Addresses) guardian(scheme string) *ssrf.Guardian {
	if scheme == "http" {
		return a.private
	}
	return a.public
}

// client sends by a scheme. It checks where it connects to after names are looked up, so that a name which leads
// elsewhere the next time gets nowhere; and it uses no proxy, which would look names up itself.
func (a Addresses) client(scheme string) *http.Client {
	dialer := &net.Dialer{Timeout: sendTimeout, Control: a.control(scheme)}
	return &http.Client{
		Transport: &http.Transport{
			DialContext: dialer.DialContext, ForceAttemptHTTP2: true, DisableCompression: true, MaxIdleConnsPerHost: 10,
			IdleConnTimeout: time.Minute, TLSHandshakeTimeout: sendTimeout, MaxResponseHeaderBytes: 64 << 10,
		},
		CheckRedirect: func(*http.Request, []*http.Request) error { return errNoRedirects },
	}
}

// refused reports whether a connection was not made because of where it would lead.
func refused(err error) bool {
	return slices.ContainsFunc([]error{ssrf.ErrProhibitedIP, ssrf.ErrProhibitedNetwork, ssrf.ErrInvalidHostPort},
		func(cause error) bool { return errors.Is(err, cause) })
}
