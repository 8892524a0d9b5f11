package api_test

import (
	"encoding/json"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/descope/virtualwebauthn"

	"github.com/leadwheel/leadwheel/internal/testenv"
	"github.com/leadwheel/leadwheel/internal/web/api"
	"github.com/leadwheel/leadwheel/store"
)

var party = virtualwebauthn.RelyingParty{ID: "leads.example.com", Name: "Leadwheel", Origin: "https://leads.example.com"}

// atHome serves the site where browsers give passkeys to it.
func (s *site) atHome() *site {
	s.t.Helper()
	s.serveBy(slog.New(slog.NewJSONHandler(s.logs, nil)), func(d *api.Deps) { d.PublicURL = party.Origin })
	return s
}

// A device keeps one passkey.
type device struct {
	s   *site
	is  virtualwebauthn.Authenticator
	key virtualwebauthn.Credential
}

func (s *site) newDevice() *device {
	for {
		// One key in some hundred is written in fewer bytes than a device writes it in, and is no key then.
		if key := virtualwebauthn.NewCredential(virtualwebauthn.KeyTypeEC2); len(key.Key.AttestationData()) == 77 {
			return &device{s, virtualwebauthn.NewAuthenticator(), key}
		}
	}
}

func answerOf(text string) (answer map[string]any) {
	if json.Unmarshal([]byte(text), &answer) != nil {
		panic(text)
	}
	return answer
}

func optionsOf(r reply) string {
	r.t.Helper()
	data, err := json.Marshal(r.is(201).at("options"))
	if err != nil {
		r.t.Fatal(err)
	}
	return string(data)
}

// register makes a passkey for whoever has a session's token; change makes the request another.
func (d *device) register(token string, change ...func(map[string]any)) reply {
	d.s.t.Helper()
	begun := d.s.do(token, "POST", "/v1/me/passkeys/begin", nil)
	options, err := virtualwebauthn.ParseAttestationOptions(optionsOf(begun))
	if err != nil {
		d.s.t.Fatal(err)
	}
	body := map[string]any{
		"flow": begun.at("flow"), "name": "Phone", "credential": answerOf(virtualwebauthn.CreateAttestationResponse(party, d.is, d.key, *options)),
	}
	for _, c := range change {
		c(body)
	}
	r := d.s.do(token, "POST", "/v1/me/passkeys", body)
	d.is.Options.UserHandle = []byte(options.UserID)
	d.is.AddCredential(d.key)
	return r
}

// shown is a body that shows the passkey to sign in, of a party that asks.
func (d *device) shown(at virtualwebauthn.RelyingParty) map[string]any {
	d.s.t.Helper()
	begun := d.s.do("", "POST", "/v1/sign-in/passkey/begin", nil)
	options, err := virtualwebauthn.ParseAssertionOptions(optionsOf(begun))
	if err != nil {
		d.s.t.Fatal(err)
	}
	return map[string]any{"flow": begun.at("flow"), "credential": answerOf(virtualwebauthn.CreateAssertionResponse(at, d.is, d.key, *options))}
}

func (d *device) signIn() reply {
	d.s.t.Helper()
	return d.s.do("", "POST", "/v1/sign-in/passkey", d.shown(party))
}

// keepPasskey gives whoever has a session's token a passkey, where the server asks for none.
func (s *site) keepPasskey(token string) {
	s.t.Helper()
	me := s.do(token, "GET", "/v1/me", nil).is(200).at("person").(map[string]any)
	p, err := s.Store.PeopleAt(s.t.Context(), me["email"].(string))
	if err == nil {
		err = s.Store.WithTx(s.t.Context(), func(tx *store.Tx) error {
			_, err := tx.AddPasskey(s.t.Context(), store.Passkey{Workspace: p[0].Workspace, PersonID: p[0].ID, Name: "Phone", CredentialID: p[0].ID[:], Credential: "{}"})
			return err
		})
	}
	if err != nil {
		s.t.Fatal(err)
	}
}

