// Package contact tells when two contacts are one person's, however they are spelt: phone numbers in E.164, addresses of
// e-mail in one form, and the words by which people look for them. It is pure, and imports nothing of Leadwheel.
package contact

import (
	"strings"

	"github.com/nyaruka/phonenumbers/v2"
	"golang.org/x/net/idna"
)

const (
	// maxEmail is longer than any address that can be written to, and within what an index takes.
	maxEmail = 320
	// maxPhone is longer than any number, with an extension and the words around it.
	maxPhone = 100
)

// Phone is a phone number in E.164, as in +60123456789, without its extension. Numbers without a country's prefix are
// the region's, a two-letter country code. It is empty where the text is no valid number, or more than one.
func Phone(text, region string) string {
	if text == "" || len(text) > maxPhone {
		return ""
	}
	number, err := phonenumbers.Parse(text, region)
	if err != nil || !phonenumbers.IsValidNumber(number) {
		return ""
	}
	return phonenumbers.Format(number, phonenumbers.E164)
}

// Email is an address in the form by which two of them are compared: in lower case, its domain in ASCII, and without the
// dots to which Gmail gives no meaning. It is empty where the text is no address.
func Email(text string) string {
	text = strings.ToLower(strings.TrimSpace(text))
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
