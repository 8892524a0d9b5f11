// Package contact tells when two contacts are one person's, however they are spelt: phone numbers in E.164, addresses of
// e-mail in one form, and the words by which people look for them. The store and every way in call it. It is pure: it does no I/O, and
// the same spelling gives the same key for ever, since keys are stored.
package contact

import (
	"strings"

	"golang.org/x/net/idna"
)

// maxEmail is longer than any address that can be written to, and within what an index takes.
const maxEmail = 320

// Email is an address in the form by which two of them are compared: in lower case, its domain in ASCII, and without the
// dots to which Gmail gives no meaning. It is empty where the text is no address.
func Email(text string) string {
	text = strings.ToLower(Unguard(text))
	at := strings.LastIndexByte(text, '@')
	if at < 1 || len(text) > maxEmail || strings.ContainsAny(text, " \t\r\n,;<>") {
		return ""
	}
	local, domain := text[:at], text[at+1:]
	if ascii, err := idna.Lookup.ToASCII(domain); err == nil {
		domain = ascii
	}
	if dot := strings.IndexByte(domain, '.'); dot < 1 || strings.HasSuffix(domain, ".") {
		return ""
	}
	if domain == "gmail.com" || domain == "googlemail.com" {
		if local = strings.ReplaceAll(local, ".", ""); local == "" {
			return ""
		}
	}
	return local + "@" + domain
}
