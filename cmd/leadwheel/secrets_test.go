package main

import (
	"bytes"
	"encoding/base64"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"

	"github.com/leadwheel/leadwheel/internal/doctor"
	"github.com/leadwheel/leadwheel/internal/lead"
	"github.com/leadwheel/leadwheel/internal/secret"
	"github.com/leadwheel/leadwheel/internal/testenv"
	"github.com/leadwheel/leadwheel/store"
)

// TestSecretsAreResealed rotates a key as the page on secrets says.
func TestSecretsAreResealed(t *testing.T) {
	t.Parallel()
	env := testenv.New(t)
	key := sealedKey
	made, err := env.Store.CreateWorkspace(t.Context(), store.WorkspaceSpec{Name: "acme", Timezone: "UTC", Region: "MY"})
	if err != nil {
		t.Fatal(err)
	}
	w := store.Webhook{ID: uuid.Must(uuid.NewV7()), URL: "https://example.com/"}
	if w.Sealed, err = sealedBox(t, key(1)).Seal([]byte("{}"), store.WebhookPlace(w.ID)); err != nil {
		t.Fatal(err)
	}
	if _, err := env.Store.CreateWebhook(t.Context(), made.ID, w); err != nil {
		t.Fatal(err)
	}
	settings := func(keys string) []string {
		return []string{"DATABASE_URL=" + env.DatabaseURL, "LEADWHEEL_SECRET_KEY=" + keys}
	}
	sealed := func(keys string) doctor.State {
		t.Helper()
		p := start(t, settings(keys), "doctor", "--json", "--data-dir", t.TempDir())
		p.wait(patience)
		stdout := p.stdout.String()
		for _, c := range parse[struct{ Checks []doctor.Check }](t, stdout).Checks {
			if c.Name == "sealed secrets" {
				return c.State
			}
		}
		return ""
	}
	both := key(2) + "," + key(1)
	if before, alone := sealed(both), sealed(key(2)); before != doctor.Warning || alone != doctor.Broken {
		t.Errorf("before, the doctor says %s, and with the new key alone %s", before, alone)
	}
	command(t, exitFailed, settings(key(2)), "secrets", "reseal")
	got := commandJSON[list[store.Sealed]](t, settings(both), "secrets", "reseal")
	if want := (store.Sealed{Table: "webhooks", Rows: 1, Resealed: 1}); !slices.Contains(got.Items, want) {
		t.Errorf("it reports %+v", got)
	}
	if stdout, _ := command(t, exitOK, settings(key(2)), "secrets", "reseal"); !strings.Contains(stdout, "webhooks") {
		t.Errorf("again, it says %s", stdout)
	}
	if after := sealed(key(2)); after != doctor.OK {
		t.Errorf("after, the doctor says %s", after)
	}
	for _, keys := range []string{"", "hunter2"} {
		if _, stderr := command(t, exitUsage, settings(keys), "secrets", "reseal"); strings.Contains(stderr, "hunter2") {
			t.Errorf("it gives the key away: %s", stderr)
		}
	}
}

func sealedKey(fill byte) string {
	return base64.StdEncoding.EncodeToString(bytes.Repeat([]byte{fill}, secret.KeySize))
}

func sealedBox(t *testing.T, keys string) *secret.Box {
	t.Helper()
	b, err := secret.NewBox(keys)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// TestSecretsAreSealedAnew rotates the key of secrets of every kind there is.
func TestSecretsAreSealedAnew(t *testing.T) {
	t.Parallel()
	env := testenv.New(t)
	w, err := env.Store.CreateWorkspace(t.Context(), store.WorkspaceSpec{Name: "acme", Timezone: "UTC", Region: "MY"})
	if err != nil {
		t.Fatal(err)
	}
	old, both, next := sealedBox(t, sealedKey(1)), sealedBox(t, sealedKey(2)+"\n"+sealedKey(1)), sealedBox(t, sealedKey(2))
	seal := func(b *secret.Box, place string) []byte {
		t.Helper()
		sealed, err := b.Seal([]byte("hush"), place)
		if err != nil {
			t.Fatal(err)
		}
		return sealed
	}
	var made []uuid.UUID
	for n, b := range []*secret.Box{old, next, sealedBox(t, sealedKey(3)), nil} {
		i := store.Integration{ID: uuid.Must(uuid.NewV7()), Kind: lead.KindGeneric, Name: "x", Enabled: true}
		if n < 3 {
			i.Sealed = seal(b, store.IntegrationOrigin(i.ID))
		}
		if _, err := env.Store.CreateIntegration(t.Context(), w.ID, i); err != nil {
			t.Fatal(err)
		}
		made = append(made, i.ID)
	}
	hook := uuid.Must(uuid.NewV7())
	if _, err := env.Store.CreateWebhook(t.Context(), w.ID, store.Webhook{ID: hook, URL: "https://example.com/", Sealed: seal(old, store.WebhookPlace(hook))}); err != nil {
		t.Fatal(err)
	}
	check := func(what string, got []store.Sealed, err error, want ...store.Sealed) {
		t.Helper()
		if diff := cmp.Diff(want, got); diff != "" || err != nil {
			t.Errorf("%s: %v (-want +got):\n%s", what, err, diff)
		}
	}
	got, err := env.Store.LookAtSealed(t.Context(), both)
	check("before", got, err, store.Sealed{Table: "integrations", Rows: 3, Older: 1, Closed: 1}, store.Sealed{Table: "webhooks", Rows: 1, Older: 1})
	got, err = env.Store.Reseal(t.Context(), both)
	check("sealing anew", got, err, store.Sealed{Table: "integrations", Rows: 3, Resealed: 1, Closed: 1}, store.Sealed{Table: "webhooks", Rows: 1, Resealed: 1})
	got, err = env.Store.LookAtSealed(t.Context(), next)
	check("with the new key alone", got, err, store.Sealed{Table: "integrations", Rows: 3, Closed: 1}, store.Sealed{Table: "webhooks", Rows: 1})
	i, err := env.Store.Integration(t.Context(), w.ID, made[0])
	if err != nil {
		t.Fatal(err)
	}
	if plain, err := next.Open(i.Sealed, store.IntegrationOrigin(i.ID)); string(plain) != "hush" || err != nil {
		t.Errorf("it opens as %q, %v", plain, err)
	}
}

// TestEverySealedColumnCanBeSealedAnew walks the catalog: a sealed column that rotation does not know would keep the old key.
func TestEverySealedColumnCanBeSealedAnew(t *testing.T) {
	t.Parallel()
	env := testenv.New(t)
	var tables, known []string
	if err := env.DB.Select(&tables, `
		SELECT table_name FROM information_schema.columns WHERE table_schema = 'public' AND column_name = 'sealed' ORDER BY 1`); err != nil {
		t.Fatal(err)
	}
	counts, err := env.Store.LookAtSealed(t.Context(), sealedBox(t, sealedKey(1)))
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range counts {
		known = append(known, c.Table)
	}
	if diff := cmp.Diff(tables, known); diff != "" {
		t.Errorf("sealed columns (-there +known):\n%s", diff)
	}
}
