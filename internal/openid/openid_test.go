package openid

import (
	"encoding/json"
	"testing"
)

// FuzzVerified has a provider say anything of an address: it is theirs where it says so, in one of two ways.
func FuzzVerified(f *testing.F) {
	for _, seed := range []string{`true`, `"true"`, `false`, `"false"`, `null`, `1`, `{}`, `[true]`, `"TRUE"`} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		var v verified
		if err := json.Unmarshal(data, &v); err != nil || !bool(v) {
			return
		}
		var said any
		if err := json.Unmarshal(data, &said); err != nil || said != true && said != "true" {
			t.Errorf("%q was taken for true", data)
		}
	})
}

// An address is of an allowed domain by all that stands after its last @.
func TestAllowed(t *testing.T) {
	t.Parallel()
	p := &Provider{options: Options{Domains: []string{"example.com"}}}
	for email, want := range map[string]bool{
		"a@example.com": true, "a@EXAMPLE.com": true, "": false, "example.com": false, "a@evil-example.com": false, "a@sub.example.com": false,
		"a@example.com@evil.example": false, "a@example.com.": false,
	} {
		if p.allowed(email) != want {
			t.Errorf("%q: %v", email, !want)
		}
	}
	if !(&Provider{}).allowed("") {
		t.Error("without domains all are allowed")
	}
}

// Settings that mean nothing are refused when a server starts, and none are no provider.
func TestSettings(t *testing.T) {
	t.Parallel()
	if p, err := New(Options{ClientID: "x"}); p != nil || err != nil {
		t.Errorf("without an issuer there is %v, %v", p, err)
	}
	for _, o := range []Options{{Issuer: "accounts"}, {Issuer: "http://accounts.example.com", ClientID: "x"}, {Issuer: "https://accounts.example.com"}, {Issuer: "ftp://x", ClientID: "x"}} {
		if _, err := New(o); err == nil {
			t.Errorf("%+v are taken", o)
		}
	}
	if p, err := New(Options{Issuer: "https://accounts.example.com", ClientID: "x"}); err != nil || p.Name() != "accounts.example.com" || !p.Answers() {
		t.Errorf("%v, %v", p, err)
	}
}
