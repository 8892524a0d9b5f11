package store_test

import (
	"bytes"
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/google/uuid"

	"github.com/leadwheel/leadwheel/internal/lead"
	"github.com/leadwheel/leadwheel/store"
)

// A keyring seals by writing down with which key and for which place, which is all that the store has to do with.
type keyring struct {
	keys []string // the first seals
	// amid is called while something is sealed.
	amid func()
}

func (k keyring) Seal(plain []byte, place string) ([]byte, error) {
	if k.amid != nil {
		k.amid()
	}
	return []byte(k.keys[0] + "|" + place + "|" + string(plain)), nil
}

func (k keyring) Open(sealed []byte, place string) ([]byte, error) {
	key, rest, _ := strings.Cut(string(sealed), "|")
	plain, is := strings.CutPrefix(rest, place+"|")
	if !is || !slices.Contains(k.keys, key) {
		return nil, errors.New("no key opens it")
	}
	return []byte(plain), nil
}

func (k keyring) Current(sealed []byte) bool { return bytes.HasPrefix(sealed, []byte(k.keys[0]+"|")) }

// sealedIntegration has a secret sealed with a key, none where that is empty, and sealedWebhook too.
func (w *world) sealedIntegration(key string) (id uuid.UUID) {
	w.t.Helper()
	id, err := store.NewIntegrationID()
	w.fine(err)
	i := store.Integration{ID: id, Kind: lead.KindGeneric, Name: "of " + key, Enabled: true}
	if key != "" {
		i.Sealed, _ = keyring{keys: []string{key}}.Seal([]byte("secret"), store.IntegrationOrigin(id))
	}
	_, err = w.Store.CreateIntegration(w.t.Context(), w.workspace, i)
	w.fine(err)
	return id
}

func (w *world) sealedWebhook(key string) (id uuid.UUID) {
	w.t.Helper()
	id = newID()
	sealed, _ := keyring{keys: []string{key}}.Seal([]byte("secret"), store.WebhookPlace(id))
	_, err := w.Store.CreateWebhook(w.t.Context(), w.workspace, store.Webhook{ID: id, URL: "https://example.com/", Events: lead.WebhookEvents(), Enabled: true, Sealed: sealed})
	w.fine(err)
	return id
}

// What was sealed with an older key is sealed anew and can be opened with the new one alone; what no key opens stays as it is, and what
// was never sealed is not looked at. Doing it again does nothing.
func TestSecretsAreSealedAnew(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	old, current, lost := w.sealedIntegration("old"), w.sealedIntegration("new"), w.sealedIntegration("lost")
	w.sealedIntegration("")
	hook := w.sealedWebhook("old")
	_, err := w.Store.CreateWebhook(t.Context(), w.workspace, store.Webhook{ID: newID(), URL: "https://example.com/", Events: lead.WebhookEvents()})
	w.fine(err)
	moved := w.sealedIntegration("old") // its secret was put there from another place
	w.DB.MustExec(`UPDATE integrations SET sealed = (SELECT sealed FROM integrations WHERE integration_id = $1) WHERE integration_id = $2`, old, moved)

	keys := keyring{keys: []string{"new", "old"}}
	before, err := w.Store.LookAtSealed(t.Context(), keys)
	w.fine(err)
	equal(t, "before", before, []store.Sealed{{Table: "integrations", Rows: 4, Older: 1, Closed: 2}, {Table: "webhooks", Rows: 1, Older: 1}})
	done, err := w.Store.Reseal(t.Context(), keys)
	w.fine(err)
	equal(t, "done", done, []store.Sealed{{Table: "integrations", Rows: 4, Resealed: 1, Closed: 2}, {Table: "webhooks", Rows: 1, Resealed: 1}})
	again, err := w.Store.Reseal(t.Context(), keyring{keys: []string{"new"}})
	w.fine(err)
	equal(t, "again, without the old key", again, []store.Sealed{{Table: "integrations", Rows: 4, Closed: 2}, {Table: "webhooks", Rows: 1}})

	for id, want := range map[uuid.UUID]string{
		old: "new|" + store.IntegrationOrigin(old) + "|secret", current: "new|" + store.IntegrationOrigin(current) + "|secret",
		lost: "lost|" + store.IntegrationOrigin(lost) + "|secret", moved: "old|" + store.IntegrationOrigin(old) + "|secret",
	} {
		i, err := w.Store.Integration(t.Context(), w.workspace, id)
		w.fine(err)
		equal(t, "what is kept", string(i.Sealed), want)
	}
	h, err := w.Store.Webhook(t.Context(), w.workspace, hook)
	w.fine(err)
	equal(t, "the webhook's", string(h.Sealed), "new|"+store.WebhookPlace(hook)+"|secret")
}

// A secret that is changed while the one before is sealed anew keeps the change.
func TestASecretThatIsChangedMeanwhileStays(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	id := w.sealedIntegration("old")
	amid := func() { w.DB.MustExec(`UPDATE integrations SET sealed = 'changed' WHERE integration_id = $1`, id) }
	done, err := w.Store.Reseal(t.Context(), keyring{[]string{"new", "old"}, amid})
	w.fine(err)
	equal(t, "done", done[0], store.Sealed{Table: "integrations", Rows: 1, Older: 1})
	i, err := w.Store.Integration(t.Context(), w.workspace, id)
	w.fine(err)
	equal(t, "what is kept", string(i.Sealed), "changed")
}

// More secrets than are read at once, of more than one workspace, are all looked at, each once.
func TestAllSecretsAreLookedAt(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	const many = 1203
	for _, name := range []string{"one", "two"} {
		ws, err := w.Store.CreateWorkspace(t.Context(), store.WorkspaceSpec{Name: name, Timezone: "Asia/Kuala_Lumpur", Region: "MY"})
		w.fine(err)
		w.DB.MustExec(`
			INSERT INTO webhooks (workspace_id, webhook_id, url, events, enabled, sealed, created_at, updated_at)
			SELECT $1, id, 'https://example.com/', '{}', true, convert_to('old|webhook:' || id || '|secret', 'UTF8'), now(), now()
			FROM (SELECT gen_random_uuid() AS id FROM generate_series(1, $2)) many`, ws.ID, many)
	}
	done, err := w.Store.Reseal(t.Context(), keyring{keys: []string{"new", "old"}})
	w.fine(err)
	equal(t, "done", done[1], store.Sealed{Table: "webhooks", Rows: 2 * many, Resealed: 2 * many})
	equal(t, "sealed anew", w.count(`SELECT count(*) FROM webhooks WHERE convert_from(sealed, 'UTF8') = 'new|webhook:' || webhook_id || '|secret'`), 2*many)
}
