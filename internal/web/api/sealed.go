package api

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
)

// An answer that shows a secret once is kept for repetitions in a form that only its caller can open: sealed under the
// text of the API key with which they called, of which the database has but a hash. All other answers are objects, so a
// JSON string is a sealed one.

var errSealed = errors.New("a kept answer cannot be opened")

func (c *call) seal(data json.RawMessage) (json.RawMessage, error) {
	box, err := c.box()
	if err != nil {
		return nil, err
	}
	return json.Marshal(box.Seal(nil, nil, data, nil))
}

// open gives the answer that was kept, sealed or not.
func (c *call) open(kept json.RawMessage) (json.RawMessage, error) {
	if len(kept) == 0 || kept[0] != '"' {
		return kept, nil
	}
	var sealed []byte
	if err := json.Unmarshal(kept, &sealed); err != nil {
		return nil, fmt.Errorf("%w: %w", errSealed, err)
	}
	box, err := c.box()
	if err != nil {
		return nil, err
	}
	data, err := box.Open(nil, nil, sealed, nil)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", errSealed, err)
	}
	return data, nil
}

// box seals with random nonces.
func (c *call) box() (cipher.AEAD, error) {
	key, err := hkdf.Key(sha256.New, []byte(c.key), []byte(c.idempotencyKey), "leadwheel kept answer", 32)
	if err != nil {
		return nil, err
	}
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, err
	}
	return cipher.NewGCMWithRandomNonce(block)
}
