package discreet_test

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"os"
	"strings"
	"syscall"
	"testing"

	"github.com/leadwheel/leadwheel/internal/discreet"
)

func TestNetworkNamesNoAddressOfOurs(t *testing.T) {
	t.Parallel()
	resolver := &net.DNSError{Err: "no such host", Name: "shop.example", Server: "10.96.0.10:53", IsNotFound: true}
	ours := net.TCPAddrFromAddrPort(netip.MustParseAddrPort("10.0.3.7:41234"))
	theirs := net.TCPAddrFromAddrPort(netip.MustParseAddrPort("10.0.3.9:25"))
	for want, err := range map[string]error{
		"its name could not be resolved: there is no such host": &net.OpError{Op: "dial", Net: "tcp", Err: resolver},
		"its name could not be resolved just now":               fmt.Errorf("asking: %w", &net.DNSError{Err: "server misbehaving", Name: "shop.example", Server: "10.96.0.10:53", IsTemporary: true}),
		"the connection failed: connect: connection refused":    &net.OpError{Op: "dial", Net: "tcp", Addr: theirs, Err: os.NewSyscallError("connect", syscall.ECONNREFUSED)},
		"the connection failed: read: connection reset by peer": &net.OpError{Op: "read", Net: "tcp", Source: ours, Addr: theirs, Err: os.NewSyscallError("read", syscall.ECONNRESET)},
		"something else": errors.New("something else"),
	} {
		if got := discreet.Network(err); got != want || strings.Contains(got, "10.") {
			t.Errorf("%v is told as %q", err, got)
		}
	}
}
