package main

import (
	"errors"
	"strings"
	"testing"

	"github.com/leadwheel/leadwheel/internal/testenv"
	"github.com/leadwheel/leadwheel/internal/web/api"
	"github.com/leadwheel/leadwheel/store"
)

// An operator invites people, who can then sign in, and takes their access away.
func TestPersonCommands(t *testing.T) {
	t.Parallel()
	env := testenv.New(t)
	workspace, _ := env.NewWorkspace(t, "Acme")
	if _, err := env.Store.CreateMember(t.Context(), workspace, store.Member{Name: "Siew Ling"}); err != nil {
		t.Fatal(err)
	}
	settings := []string{"DATABASE_URL=" + env.DatabaseURL}
	person := func(code int, args ...string) (stdout, stderr string) {
		t.Helper()
		return command(t, code, settings, append(append([]string{"person"}, args...), "--workspace", "Acme")...)
	}
	type invited struct{ ID, URL string }
	said, _ := person(exitOK, "invite", "Mira@Example.com", "--name", "Mira", "--role", "manager", "--public-url", "https://leads.example.com/", "--json")
	mira := parse[invited](t, said)
	token, is := strings.CutPrefix(mira.URL, "https://leads.example.com"+api.SignInPath)
	if !is {
		t.Fatalf("the link is %s", mira.URL)
	}
	if _, refused := person(exitRefused, "invite", "mira@example.com", "--role", "admin"); !strings.Contains(refused, "has this address") {
		t.Errorf("the same address again: %s", refused)
	}
	if _, refused := person(exitRefused, "invite", "siew@example.com", "--role", "agent"); !strings.Contains(refused, "member") {
		t.Errorf("an agent who is nobody: %s", refused)
	}
	person(exitOK, "invite", "siew@example.com", "--role", "agent", "--member", "Siew Ling")
	if again, _ := person(exitOK, "link", "mira@example.com"); !strings.Contains(again, "http://127.0.0.1:8080"+api.SignInPath) {
		t.Error(again)
	}
	if all, _ := person(exitOK, "list"); !strings.Contains(all, "Siew Ling") || !strings.Contains(all, "manager") {
		t.Error(all)
	}
	person(exitOK, "remove", mira.ID)
	person(exitRefused, "remove", mira.ID)
	if err := env.Store.WithTx(t.Context(), func(tx *store.Tx) error {
		_, err := tx.UseSignInLink(t.Context(), token)
		return err
	}); !errors.Is(err, store.ErrBadLink) {
		t.Errorf("the link of somebody who was removed: %v", err)
	}
}
