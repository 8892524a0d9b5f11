package webhooks

import (
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
