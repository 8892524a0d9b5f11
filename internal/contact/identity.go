package contact

import (
	"crypto/sha256"
	"encoding/binary"
	"regexp"
	"strconv"
	"strings"

	"github.com/nyaruka/phonenumbers/v2"
)

// minIdentity is how many digits a number must have to tell a person by, where it is no valid one.
const minIdentity = 6

// An Identity is a person as told apart from others: by an address of e-mail, a phone number, or either of both.
type Identity struct {
	// Email is the address in the form by which they are compared, and Phone the number in E.164. Digits are the phone's
	// where that is no valid number. Each may be empty.
	Email, Phone, Digits string
	region               string
	spelt                string // the address as it was given
}

// Identify reads an e-mail and a phone in any spelling; see Phone for the region. An address or a number that is given
// and cannot be one is left out.
func Identify(email, phone, region string) Identity {
	i := Identity{Email: Email(email), Phone: Phone(phone, region), region: region}
	if i.Email != "" {
		i.spelt = strings.ToLower(strings.TrimSpace(email))
	}
	if digits := phoneDigits(phone); i.Phone == "" && len(digits) >= minIdentity {
		i.Digits = digits
	}
	return i
}

// Is reports whether a contact is this person's.
func (i Identity) Is(email, phone string) bool {
	if i.Email != "" && Email(email) == i.Email {
		return true
	}
	if i.Phone != "" {
		return Phone(phone, i.region) == i.Phone
	}
	return i.Digits != "" && phoneDigits(phone) == i.Digits
}

// Words are those with one of which a word of every contact of this person begins; see the function Words.
func (i Identity) Words() (words []string) {
	if i.Email != "" {
		words = append(words, clip(i.Email))
	}
	if digits := strings.TrimPrefix(i.Phone, "+"); digits != "" {
		words = append(words, digits)
	}
	if i.Digits != "" {
		words = append(words, i.Digits)
	}
	return words
}

// between is what stands between the digits of a number.
const between = `(?:[ .()/+_-]|%[0-9a-f]{2}){0,3}`

// Pattern is a regular expression, in a form that Go and Postgres share, for this person's address and number in text of
// any kind: rows of files, JSON, XML, encoded forms. It is to be matched without regard to case.
func (i Identity) Pattern() string {
	var all []string
	if i.Email != "" {
		for _, address := range i.spellings() {
			all = append(all, addressPattern(address))
		}
	}
	if digits, code := i.national(); digits != "" {
		all = append(all, `(?:^|[^0-9]|%[0-9a-f]{2}|`+escaped+`)(?:[0+]{0,3}`+code+between+`)?(?:\(?0\)?`+between+`)?`+spaced(digits, between)+`(?:$|[^0-9])`)
	}
	return strings.Join(all, "|")
}

// spaced puts something between the characters of a text.
func spaced(text, between string) string {
	characters := strings.Split(text, "")
	for i, c := range characters {
		characters[i] = regexp.QuoteMeta(c)
	}
	return strings.Join(characters, between)
}

// national is a number's digits without its country's code, and that code.
func (i Identity) national() (digits, code string) {
	if i.Phone == "" {
		return i.Digits, ""
	}
	number, err := phonenumbers.Parse(i.Phone, "")
	if err != nil {
		return i.Digits, ""
	}
	return phonenumbers.GetNationalSignificantNumber(number), strconv.Itoa(int(number.GetCountryCode()))
}

// Shares reports whether two have an address or a number in common. A number that is no valid one is compared by its
// digits, with or without what stands before them.
func (i Identity) Shares(other Identity) bool {
	if i.Email != "" && i.Email == other.Email || i.Phone != "" && i.Phone == other.Phone {
		return true
	}
	if i.Phone != "" && other.Phone != "" {
		return false
	}
	one, another := i.significant(), other.significant()
	if len(one) > len(another) {
		one, another = another, one
	}
	return len(one) > minIdentity && strings.Contains(another, one)
}

// Contradicts reports whether two are certainly different people: both have an address, or both a number, and they have
// nothing in common.
func (i Identity) Contradicts(other Identity) bool {
	return !i.Shares(other) && (i.Email != "" && other.Email != "" || i.hasNumber() && other.hasNumber())
}

func (i Identity) hasNumber() bool { return i.Phone != "" || i.Digits != "" }

// significant are a number's digits without what is dialled before them.
func (i Identity) significant() string {
	digits, _ := i.national()
	return strings.TrimLeft(digits, "0")
}

// Keys are 16 bits each of the address and the number: enough to tell that somebody had them, too little to tell what
// they were.
func (i Identity) Keys() (keys []int) {
	for _, text := range []string{i.Email, i.Phone, i.Digits} {
		if text != "" {
			sum := sha256.Sum256([]byte(text))
			keys = append(keys, int(binary.BigEndian.Uint16(sum[:])))
		}
	}
	return keys
}
