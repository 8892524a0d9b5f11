// Package openidtest plays a provider of OpenID Connect: it asks nobody, gives codes, and signs tokens that can be made wrong. Only tests
// import it.
package openidtest

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"sync"
	"testing"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"
	"github.com/coreos/go-oidc/v3/oidc/oidctest"
)

// What the provider calls whoever asks it.
const (
	ClientID     = "leadwheel"
	ClientSecret = "client-secret"
)

const keyID = "test"

// A Provider vouches for whom it is told to.
type Provider struct {
	URL string
	tb  testing.TB
	key *ecdsa.PrivateKey

	mu    sync.Mutex
	codes map[string]grant
	// down has it answer nothing.
	down bool
}

// A grant is what a code is good for, once.
type grant struct {
	challenge, redirect string
	claims              map[string]any
	forged              bool
}

// New starts a provider, which ends with the test.
func New(tb testing.TB) *Provider {
	tb.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		tb.Fatal(err)
	}
	p := &Provider{tb: tb, key: key, codes: map[string]grant{}}
	about := &oidctest.Server{
		PublicKeys: []oidctest.PublicKey{{PublicKey: key.Public(), KeyID: keyID, Algorithm: oidc.ES256}}, Algorithms: []string{oidc.ES256},
	}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		p.mu.Lock()
		down := p.down
		p.mu.Unlock()
		switch {
		case down:
			http.Error(w, "down", http.StatusBadGateway)
		case r.URL.Path == "/token":
			p.token(w, r)
		default:
			about.ServeHTTP(w, r)
		}
	}))
	tb.Cleanup(server.Close)
	p.URL = server.URL
	about.SetIssuer(server.URL)
	return p
}

// SetDown has the provider answer nothing, or again.
func (p *Provider) SetDown(down bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.down = down
}

// Claims are what it says of an account. Others can be set, also those that it sets itself: iss, aud, exp, nonce.
type Claims map[string]any

// Account is one whose address the provider has seen to be theirs.
func Account(subject, email string) Claims {
	return Claims{"sub": subject, "email": email, "email_verified": true}
}

// SignIn is what a browser comes back with that was sent to an address, where somebody with an account let it.
func (p *Provider) SignIn(address string, claims Claims) (state, code string) {
	p.tb.Helper()
	return p.grant(address, claims, false)
}

// Forge is the same with a token that another has signed.
func (p *Provider) Forge(address string, claims Claims) (state, code string) {
	p.tb.Helper()
	return p.grant(address, claims, true)
}

func (p *Provider) grant(address string, claims Claims, forged bool) (state, code string) {
	p.tb.Helper()
	at, err := url.Parse(address)
	if err != nil {
		p.tb.Fatal(err)
	}
	asked := at.Query()
	if asked.Get("client_id") != ClientID || asked.Get("response_type") != "code" || asked.Get("code_challenge_method") != "S256" || asked.Get("state") == "" {
		p.tb.Errorf("the provider is asked %s", address)
	}
	all := map[string]any{"iss": p.URL, "aud": ClientID, "exp": time.Now().Add(time.Hour).Unix(), "iat": time.Now().Unix(), "nonce": asked.Get("nonce")}
	maps.Copy(all, claims)
	code = rand.Text()
	p.mu.Lock()
	defer p.mu.Unlock()
	p.codes[code] = grant{asked.Get("code_challenge"), asked.Get("redirect_uri"), all, forged}
	return asked.Get("state"), code
}

// token exchanges a code, once, for whoever knows what was asked.
func (p *Provider) token(w http.ResponseWriter, r *http.Request) {
	id, secret, _ := r.BasicAuth()
	p.mu.Lock()
	g, known := p.codes[r.PostFormValue("code")]
	delete(p.codes, r.PostFormValue("code"))
	p.mu.Unlock()
	sum := sha256.Sum256([]byte(r.PostFormValue("code_verifier")))
	w.Header().Set("Content-Type", "application/json")
	if !known || id != ClientID || secret != ClientSecret || g.challenge != base64.RawURLEncoding.EncodeToString(sum[:]) || g.redirect != r.PostFormValue("redirect_uri") {
		w.WriteHeader(http.StatusBadRequest)
		_, _ = w.Write([]byte(`{"error":"invalid_grant"}`))
		return
	}
	claims, err := json.Marshal(g.claims)
	key := p.key
	if g.forged && err == nil {
		key, err = ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	}
	if err != nil {
		p.tb.Error(err)
		return
	}
	_ = json.NewEncoder(w).Encode(map[string]any{
		"access_token": "a", "token_type": "Bearer", "expires_in": 60, "id_token": oidctest.SignIDToken(key, keyID, oidc.ES256, string(claims)),
	})
}
