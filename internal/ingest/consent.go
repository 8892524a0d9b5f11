package ingest

import "strings"

// consentNames are the names, in their plain form (see plainHeader), of what people agree to on forms.
var consentNames = map[string]bool{
	"consent": true, "gdpr": true, "gdprconsent": true, "pdpa": true, "optin": true, "emailoptin": true, "smsoptin": true,
	"marketing": true, "marketingconsent": true, "agree": true, "agreement": true, "terms": true, "acceptterms": true,
	"termsandconditions": true, "privacy": true, "privacypolicy": true, "acceptance": true, "newsletter": true, "subscribe": true,
}

// addConsent keeps what a person agreed to or not: a box that was ticked is true, and words stay words.
func (l *Lead) addConsent(one answer) {
	if object, is := one.value.(map[string]any); is {
		for name, value := range object {
			l.Consent[name] = value
		}
		return
	}
	value := one.value
	if text, is := value.(string); is {
		switch strings.ToLower(text) {
		case "on", "yes", "true", "1", "checked", "y":
			value = true
		case "off", "no", "false", "0", "n":
			value = false
		}
	}
	l.Consent[one.name] = value
}
