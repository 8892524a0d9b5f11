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

// An Amount of money is a JSON number, kept digit by digit.
type Amount string

// MarshalJSON implements json.Marshaler.
func (a Amount) MarshalJSON() ([]byte, error) { return []byte(a), nil }

// UnmarshalJSON implements json.Unmarshaler.
func (a *Amount) UnmarshalJSON(data []byte) error {
	*a = Amount(data)
	return nil
}

// Schema implements huma.SchemaProvider.
func (Amount) Schema(huma.Registry) *huma.Schema {
	least := 0.0
	return &huma.Schema{Type: huma.TypeNumber, Minimum: &least, Description: "Up to 15 digits and four decimal places."}
}

// plainAmount keeps what follows from growing beyond measure: as a number is written, its exponent may be anything.
var plainAmount = regexp.MustCompile(`^[0-9]{1,40}(\.[0-9]{1,40})?([eE][+-]?[0-9]{1,2})?$`)

// decimal is an amount with four places at the most and without an exponent. It returns a *store.FieldError for one that
// is not to be had so, and "" for none.
func decimal(amount string) (string, error) {
	if amount == "" {
		return "", nil
	}
	wrong := &store.FieldError{Field: "amount", Message: "an amount has up to 15 digits and four decimal places"}
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
