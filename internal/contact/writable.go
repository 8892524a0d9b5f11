package contact

import (
	"net/mail"
	"regexp"
	"strings"

	"golang.org/x/net/idna"
)

const (
	// maxLocal and maxAddress are what SMTP takes (RFC 5321).
	maxLocal, maxAddress = 64, 254
)

// local is what stands before the @ without quotes. Beyond ASCII a server takes what it knows (RFC 6531).
var local = regexp.MustCompile("^[\\pL\\pM\\pN!#$%&'*+/=?^_`{|}~-]+(\\.[\\pL\\pM\\pN!#$%&'*+/=?^_`{|}~-]+)*$")

// Writable reports whether a text is an address of e-mail that can be written to as it stands: one, without a name, a
// comment or quotes, and with the domain of a host on the internet.
func Writable(address string) bool {
	at := strings.LastIndexByte(address, '@')
	if at < 1 || at > maxLocal || len(address) > maxAddress || !local.MatchString(address[:at]) {
		return false
	}
	domain, err := idna.Lookup.ToASCII(address[at+1:])
	if err != nil || !strings.Contains(strings.Trim(domain, "."), ".") || strings.HasSuffix(domain, ".") || strings.Contains(domain, "..") {
		return false
	}
	parsed, err := mail.ParseAddress(address)
	return err == nil && parsed.Name == "" && parsed.Address == address
}
