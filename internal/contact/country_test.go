package contact

import "testing"

func TestCountry(t *testing.T) {
	t.Parallel()
	for number, want := range map[string]string{
		"+60123456789": "MY", "+6591234567": "SG", "+12125550123": "US", "+14165550123": "CA", "+442079460958": "GB",
		"+80012345678": "", "": "", "12": "", "+": "",
	} {
		if got := Country(number); got != want {
			t.Errorf("Country(%q) = %q, want %q", number, got, want)
		}
	}
}
