package ingest

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/leadwheel/leadwheel/internal/leadfile"
	"github.com/leadwheel/leadwheel/store"
)

// maxFormLeads bounds the leads of one form that is sent: limits of how often people may send one count those.
const maxFormLeads = 10

const (
	// maxVisitorFields is about how many bytes of fields are kept of a visitor's lead, and of what does not fit only the beginning.
	maxVisitorFields = 16 << 10
	// maxBrief is how many bytes what is not a field may have: what brought the visitor, a consent, an id.
	maxBrief = 512
)

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
		if v.hidden[plain] && a[i].brief() {
			continue
		}
		a[i].asked = true // so that a time is what was written, and not when the form was sent
		attribution, r := attributionNames[plain], a[i].role
		if r == roleNone {
			r = a[i].meaning()
		}
		switch {
		case r == roleExternalID:
			id = a[i].text()
		case r == roleSource, plain == "istest", attribution != "" && !harmless[attribution], consentNames[plain] && !v.consents[plain],
			(attribution != "" || consentNames[plain]) && !a[i].brief():
		default:
			continue
		}
		a[i].role = roleField
	}
	return id
}

// brief reports whether an answer is short enough to be more than a field.
func (a answer) brief() bool {
	switch v := a.value.(type) {
	case string:
		return len(v) <= maxBrief
	case bool, json.Number:
		return true
	}
	text, err := json.Marshal(a.value)
	return err == nil && len(text) <= maxBrief
}

// askedBy is what the address of a form may say of where its visitors came from.
func (v visitor) askedBy(query string) Attribution {
	a := askedBy(query)
	for name, text := range a {
		a[name] = shorten(text, maxBrief)
		if !harmless[name] && !v.hidden[plainHeader(name)] {
			delete(a, name)
		}
	}
	return a
}

// fitVisitor makes fields as small as a visitor's may be. Short ones are kept first; of the first text that does not fit its
// beginning is, and the others are left out. The lead says so, and cut does.
func fitVisitor(cut *string) fitter {
	return func(all map[string]any) (json.RawMessage, error) {
		text, err := plainJSON(all)
		if err != nil || len(text) <= maxVisitorFields {
			return text, err
		}
		size := make(map[string]int, len(all))
		for name, value := range all {
			one, err := plainJSON(value)
			if err != nil {
				return nil, err
			}
			size[name] = len(one) + 2*len(name) + 10
		}
		names := slices.SortedFunc(maps.Keys(all), func(x, y string) int { return cmp.Or(cmp.Compare(size[x], size[y]), cmp.Compare(x, y)) })
		room, kept, at := maxVisitorFields-1000, make(map[string]any, len(all)), 0
		for ; at < len(names)-1 && size[names[at]] <= room; at++ {
			kept[names[at]] = all[names[at]]
			room -= size[names[at]]
		}
		*cut = fmt.Sprintf("The fields are together larger than a form's may be, %d KiB: ", maxVisitorFields>>10)
		if first := names[at]; 4*len(first) < room {
			if beginning := beginningOf(all[first], room-2*len(first)-10); beginning != "" {
				kept[first] = beginning
				*cut += fmt.Sprintf("%q is cut, ", shorten(first, 100))
				at++
			}
		}
		*cut += fmt.Sprintf("%d of %d are left out.", len(names)-at, len(names))
		kept[leftOut] = *cut
		return plainJSON(kept)
	}
}

// beginningOf is as much of a text as has room as JSON, empty for what is no text.
func beginningOf(value any, room int) string {
	text, _ := value.(string)
	for text != "" {
		if data, err := plainJSON(text); err == nil && len(data) <= room {
			break
		}
		text = string(leadfile.TrimPartial([]byte(text[:min(len(text)*3/4, max(room, 0))])))
	}
	return text
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