func TestPasskeys(t *testing.T) {
	t.Parallel()
	s := newSite(t).atHome()
	invited := s.post("/v1/people", `{"name":"Mira","email":"mira@example.com","role":"manager"}`).is(201)
	mira, phone := s.signedIn(invited), s.newDevice()
	made := phone.register(mira).is(201)
	if made.at("name") != "Phone" || made.at("last_used_at") != nil || s.get("/v1/people/"+invited.id()).at("passkeys") != 1.0 {
		t.Error(made.body)
	}
	phone.register(mira).refuses(409, "conflict", "body.credential") // it is there already
	token := phone.signIn().is(201).at("token").(string)
	if me := s.do(token, "GET", "/v1/me", nil).is(200); me.at("person").(map[string]any)["name"] != "Mira" {
		t.Error(me.body)
	}
	own := s.do(mira, "GET", "/v1/me/passkeys", nil).items()
	if len(own) != 1 || own[0]["last_used_at"] == nil {
		t.Errorf("there are %v", own)
	}
	one := "/v1/me/passkeys/" + made.id()
	if renamed := s.do(mira, "PATCH", one, `{"name":" Mira's phone "}`).is(200); renamed.at("name") != "Mira's phone" {
		t.Error(renamed.body)
	}
	s.do(mira, "PATCH", one, `{"name":"\u200b"}`).refuses(422, "invalid_request", "body.name")
	other := s.signedIn(s.post("/v1/people", `{"name":"Other","email":"other@example.com","role":"admin"}`).is(201))
	s.do(other, "DELETE", one, nil).refuses(404, "not_found")
	s.do(other, "PATCH", one, `{"name":"Mine"}`).refuses(404, "not_found")
	if n := len(s.do(other, "GET", "/v1/me/passkeys", nil).items()); n != 0 {
		t.Errorf("another person sees %d passkeys", n)
	}
	var ops []string
	for _, e := range s.get("/v1/audit-log?person_id=" + invited.id()).items() {
		ops = append([]string{e["operation"].(string)}, ops...)
	}
	if got := strings.Join(ops, " "); got != "sign-in post-my-passkey sign-in patch-my-passkey" {
		t.Errorf("the audit log says %s", got)
	}
	s.do(mira, "DELETE", one, nil).is(204)
	phone.signIn().refuses(401, "unauthorized")
}

// A passkey is good for whom and where and as often as it was asked for.
func TestPasskeysThatSignNobodyIn(t *testing.T) {
	t.Parallel()
	clock := testenv.NewClock(time.Date(2026, 11, 29, 9, 0, 0, 0, time.UTC))
	s := newSite(t, testenv.WithClock(clock.Now)).atHome()
	invited := s.post("/v1/people", `{"name":"Mira","email":"mira@example.com","role":"admin"}`).is(201)
	mira, phone := s.signedIn(invited), s.newDevice()
	phone.register(mira).is(201)
	try := func(body map[string]any) reply { t.Helper(); return s.do("", "POST", "/v1/sign-in/passkey", body) }

	once := phone.shown(party)
	try(once).is(201)
	try(once).refuses(401, "unauthorized") // once
	for name, at := range map[string]virtualwebauthn.RelyingParty{
		"another site":   {ID: party.ID, Name: "x", Origin: "https://evil.example"},
		"a site beneath": {ID: party.ID, Name: "x", Origin: "https://evil.leads.example.com"},
		"plain HTTP":     {ID: party.ID, Name: "x", Origin: "http://leads.example.com"},
		"another party":  {ID: "evil.example", Name: "x", Origin: party.Origin},
	} {
		if r := try(phone.shown(at)); r.status != 401 {
			t.Errorf("asked by %s: %d", name, r.status)
		}
	}
	first, second := phone.shown(party), phone.shown(party)
	first["flow"] = second["flow"]
	try(first).refuses(401, "unauthorized") // the answer to another question
	stranger := s.newDevice()
	stranger.is.Options.UserHandle = phone.is.Options.UserHandle
	try(stranger.shown(party)).refuses(401, "unauthorized")
	stranger.key.ID = phone.key.ID // says that it is hers, and has another key
	try(stranger.shown(party)).refuses(401, "unauthorized")
	for _, handle := range []string{"", "x", strings.Repeat("a", 32), strings.Repeat("b", 64)} {
		nobody := *phone
		nobody.is.Options.UserHandle = []byte(handle)
		try(nobody.shown(party)).refuses(401, "unauthorized")
	}
	late := phone.shown(party)
	clock.Advance(store.SignInFlowAge + time.Second)
	try(late).refuses(401, "unauthorized")
	for _, body := range []map[string]any{
		{"flow": "", "credential": map[string]any{}}, {"flow": "lwf_x", "credential": map[string]any{"id": 1}},
		{"flow": s.do("", "POST", "/v1/sign-in/passkey/begin", nil).at("flow"), "credential": map[string]any{"response": []any{nil}}},
	} {
		try(body).refuses(401, "unauthorized")
	}
	// What was asked to add one signs nobody in.
	begun := s.do(mira, "POST", "/v1/me/passkeys/begin", nil).is(201)
	try(map[string]any{"flow": begun.at("flow"), "credential": phone.shown(party)["credential"]}).refuses(401, "unauthorized")
	s.delete("/v1/people/" + invited.id()).is(204)
	phone.signIn().refuses(401, "unauthorized")
	if n := s.count(`SELECT count(*) FROM passkeys`); n != 0 {
		t.Errorf("a removed person has %d passkeys", n)
	}
}

