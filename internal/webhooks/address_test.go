package webhooks

import (
	"errors"
	"net/netip"
	"testing"
)

// TestAddressesAreChecked tries addresses that lead inside, in many disguises.
func TestAddressesAreChecked(t *testing.T) {
	t.Parallel()
	none := NewAddresses(nil)
	some := NewAddresses([]netip.Prefix{netip.MustParsePrefix("10.1.0.0/16"), netip.MustParsePrefix("::1/128"), netip.MustParsePrefix("127.0.0.0/8")})
	for _, c := range []struct {
		address string
		a       Addresses
		want    error
	}{
		{"https://crm.example.com/leads?x=1", none, nil},
		{"https://crm.example.com:8443", none, nil},
		{"https://8.8.8.8/", none, nil},
		{"https://[2606:4700::1111]/", none, nil},
		{"http://crm.example.com/", none, errScheme},
		{"ftp://crm.example.com/", none, errScheme},
		{"file:///etc/passwd", none, errScheme},
		{"crm.example.com", none, errScheme},
		{"https:crm.example.com", none, errNoHost},
		{"https:///leads", none, errNoHost},
		{"https://", none, errNoHost},
		{"https://exa mple.com", none, errNoHost},
		{"https://user:pass@crm.example.com/", none, errUserinfo},
		{"https://crm.example.com/#x", none, errFragment},
		{"https://127.0.0.1/", none, errPrivate},
		{"https://10.1.2.3/", none, errPrivate},
		{"https://192.168.0.1/", none, errPrivate},
		{"https://172.16.0.1/", none, errPrivate},
		{"https://169.254.169.254/latest/meta-data", none, errPrivate},
		{"https://100.64.0.1/", none, errPrivate},
		{"https://0.0.0.0/", none, errPrivate},
		{"https://255.255.255.255/", none, errPrivate},
		{"https://224.0.0.1/", none, errPrivate},
		{"https://[::1]/", none, errPrivate},
		{"https://[::]/", none, errPrivate},
		{"https://[::ffff:127.0.0.1]/", none, errPrivate},
		{"https://[fd00::1]/", none, errPrivate},
		{"https://[fe80::1]/", none, errPrivate},
		{"https://[64:ff9b::7f00:1]/", none, errPrivate},
		{"http://10.1.2.3/", some, nil},
		{"https://10.1.2.3:8443/", some, nil},
		{"http://127.0.0.1:8080/", some, nil},
		{"http://[::1]/", some, nil},
		{"http://inside.example/", some, nil},
		{"https://crm.example.com/", some, nil},
		{"http://10.2.0.1/", some, errPrivate},
		{"https://10.2.0.1/", some, errPrivate},
		{"http://8.8.8.8/", some, errPrivate},
		{"http://[2606:4700::1111]/", some, errPrivate},
	} {
		if got := c.a.Check(c.address); got != c.want { //nolint:errorlint // it is the very error
			t.Errorf("%s: %v, want %v", c.address, got, c.want)
		}
	}
}

// TestCloudHostsArePrivate tries the addresses at which clouds tell their machines secrets, bare, in IPv6's clothes, and where a
// network around them is allowed. What is allowed by itself is meant.
func TestCloudHostsArePrivate(t *testing.T) {
	t.Parallel()
	around := NewAddresses([]netip.Prefix{
		netip.MustParsePrefix("169.254.0.0/16"), netip.MustParsePrefix("168.63.0.0/16"), netip.MustParsePrefix("100.64.0.0/10"),
		netip.MustParsePrefix("192.0.0.0/24"), netip.MustParsePrefix("fd00::/8"),
	})
	for _, a := range []Addresses{NewAddresses(nil), around} {
		for _, host := range []string{
			"168.63.129.16", "169.254.169.254", "169.254.170.2", "100.100.100.200", "192.0.0.192", "[fd00:ec2::254]", "[fd20:ce::254]",
			"[::ffff:168.63.129.16]", "[::ffff:a83f:8110]", "[64:ff9b::a83f:8110]", "[fd00:ec2:0:0:0:0:0:254]", "[fd00:ec2::254%25eth0]",
		} {
			if got := a.Check("https://" + host + "/"); !errors.Is(got, errPrivate) {
				t.Errorf("%s: %v", host, got)
			}
		}
		for _, to := range []string{"168.63.129.16:443", "169.254.169.254:80", "100.100.100.200:443", "[fd00:ec2::254]:443", "[::ffff:168.63.129.16]:443"} {
			for _, scheme := range []string{"http", "https"} {
				if err := a.control(scheme)("tcp", to, nil); !refused(err) {
					t.Errorf("%s is connected to: %v", to, err)
				}
			}
		}
	}
	if got := NewAddresses(nil).Check("https://161.26.0.10/"); !errors.Is(got, errPrivate) {
		t.Error("IBM's inside:", got)
	}
	if got := around.Check("https://100.100.100.100/"); got != nil {
		t.Error("its neighbour, which is allowed:", got)
	}
	if got := NewAddresses([]netip.Prefix{netip.MustParsePrefix("168.63.129.16/32")}).Check("https://168.63.129.16/"); got != nil {
		t.Error("allowed by itself:", got)
	}
}
