package contact

import (
	"strconv"
	"strings"

	"github.com/nyaruka/phonenumbers/v2"
)

// Country is the country of a number in E.164, two capital letters, empty where that is none of a country.
func Country(e164 string) string {
	for n := 2; n <= min(4, len(e164)); n++ { // most codes are of one country, and no code begins another
		code, err := strconv.Atoi(strings.TrimPrefix(e164[:n], "+"))
		if err != nil {
			return ""
		}
		if all := phonenumbers.GetRegionCodesForCountryCode(code); len(all) == 1 && len(all[0]) == 2 {
			return all[0]
		}
	}
	number, err := phonenumbers.Parse(e164, "")
	if err != nil {
		return ""
	}
	country := phonenumbers.GetRegionCodeForNumber(number)
	if len(country) != 2 { // as for numbers of no country, which have 001
		return ""
	}
	return country
}
