// Package secret keeps the secrets of others, such as a platform's app secret or an access token, sealed at rest. Whatever stores one
// calls it. What it sealed for one place it opens for no other.
package secret

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"strings"
)

const (
	// KeySize is a key's length in bytes.
	KeySize = 32
	// version is the first byte of whatever was sealed, so that another way of sealing can follow.
	version = 1
	// idSize is how much of a key's hash tells which key sealed something.
	idSize = 4
)

// ErrNoKey means that there is no key to seal with.
var ErrNoKey = errors.New("this server has no key to keep secrets with; set LEADWHEEL_SECRET_KEY to the base64 of 32 random bytes, " +
	"as `head -c 32 /dev/urandom | base64` makes them, and start it again")

// ErrUnknownKey means that none of the keys opens something, or that it was tampered with.
var ErrUnknownKey = errors.New("none of the keys in LEADWHEEL_SECRET_KEY opens this secret; add the key that it was sealed with")

// A Box seals with its first key and opens with all of them: AES-256-GCM under random nonces. Each thing sealed is bound
// to where it is kept, so that it opens nowhere else.
type Box struct{ keys []key }

type key struct {
	id   [idSize]byte
	aead cipher.AEAD
}

// NewBox reads keys, each 32 bytes in base64, separated by commas or, as in files, by lines. No keys make a box that
// neither seals nor opens.
func NewBox(keys string) (*Box, error) {
	b := &Box{}
	if strings.TrimSpace(keys) == "" {
		return b, nil
	}
	lines := strings.Join(strings.FieldsFunc(keys, func(r rune) bool { return r == '\n' || r == '\r' }), ",")
	for i, text := range strings.Split(lines, ",") {
		raw, err := base64.StdEncoding.DecodeString(strings.TrimSpace(text))
		if err != nil || len(raw) != KeySize { // the text is not repeated
			return nil, fmt.Errorf("key %d of LEADWHEEL_SECRET_KEY is not the base64 of %d bytes", i+1, KeySize)
		}
		block, err := aes.NewCipher(raw)
		if err != nil {
			return nil, fmt.Errorf("key %d of LEADWHEEL_SECRET_KEY: %w", i+1, err)
		}
		aead, err := cipher.NewGCMWithRandomNonce(block)
		if err != nil {
			return nil, fmt.Errorf("key %d of LEADWHEEL_SECRET_KEY: %w", i+1, err)
		}
		sum := sha256.Sum256(raw)
		b.keys = append(b.keys, key{id: [idSize]byte(sum[:idSize]), aead: aead})
	}
	return b, nil
}

// Seal encrypts with the first key. place is where the result is kept, which Open must be told. It returns ErrNoKey
// where the box has none.
func (b *Box) Seal(plain []byte, place string) ([]byte, error) {
	if len(b.keys) == 0 {
		return nil, ErrNoKey
	}
	k := b.keys[0]
	sealed := append([]byte{version}, k.id[:]...)
	return k.aead.Seal(sealed, nil, plain, []byte(place)), nil
}

// Open decrypts what was sealed for a place with any of the keys. It returns ErrUnknownKey where none fits.
func (b *Box) Open(sealed []byte, place string) ([]byte, error) {
	if len(sealed) > 1+idSize && sealed[0] == version {
		for _, k := range b.keys {
			if [idSize]byte(sealed[1:]) != k.id {
				continue
			}
			if plain, err := k.aead.Open(nil, nil, sealed[1+idSize:], []byte(place)); err == nil {
				return plain, nil
			}
		}
	}
	return nil, ErrUnknownKey
}

// Empty reports whether the box has no key.
func (b *Box) Empty() bool { return len(b.keys) == 0 }

// Current reports whether something was sealed with the first key, and so would not change by being sealed anew.
func (b *Box) Current(sealed []byte) bool {
	return len(b.keys) > 0 && len(sealed) > 1+idSize && sealed[0] == version && [idSize]byte(sealed[1:]) == b.keys[0].id
}
