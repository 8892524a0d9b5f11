package webhooks

import (
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"

	"github.com/leadwheel/leadwheel/internal/secret"
	"github.com/leadwheel/leadwheel/store"
)

const (
	vectorSecret    = "whsec_bGVhZC1lbmdpbmUtdGVzdC1zZWNyZXQtMzJieXRlcyE="
	vectorID        = "msg_2aLEADtest0001"
	vectorAt        = 1767229200
	vectorContent   = `{"type":"lead.assigned","timestamp":"2026-01-01T01:00:00Z","data":{"lead_id":"ld_01","member_id":"mb_07"}}`
	vectorSignature = "v1,5yqIUs8tLyyt82krh4dQ4CMFmGgCzgJRL/0M65pcUlU="
)

// TestSignatureVector signs what has a known signature.
func TestSignatureVector(t *testing.T) {
	t.Parallel()
	got, err := Secrets{Current: vectorSecret}.sign(vectorID, time.Unix(vectorAt, 0), []byte(vectorContent))
	if err != nil || got != vectorSignature {
		t.Errorf("the signature is %q, %v, want %q", got, err, vectorSignature)
	}
}

// TestOldSecretSignsForADay rotates a secret: whoever has the old one verifies for a day, whoever has the new one from
// the start.
func TestOldSecretSignsForADay(t *testing.T) {
	t.Parallel()
	now := time.Now()
	before := NewSecrets()
	after := before.Rotated(now)
	if !strings.HasPrefix(after.Current, "whsec_") || after.Current == before.Current {
		t.Fatalf("rotated %q to %q", before.Current, after.Current)
	}
	for _, c := range []struct {
		name   string
		at     time.Time
		secret string
		good   bool
	}{
		{"the new one at once", now, after.Current, true},
		{"the old one at once", now, before.Current, true},
		{"the old one within the day", now.Add(24 * time.Hour), before.Current, true},
		{"the old one after the day", now.Add(24*time.Hour + time.Second), before.Current, false},
		{"the new one after the day", now.Add(25 * time.Hour), after.Current, true},
	} {
		signature, err := after.sign(vectorID, c.at, []byte(vectorContent))
		if err != nil {
			t.Fatal(err)
		}
		verifier, err := standardwebhooks.NewWebhook(c.secret)
		if err != nil {
			t.Fatal(err)
		}
		header := http.Header{}
		header.Set("webhook-id", vectorID)
		header.Set("webhook-timestamp", unix(c.at))
		header.Set("webhook-signature", signature)
		if err := verifier.VerifyIgnoringTimestamp([]byte(vectorContent), header); (err == nil) != c.good {
			t.Errorf("%s: verifying gives %v", c.name, err)
		}
	}
}

// TestEverySecretOfTheDaySigns rotates a secret every six hours, through the box as the API does: each verifies for a day
// after it was replaced and not longer. What an earlier version sealed is read too.
func TestEverySecretOfTheDaySigns(t *testing.T) {
	t.Parallel()
	box, err := secret.NewBox("AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=")
	if err != nil {
		t.Fatal(err)
	}
	start, id := time.Now().UTC(), uuid.New()
	first := NewSecrets().Current
	sealed, err := box.Seal([]byte(`{"current":"`+first+`"}`), store.WebhookPlace(id))
	if err != nil {
		t.Fatal(err)
	}
	all := []string{first}
	for i := 1; i <= 12; i++ {
		now := start.Add(time.Duration(i) * 6 * time.Hour)
		s, err := OpenSecrets(box, id, sealed)
		if err != nil {
			t.Fatal(err)
		}
		s = s.Rotated(now)
		all = append(all, s.Current)
		if sealed, err = s.Seal(box, id); err != nil {
			t.Fatal(err)
		}
		signature, err := s.sign(vectorID, now.Add(time.Minute), []byte(vectorContent))
		if err != nil {
			t.Fatal(err)
		}
		for n, text := range all {
			alone, err := Secrets{Current: text}.sign(vectorID, now.Add(time.Minute), []byte(vectorContent))
			if err != nil {
				t.Fatal(err)
			}
			if signs, want := slices.Contains(strings.Split(signature, " "), alone), i-n <= 4; signs != want {
				t.Errorf("after rotation %d secret %d signs: %t, want %t", i, n, signs, want)
			}
		}
		if n := len(strings.Split(signature, " ")); n > 5 {
			t.Errorf("%d signatures", n)
		}
	}
}

// TestRotationsAreBounded rotates until no more secrets may sign, and again a day later.
func TestRotationsAreBounded(t *testing.T) {
	t.Parallel()
	now, s, n := time.Now(), NewSecrets(), 0
	for s.CheckRotation(now) == nil {
		s = s.Rotated(now)
		n++
	}
	if n != maxSigning-1 || s.CheckRotation(now.Add(rotation+time.Second)) != nil {
		t.Errorf("%d rotations", n)
	}
}

// TestSecretsOpenForTheirWebhookOnly seals secrets for one webhook and opens them for another.
func TestSecretsOpenForTheirWebhookOnly(t *testing.T) {
	t.Parallel()
	box, err := secret.NewBox("AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=")
	if err != nil {
		t.Fatal(err)
	}
	id, s := uuid.New(), NewSecrets()
	sealed, err := s.Seal(box, id)
	if err != nil {
		t.Fatal(err)
	}
	if opened, err := OpenSecrets(box, id, sealed); err != nil || opened != s {
		t.Errorf("opened %+v, %v", opened, err)
	}
	if _, err := OpenSecrets(box, uuid.New(), sealed); err == nil {
		t.Error("another webhook's secrets were opened")
	}
}
