package ingest

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"strings"

	"github.com/leadwheel/leadwheel/store"
)

// maxFormLeads bounds the leads of one form that is sent: limits of how often people may send one count those.
const maxFormLeads = 10

// harmless is the attribution that any visitor may bring: what links and click ids in addresses say. It decides nothing.
var harmless = map[string]bool{
	"utm_source": true, "utm_medium": true, "utm_campaign": true, "utm_term": true, "utm_content": true, "utm_id": true, "referrer": true,
	"gclid": true, "gbraid": true, "wbraid": true, "fbclid": true, "ttclid": true, "msclkid": true, "li_fat_id": true, "twclid": true,
	"sccid": true, "click_id": true,
}

// A visitor is what somebody who fills in a form may say beside what people fill in: fields that the integration lists as hidden in
// it, and what its own page asks people to agree to.
type visitor struct{ hidden, consents map[string]bool }

func visitorOf(s store.IntegrationSettings) visitor {
	v := visitor{plainNames(s.HiddenFields), make(map[string]bool)}
	if s.Page == nil {
		return v
	}
	if s.Page.Consent != "" {
		v.consents["consent"] = true
	}
	for _, f := range s.Page.Fields {
		v.consents[plainHeader(f.Name)] = true
	}
	return v
}

func plainNames(names []string) map[string]bool {
	plain := make(map[string]bool, len(names))
	for _, name := range names {
		plain[plainHeader(name)] = true
	}
	return plain
}

// restrict makes plain answers of those that would say more than a visitor may: whose lead it is the same as, where it came from,
// that it is a test, or what was agreed to. Else one could pass for another, and swallow or redirect what that one sends. The ids
// among them are returned: what is sent again with the same id is the same, see repeatID.
func (v visitor) restrict(a Answers) (id string) {
	for i := range a {
		plain := plainHeader(a[i].name)
		if v.hidden[plain] {
			continue
		}
		attribution, r := attributionNames[plain], a[i].role
		if r == roleNone {
			r = a[i].meaning()
		}
		switch {
		case r == roleExternalID:
			id = a[i].text()
		case r == roleSource, plain == "istest", attribution != "" && !harmless[attribution], consentNames[plain] && !v.consents[plain]:
		default:
			continue
		}
		a[i].role = roleField
	}
	return id
}

// askedBy is what the address of a form may say of where its visitors came from.
func (v visitor) askedBy(query string) Attribution {
	a := askedBy(query)
	for name := range a {
		if !harmless[name] && !v.hidden[plainHeader(name)] {
			delete(a, name)
		}
	}
	return a
}

// repeatID makes an id of one that a visitor chose. It is that of the same answers only: nobody's lead is taken for another's that
// was sent under its id before, and whoever goes back and fills the form in for somebody else has sent something new.
func repeatID(kind, id string, a Answers) string {
	sum := sha256.New()
	for _, one := range a {
		value, err := json.Marshal(one.value)
		if err != nil {
			continue // nothing that was read from a form
		}
		sum.Write([]byte(one.name + "\x00" + string(value) + "\x00"))
	}
	return strings.Join([]string{kind, id, hex.EncodeToString(sum.Sum(nil)[:8])}, ":")
}
