package webhooks

import (
	"crypto/rand"
	"encoding/base64"
	"encoding/json"
	"strings"
	"time"

	"github.com/google/uuid"
	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"

	"github.com/leadwheel/leadwheel/store"
)

const (
	secretPrefix = "whsec_"
	secretSize   = 32
	// rotation is for how long the secret before signs beside the new one, so that whoever verifies can change over.
	rotation = 24 * time.Hour
)

// Secrets sign what a webhook is sent. Each is a Standard Webhooks secret: whsec_ and the base64 of 32 bytes.
type Secrets struct {
	Current string `json:"current"`
	// Previous is the one before, which signs too until Until.
	Previous string    `json:"previous,omitempty"`
	Until    time.Time `json:"until,omitzero"`
}

// NewSecrets makes a secret.
func NewSecrets() Secrets {
	key := make([]byte, secretSize)
	rand.Read(key) // never fails
	return Secrets{Current: secretPrefix + base64.StdEncoding.EncodeToString(key)}
}

// Rotated makes a new secret, beside which the current one signs for a day.
func (s Secrets) Rotated(now time.Time) Secrets {
	next := NewSecrets()
	next.Previous, next.Until = s.Current, now.Add(rotation)
	return next
}

// sign signs a message with every secret that does so at a time, the current one first.
func (s Secrets) sign(id string, at time.Time, content []byte) (string, error) {
	secrets := []string{s.Current}
	if s.Previous != "" && !at.After(s.Until) {
		secrets = append(secrets, s.Previous)
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