// A passkey that was used more often than it says is a copy, or was copied: neither signs in any more, and its owner is told.
func TestACopiedPasskeySignsNobodyIn(t *testing.T) {
	t.Parallel()
	s := newSite(t).atHome()
	mira, phone := s.signedIn(s.post("/v1/people", `{"name":"Mira","email":"mira@example.com","role":"admin"}`).is(201)), s.newDevice()
	phone.register(mira).is(201)
	phone.key.Counter = 5
	phone.signIn().is(201)
	phone.key.Counter = 6
	phone.signIn().is(201)
	copied := *phone
	copied.key.Counter = 6
	copied.signIn().refuses(401, "unauthorized")
	phone.key.Counter = 7
	phone.signIn().refuses(401, "unauthorized")
	if k := s.do(mira, "GET", "/v1/me/passkeys", nil).items()[0]; k["copied_at"] == nil {
		t.Errorf("the owner is told %v", k)
	}
	if e := s.get("/v1/audit-log?operation=passkey-copied").items(); len(e) != 1 {
		t.Errorf("the audit log has %v", e)
	}
}

// What a browser answers adds a passkey for whom it was asked, once, and not for whom it is sent.
func TestPasskeysThatAreNotAdded(t *testing.T) {
	t.Parallel()
	s := newSite(t).atHome()
	mira := s.signedIn(s.post("/v1/people", `{"name":"Mira","email":"mira@example.com","role":"admin"}`).is(201))
	other := s.signedIn(s.post("/v1/people", `{"name":"Other","email":"other@example.com","role":"admin"}`).is(201))
	theirs := s.do(other, "POST", "/v1/me/passkeys/begin", nil).is(201).at("flow")
	signIn := s.do("", "POST", "/v1/sign-in/passkey/begin", nil).is(201).at("flow")
	for name, flow := range map[string]any{"another's": theirs, "that of a sign-in": signIn, "none": ""} {
		if r := s.newDevice().register(mira, func(b map[string]any) { b["flow"] = flow }); r.status != 422 {
			t.Errorf("with the flow of %s: %d %s", name, r.status, r.body)
		}
	}
	s.newDevice().register(mira, func(b map[string]any) { b["name"] = " " }).refuses(422, "invalid_request", "body.name")
	s.newDevice().register(mira, func(b map[string]any) { b["credential"] = map[string]any{"id": strings.Repeat("x", 70_000)} }).refuses(422, "invalid_request", "body.credential")
	for range 20 {
		s.newDevice().register(mira).is(201)
	}
	s.newDevice().register(mira).refuses(422, "invalid_request", "body.credential")
	person := s.get("/v1/people?limit=2").items()[1]["id"].(string)
	s.patch("/v1/people/"+person, `{"passkeys":3}`).refuses(422, "invalid_request", "body.passkeys")
	s.patch("/v1/people/"+person, `{"passkeys":0}`).is(200)
	s.do(mira, "GET", "/v1/me", nil).refuses(401, "unauthorized")
	if n := s.count(`SELECT count(*) FROM passkeys`); n != 0 {
		t.Errorf("%d passkeys are left", n)
	}
}

// Where browsers give no passkeys nobody is asked for one.
func TestPasskeysNeedAName(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	for address, host := range map[string]any{
		"": nil, "http://leads.example.com": nil, "https://192.0.2.1": nil, "https://[2001:db8::1]:8443": nil,
		"https://Leads.Example.com:8443/": "leads.example.com", "http://localhost:8080": "localhost",
	} {
		s.serveBy(slog.New(slog.DiscardHandler), func(d *api.Deps) { d.PublicURL = address })
		if got := s.do("", "GET", "/v1/sign-in", nil).is(200).at("passkey_host"); got != host {
			t.Errorf("at %q passkeys are good at %v, want %v", address, got, host)
		}
		if host == nil {
			s.do("", "POST", "/v1/sign-in/passkey/begin", nil).refuses(409, "conflict")
		}
	}
	s.serve()
	s.post("/v1/me/passkeys/begin", nil).refuses(409, "conflict")
}

// People choose what they are called.
func TestOnesOwnName(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	member := s.member("Siew Ling")
	invited := s.post("/v1/people", map[string]any{"email": "siew@example.com", "role": "agent", "member_id": member}).is(201)
	siew := s.signedIn(invited)
	if me := s.do(siew, "PATCH", "/v1/me", `{"name":" Siew "}`).is(200); me.at("person").(map[string]any)["name"] != "Siew" || me.at("role") != "member" {
		t.Error(me.body)
	}
	if p := s.get("/v1/people/" + invited.id()); p.at("name") != "Siew" {
		t.Error(p.body)
	}
	s.do(siew, "PATCH", "/v1/me", `{"name":"\u200b"}`).refuses(422, "invalid_request", "body.name")
	s.do(siew, "PATCH", "/v1/me", `{"name":null}`).refuses(422, "invalid_request", "body.name")
	s.do(siew, "PATCH", "/v1/me", `{"role":"admin"}`).refuses(422, "invalid_request", "body.role")
	s.do(siew, "PATCH", "/v1/me", map[string]any{"name": strings.Repeat("x", 201)}).refuses(422, "invalid_request", "body.name")
	s.patch("/v1/me", `{"name":"Key"}`).refuses(409, "conflict")
	if e := s.get("/v1/audit-log?operation=patch-me").items(); len(e) != 1 || e[0]["person"] != "Siew" {
		t.Errorf("the audit log has %v", e)
	}
}
