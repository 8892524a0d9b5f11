package lead

import (
	"encoding/json"
	"regexp"
	"slices"
	"strings"
	"unicode"
)

// placeNames are what fields are called that say where somebody lives, in small letters without anything between them.
var placeNames = []string{
	"city", "town", "suburb", "neighbourhood", "neighborhood", "district", "area", "state", "province", "region", "county", "country", "location",
	"zip", "zipcode", "postcode", "postalcode", "bandar", "negeri", "daerah", "poskod", "kota", "provinsi", "ciudad", "provincia", "estado",
	"codigopostal", "cidade", "cep", "ville", "codepostal", "pays", "stadt", "ort", "plz", "postleitzahl", "bundesland", "land", "citta", "cap",
	"plaats", "postcode", "sehir", "il", "ilce", "город", "область", "城市", "省份", "省", "地区", "地區", "市", "都道府県", "市区町村", "도시", "지역", "จังหวัด", "thanhpho", "tinh",
}

// maxOffered is how many characters of a name or a place an offer shows.
const maxOffered = 100

// contacts are e-mail addresses, and what may be a phone number.
var contacts = regexp.MustCompile(`\S*@\S*|\+?\d(?:[\s().\-/]*\d){5,}`)

// withoutContacts is text without what somebody can be reached by, on one line.
func withoutContacts(text string) string {
	text = strings.Join(strings.Fields(contacts.ReplaceAllString(text, " … ")), " ")
	if runes := []rune(text); len(runes) > maxOffered {
		text = string(runes[:maxOffered-1]) + "…"
	}
	if strings.Trim(text, "… ") == "" {
		return ""
	}
	return text
}

// OfferedName is the name that an offer shows of a lead: nothing by which the person can be reached.
func OfferedName(name string) string { return withoutContacts(name) }

// Place is where a lead's person lives as its fields say, a JSON object, in the order in which they do; empty where none does.
func Place(fields json.RawMessage) string {
	d := json.NewDecoder(strings.NewReader(string(fields)))
	if open, err := d.Token(); err != nil || open != json.Delim('{') {
		return ""
	}
	var parts []string
	for d.More() {
		name, err := d.Token()
		if err != nil {
			break
		}
		var value any
		if d.Decode(&value) != nil {
			break
		}
		said, is := value.(string)
		if key, named := name.(string); !is || !named || !slices.Contains(placeNames, bareName(key)) {
			continue
		}
		if said = withoutContacts(said); said != "" && !slices.Contains(parts, said) {
			parts = append(parts, said)
		}
	}
	return withoutContacts(strings.Join(parts, ", "))
}

// bareName is a field's name in small letters, with nothing between them.
func bareName(name string) string {
	return strings.Map(func(r rune) rune {
		if !unicode.IsLetter(r) && !unicode.IsMark(r) {
			return -1
		}
		return unicode.ToLower(r)
	}, name)
}
