package secret_test

import (
	"bytes"
	"encoding/base64"
	"errors"
	"strings"
	"testing"

	"github.com/leadwheel/leadwheel/internal/secret"
)

func keyOf(fill byte) string {
	return base64.StdEncoding.EncodeToString(bytes.Repeat([]byte{fill}, secret.KeySize))
}

func box(t *testing.T, keys string) *secret.Box {
	t.Helper()
	b, err := secret.NewBox(keys)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func TestKeysCanBeRotated(t *testing.T) {
	t.Parallel()
	old := box(t, keyOf(1))
	sealed, err := old.Seal([]byte("app-secret"), "here")
	if err != nil || bytes.Contains(sealed, []byte("app-secret")) || !old.Current(sealed) {
		t.Fatalf("sealed as %q: %v", sealed, err)
	}
	both := box(t, keyOf(2)+", "+keyOf(1))
	if plain, err := both.Open(sealed, "here"); string(plain) != "app-secret" || err != nil || both.Current(sealed) {
		t.Errorf("with the old key second it opens as %q, %v", plain, err)
	}
	again, err := both.Seal([]byte("app-secret"), "here")
	if err != nil || !both.Current(again) {
		t.Fatal("not sealed with the first key", err)
	}
	for name, b := range map[string]*secret.Box{"another key": box(t, keyOf(3)), "no key": box(t, ""), "the old key": old} {
		if _, err := b.Open(again, "here"); !errors.Is(err, secret.ErrUnknownKey) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestSealedIsBoundToItsPlace(t *testing.T) {
	t.Parallel()
	b := box(t, keyOf(1))
	sealed, err := b.Seal([]byte("app-secret"), "here")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := b.Open(sealed, "there"); !errors.Is(err, secret.ErrUnknownKey) {
		t.Error("it opens elsewhere:", err)
	}
	for i := range sealed {
		broken := bytes.Clone(sealed)
		broken[i] ^= 1
		if _, err := b.Open(broken, "here"); err == nil {
			t.Errorf("it opens with byte %d changed", i)
		}
		if _, err := b.Open(sealed[:i], "here"); err == nil {
			t.Errorf("it opens cut to %d bytes", i)
		}
	}
}

func TestBadKeys(t *testing.T) {
	t.Parallel()
	for _, keys := range []string{"hunter2", keyOf(1)[:40], keyOf(1) + ",", keyOf(1) + ",hunter2"} {
		if _, err := secret.NewBox(keys); err == nil || strings.Contains(err.Error(), "hunter2") {
			t.Errorf("%q: %v", keys, err)
		}
	}
	if _, err := box(t, " ").Seal(nil, "here"); !errors.Is(err, secret.ErrNoKey) {
		t.Error(err)
	}
}
