package webhooks

import (
	"crypto/rand"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"
	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"

	"github.com/leadwheel/leadwheel/store"
)

const (
	secretPrefix = "whsec_"
	secretSize   = 32
	// rotation is for how long a secret signs beside those that came after it, so that whoever verifies can change over.
	rotation = 24 * time.Hour
	// maxSigning bounds the secrets that sign at once: each has a signature in a header, whose size receivers bound.
	maxSigning = 50
)

// ErrTooManySecrets means that as many secrets as can be sign already.
var ErrTooManySecrets = fmt.Errorf("this webhook's secret was rotated %d times within a day, and all of those still sign; wait until the oldest does not", maxSigning-1)

// Secrets sign what a webhook is sent. Each is a Standard Webhooks secret: whsec_ and the base64 of 32 bytes.
type Secrets struct {
	Current string `json:"current"`
	// Previous is the one before, which signs too until Until.
	Previous string    `json:"previous,omitempty"`
	Until    time.Time `json:"until,omitzero"`
	// Older is the one before that, and leads to those before it, as far as they sign too.
	Older *OldSecret `json:"older,omitempty"`
}

// An OldSecret signs until a time. Before it came Older.
type OldSecret struct {
	Secret string     `json:"secret"`
	Until  time.Time  `json:"until"`
	Older  *OldSecret `json:"older,omitempty"`
}

// NewSecrets makes a secret.
func NewSecrets() Secrets {
	key := make([]byte, secretSize)
	rand.Read(key) // never fails
	return Secrets{Current: secretPrefix + base64.StdEncoding.EncodeToString(key)}
}

// Rotated makes a new secret, beside which the current one signs for a day, and those before it for as long as they would
// have.
func (s Secrets) Rotated(now time.Time) Secrets {
	next := NewSecrets()
	next.Previous, next.Until = s.Current, now.Add(rotation)
	old := s.old(now)
	for i := range slices.Backward(old) {
		old[i].Older = next.Older
		next.Older = &old[i]
	}
	return next
}

// CheckRotation returns ErrTooManySecrets where another secret would be one too many.
func (s Secrets) CheckRotation(now time.Time) error {
	if 2+len(s.old(now)) > maxSigning {
		return ErrTooManySecrets
	}
	return nil
}

// old are the secrets beside the current one that sign at a time, the youngest first.
func (s Secrets) old(at time.Time) (old []OldSecret) {
	for o := (&OldSecret{s.Previous, s.Until, s.Older}); o != nil; o = o.Older {
		if o.Secret != "" && !at.After(o.Until) {
			old = append(old, *o)
		}
	}
	return old
}

// sign signs a message with every secret that does so at a time, the current one first.
func (s Secrets) sign(id string, at time.Time, content []byte) (string, error) {
	secrets := []string{s.Current}
	for _, o := range s.old(at) {
		secrets = append(secrets, o.Secret)
	}
	signatures := make([]string, len(secrets))
	for i, secret := range secrets {
		key, err := standardwebhooks.NewWebhook(secret)
		if err != nil {
			return "", err
		}
		if signatures[i], err = key.Sign(id, at, content); err != nil {
			return "", err
		}
	}
	return strings.Join(signatures, " "), nil
}

// A Box seals and opens; see internal/secret.
type Box interface {
	Seal(plain []byte, place string) ([]byte, error)
	Open(sealed []byte, place string) ([]byte, error)
}

// Seal encrypts the secrets of a webhook.
func (s Secrets) Seal(b Box, webhook uuid.UUID) ([]byte, error) {
	plain, err := json.Marshal(s)
	if err != nil {
		return nil, err
	}
	return b.Seal(plain, store.WebhookPlace(webhook))
}

// OpenSecrets decrypts the secrets of a webhook.
func OpenSecrets(b Box, webhook uuid.UUID, sealed []byte) (s Secrets, err error) {
	plain, err := b.Open(sealed, store.WebhookPlace(webhook))
	if err != nil {
		return s, err
	}
	return s, json.Unmarshal(plain, &s)
}
