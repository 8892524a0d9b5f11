package api

import (
	"math/big"
	"regexp"
	"strings"

	"github.com/danielgtaylor/huma/v2"

	"github.com/leadwheel/leadwheel/store"
)

// maxAmount is the first amount that is too much.
const maxAmount = 1e15

// An Amount of money is answered as a JSON number, kept digit by digit.
type Amount string

// MarshalJSON implements json.Marshaler.
func (a Amount) MarshalJSON() ([]byte, error) { return []byte(a), nil }

// Schema implements huma.SchemaProvider.
func (Amount) Schema(huma.Registry) *huma.Schema {
	least := 0.0
	return &huma.Schema{
		Type: huma.TypeNumber, Format: "double", Minimum: &least,
		Description: "Exactly this decimal number, of up to 15 digits and four decimal places after them. A double, which is what most programs " +
			"read numbers as, holds 15 digits in all: read it as a decimal where amounts have more.",
	}
}

// A GivenAmount is an amount of money on its way in, as JSON has it: a number, or a text that is one, for programs whose numbers do
// not hold it.
type GivenAmount string

// UnmarshalJSON implements json.Unmarshaler.
func (a *GivenAmount) UnmarshalJSON(data []byte) error {
	*a = GivenAmount(data)
	return nil
}

// Schema implements huma.SchemaProvider. What decimal checks stands in extensions, which are described and not checked: it says what
// is wrong in words for people.
func (GivenAmount) Schema(huma.Registry) *huma.Schema {
	return &huma.Schema{
		Description: "As 1250.5, or \"1250.50\": up to 15 digits and four decimal places after them.",
		OneOf: []*huma.Schema{
			{Type: huma.TypeNumber, Format: "double", Extensions: map[string]any{"minimum": 0}},
			{Type: huma.TypeString, Extensions: map[string]any{"pattern": textAmount}},
		},
	}
}

// textAmount is an amount in a text.
const textAmount = `^[0-9]{1,15}(\.[0-9]{1,4})?$`

var (
	decimalText = regexp.MustCompile(textAmount)
	// plainAmount keeps what follows from growing beyond measure: as a number is written, its exponent may be anything.
	plainAmount = regexp.MustCompile(`^[0-9]{1,40}(\.[0-9]{1,40})?([eE][+-]?[0-9]{1,2})?$`)
)

// decimal is an amount as JSON has it, without an exponent and what it does not need. It returns a *store.FieldError for one that is
// not to be had so, and "" for none.
func decimal(amount string) (string, error) {
	if amount == "" {
		return "", nil
	}
	wrong := &store.FieldError{Field: "amount", Message: "an amount is a number of up to 15 digits and four decimal places, not below 0"}
	if text, is := strings.CutPrefix(amount, `"`); is {
		if amount = strings.TrimSuffix(text, `"`); !decimalText.MatchString(amount) {
			return "", wrong
		}
	}
	if !plainAmount.MatchString(amount) {
		return "", wrong
	}
	exact, ok := new(big.Rat).SetString(amount)
	if !ok || exact.Cmp(new(big.Rat).SetInt64(maxAmount)) >= 0 {
		return "", wrong
	}
	text := exact.FloatString(4)
	if rounded, _ := new(big.Rat).SetString(text); rounded.Cmp(exact) != 0 {
		return "", wrong
	}
	return strings.TrimSuffix(strings.TrimRight(text, "0"), "."), nil
}
