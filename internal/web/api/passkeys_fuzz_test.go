package api

import (
	"encoding/json"
	"testing"

	"github.com/go-webauthn/webauthn/webauthn"
	"github.com/google/uuid"

	"github.com/leadwheel/leadwheel/store"
)

// FuzzPasskeyAnswer has browsers answer anything at all: it makes no passkey and shows none.
func FuzzPasskeyAnswer(f *testing.F) {
	for _, seed := range []string{
		`{}`, `{"id":"AA","rawId":"AA","type":"public-key","response":{"clientDataJSON":"e30","authenticatorData":"AA","signature":"AA","userHandle":"AA"}}`,
		`{"id":"AA","rawId":"AA","type":"public-key","response":{"clientDataJSON":"e30","attestationObject":"o2NmbXRkbm9uZWdhdHRTdG10oGhhdXRoRGF0YUA"}}`,
		`{"id":null,"response":[]}`, `{"id":1e999}`,
	} {
		f.Add([]byte(seed))
	}
	party := relyingParty("https://leads.example.com")
	h := holder{Person: store.Person{Workspace: uuid.New(), ID: uuid.New(), Email: "mira@example.com", Name: "Mira"}}
	_, made, err := registration(party, h)
	if err != nil {
		f.Fatal(err)
	}
	_, show, err := party.BeginDiscoverableLogin()
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		var answer map[string]any
		if json.Unmarshal(data, &answer) != nil {
			return
		}
		if k, err := registered(party, h, *made, answer); err == nil {
			t.Errorf("%q made %v", data, k)
		}
		find := func(uuid.UUID, uuid.UUID, []byte) (holder, error) {
			return holder{h.Person, []store.Passkey{{Credential: "{}"}}}, nil
		}
		if s, err := shown(party, *show, answer, find); err == nil {
			t.Errorf("%q showed %v", data, s)
		}
		if _, err := shown(party, webauthn.SessionData{}, answer, find); err == nil {
			t.Errorf("%q was taken for what nobody asked", data)
		}
	})
}
