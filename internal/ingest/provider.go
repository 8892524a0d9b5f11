package ingest

import (
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"time"

	"github.com/leadwheel/leadwheel/internal/lead"
	"github.com/leadwheel/leadwheel/store"
)

// A Request is what a platform or a form sent to an integration's address.
type Request struct {
	// Header holds Content-Type, Content-Encoding and what providers name in Headers.
	Header http.Header
	// Query is the address's, as it came.
	Query string
	Body  []byte
	// At is when it came in.
	At time.Time
	// Admit reports whether so many leads may come in with it, where that is limited; nil admits any number.
	Admit func(leads int) bool

	trial bool // Try made it, so that its leads are tests
}

// A Provider knows one kind of integration. Its methods are pure: what it reads again later it reads alike.
type Provider interface {
	// Headers are the canonical names of the headers that it looks at, which are kept with the body.
	Headers() []string
	// Verify returns an *UnsignedError unless the request is shown to come from whoever knows the secret.
	Verify(s Secrets, r Request) error
	// Parse reads the leads of a request that was verified. No leads mean that it is none of our business, and Note says
	// why. It returns an *UnmappedError for what it cannot read.
	Parse(settings store.IntegrationSettings, r Request) (Parsed, error)
}

// A redactor is a Provider whose requests carry a secret in their body, which nobody is to see again.
type redactor interface {
	// Redact blots the secret out. What it gives can still be parsed.
	Redact(body []byte) []byte
}

// Redacted is a body without the secret that some kinds of integrations are sent in it.
func Redacted(kind lead.Kind, body []byte) []byte {
	if p, is := sortOf[redactor](kind); is {
		return p.Redact(body)
	}
	return body
}

// Parsed is what a request holds. A lead without name, email and phone stands for an entry of which none can be made.
type Parsed struct {
	Leads []Lead
	// Fetches are leads that it only tells of. A request has those or leads.
	Fetches []Fetch
	// Unread says of entries that cannot be read, and have no place among the leads, why. It names nothing of them.
	Unread []string
	// Note is a sentence for whoever set the integration up, where there is something to say.
	Note string
	// Redirect is where a form's sender goes next, empty for nowhere.
	Redirect string

	asked Attribution // what the address says of where all of it came from
}

// A Lead is a lead as a provider sent it, as far as its provider understands it. Contact and the store's limits are
// settled later, from Answers.
type Lead struct {
	// ID is the provider's own, by which repeats are known; empty where there is none.
	ID string
	// Answers are what the person filled in, in order.
	Answers Answers
	// Attribution is what brought the lead in.
	Attribution Attribution
	// Consent is what the person agreed to or not.
	Consent map[string]any
	// Test leads are the provider's tests.
	Test bool
	// Unread says why the provider's entry cannot be read, in words that name nothing of it; empty where it can.
	Unread string
	// Raw is the lead as its platform gave it, where it was asked for.
	Raw json.RawMessage
	// Own means that the answers may name the lead's external id and its source, as with programs and forms of one's own.
	Own bool
}

// A Fetch is a lead of which a provider has said that it is there, and that is to be fetched by its id.
type Fetch struct {
	ID string
	// Attribution is what the provider has said of it.
	Attribution Attribution
	// Withdrawn means that the provider has taken it back.
	Withdrawn bool
}

// An answerReader is a Provider whose leads are fetched. It reads a lead as the platform gave it.
type answerReader interface {
	lead(answer []byte) (Lead, error)
}

// A challenger is a Provider whose platform checks an address before it delivers to it.
type challenger interface {
	// Challenge answers the check. It returns an *UnsignedError for one that is not the platform's.
	Challenge(s Secrets, query url.Values) (Challenged, error)
}

// Challenged is the answer to a platform's check.
type Challenged struct {
	ContentType string
	Body        []byte
}

// Attribution names what brought a lead in: campaign_id, campaign_name, adset_id, adset_name, ad_id, ad_name, form_id,
// form_name, page_id, account_id, platform, click_id, utm_source and so on. All of it is text.
type Attribution map[string]string

// Set adds what is not empty.
func (a Attribution) Set(name string, value flexible) {
	if text := Clean(string(value)); text != "" {
		a[name] = shorten(text, maxText)
	}
}

// An UnsignedError says why a request is not taken for authentic.
type UnsignedError struct{ Message string }

func (e *UnsignedError) Error() string { return e.Message }

// An UnmappedError says why no lead can be made of an authentic request.
type UnmappedError struct{ Message string }

func (e *UnmappedError) Error() string { return e.Message }

// errNoSecret is for integrations whose secret was never set or was taken away.
var errNoSecret = &UnsignedError{"the integration has no secret to verify deliveries with; set it"}

// Secrets are what an integration shares with its platform. Empty text means that there is none.
type Secrets struct {
	// Secret signs deliveries, or for google is the key in them.
	Secret string `json:"secret,omitempty"`
	// VerifyToken is what meta gives back when it checks an address.
	VerifyToken string `json:"verify_token,omitempty"`
	// AccessToken opens the platform's API.
	AccessToken string `json:"access_token,omitempty"`
}

// A Box seals and opens; see internal/secret.
type Box interface {
	Seal(plain []byte, place string) ([]byte, error)
	Open(sealed []byte, place string) ([]byte, error)
}

// Seal encrypts the secrets for an integration, nil where there are none.
func (s Secrets) Seal(b Box, i store.Integration) ([]byte, error) {
	if s == (Secrets{}) {
		return nil, nil
	}
	plain, err := json.Marshal(s)
	if err != nil {
		return nil, err
	}
	return b.Seal(plain, store.IntegrationOrigin(i.ID))
}

// OpenSecrets decrypts an integration's secrets.
func OpenSecrets(b Box, i store.Integration) (Secrets, error) {
	var s Secrets
	if len(i.Sealed) == 0 {
		return s, nil
	}
	plain, err := b.Open(i.Sealed, store.IntegrationOrigin(i.ID))
	if err != nil {
		return s, err
	}
	return s, json.Unmarshal(plain, &s)
}

// Unsigned returns the *UnsignedError in err, nil where there is none.
func Unsigned(err error) *UnsignedError {
	var unsigned *UnsignedError
	errors.As(err, &unsigned)
	return unsigned
}
