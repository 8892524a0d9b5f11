package ingest

import (
	"crypto/hmac"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"
)

// hmacSHA256 signs the parts of a message, one behind the other.
func hmacSHA256(key string, parts ...[]byte) []byte {
	mac := hmac.New(sha256.New, []byte(key))
	for _, p := range parts {
		mac.Write(p)
	}
	return mac.Sum(nil)
}

// same compares a signature with the one that it should be, in constant time.
func same(got string, want string) bool {
	return subtle.ConstantTimeCompare([]byte(got), []byte(want)) == 1
}

// Standard Webhooks 1.0.0: the headers by their canonical names, how a secret begins, how old a delivery may be, and how long a
// key is.
const (
	webhookID        = "Webhook-Id"
	webhookTimestamp = "Webhook-Timestamp"
	webhookSignature = "Webhook-Signature"
	webhookPrefix    = "whsec_"
	webhookTolerance = 5 * time.Minute
	webhookKeyMin    = 24
	webhookKeyMax    = 64
)

// WebhookKey reads a Standard Webhooks secret: whsec_ and the base64 of 24 to 64 bytes.
func WebhookKey(secret string) ([]byte, error) {
	text, found := strings.CutPrefix(secret, webhookPrefix)
	key, err := base64.StdEncoding.DecodeString(text)
	if !found || err != nil || len(key) < webhookKeyMin || len(key) > webhookKeyMax {
		return nil, errors.New("a secret of this kind is whsec_ and the base64 of 24 to 64 bytes")
	}
	return key, nil
}

// verifyWebhook checks a Standard Webhooks signature, of which there may be several, against when the request came in.
func verifyWebhook(secret string, r Request) error {
	key, err := WebhookKey(secret)
	if err != nil {
		return &UnsignedError{err.Error()}
	}
	verifier, err := standardwebhooks.NewWebhookRaw(key)
	if err != nil {
		return err
	}
	seconds, err := strconv.ParseInt(r.Header.Get(webhookTimestamp), 10, 64)
	if r.Header.Get(webhookID) == "" || err != nil {
		return &UnsignedError{"the headers webhook-id and webhook-timestamp are missing or not right"}
	}
	if age := r.At.Sub(time.Unix(seconds, 0)).Abs(); age > webhookTolerance {
		return &UnsignedError{fmt.Sprintf("the signature's time is more than %s away from ours", webhookTolerance)}
	}
	// The library knows no time but that of this machine, which is not when the request came in: it may be read again later.
	if err := verifier.VerifyIgnoringTimestamp(r.Body, r.Header); err != nil {
		return &UnsignedError{"none of the signatures in webhook-signature is right"}
	}
	return nil
}
