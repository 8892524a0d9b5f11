package api

import (
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/go-webauthn/webauthn/protocol"
	"github.com/go-webauthn/webauthn/webauthn"
	"github.com/google/uuid"

	"github.com/leadwheel/leadwheel/internal/web/problem"
	"github.com/leadwheel/leadwheel/store"
)

// maxCredential bounds what a browser sends of a passkey, in bytes.
const maxCredential = 64 << 10

// relyingParty is who asks browsers for passkeys, nil where they would give it none: they do so under a name, by HTTPS or on the
// machine itself.
func relyingParty(publicURL string) *webauthn.WebAuthn {
	at, err := url.Parse(publicURL)
	if err != nil || at.Hostname() == "" || net.ParseIP(at.Hostname()) != nil || at.Scheme != "https" && (at.Scheme != "http" || at.Hostname() != "localhost") {
		return nil
	}
	party, err := webauthn.New(&webauthn.Config{
		RPID: strings.ToLower(at.Hostname()), RPDisplayName: "Leadwheel", RPOrigins: []string{at.Scheme + "://" + strings.ToLower(at.Host)},
		AttestationPreference: protocol.PreferNoAttestation,
		Timeouts: webauthn.TimeoutsConfig{
			Login:        webauthn.TimeoutConfig{Enforce: true, Timeout: store.SignInFlowAge, TimeoutUVD: store.SignInFlowAge},
			Registration: webauthn.TimeoutConfig{Enforce: true, Timeout: store.SignInFlowAge, TimeoutUVD: store.SignInFlowAge},
		},
	})
	if err != nil {
		return nil
	}
	return party
}

// passkeyParty is who asks for passkeys, or why nobody does.
func (a *API) passkeyParty() (*webauthn.WebAuthn, error) {
	if a.party == nil {
		return nil, problem.New(http.StatusConflict, "passkeys need this server to be reached by HTTPS under a name; have LEADWHEEL_PUBLIC_URL say which")
	}
	return a.party, nil
}

// A holder is a person as those are who have passkeys.
type holder struct {
	store.Person
	passkeys []store.Passkey
}

// handleOf is what devices keep of a person: the workspace and who they are there, which tells nobody anything.
func handleOf(p store.Person) []byte { return slices.Concat(p.Workspace[:], p.ID[:]) }

// WebAuthnID implements webauthn.User.
func (h holder) WebAuthnID() []byte { return handleOf(h.Person) }

// WebAuthnName implements webauthn.User.
func (h holder) WebAuthnName() string { return h.Email }

// WebAuthnDisplayName implements webauthn.User.
func (h holder) WebAuthnDisplayName() string { return h.Name }

// WebAuthnCredentials implements webauthn.User. What cannot be read is none.
func (h holder) WebAuthnCredentials() (all []webauthn.Credential) {
	for _, k := range h.passkeys {
		var c webauthn.Credential
		if json.Unmarshal([]byte(k.Credential), &c) == nil {
			all = append(all, c)
		}
	}
	return all
}

// registration is what a browser is asked to make a passkey, and what is to be kept until it answers.
func registration(party *webauthn.WebAuthn, h holder) (*protocol.CredentialCreation, *webauthn.SessionData, error) {
	credentials := h.WebAuthnCredentials()
	known := make([]protocol.CredentialDescriptor, len(credentials))
	for i, c := range credentials {
		known[i] = c.Descriptor()
	}
	options, kept, err := party.BeginRegistration(h, webauthn.WithExclusions(known), webauthn.WithConveyancePreference(protocol.PreferNoAttestation),
		webauthn.WithAuthenticatorSelection(protocol.AuthenticatorSelection{
			ResidentKey: protocol.ResidentKeyRequirementRequired, RequireResidentKey: protocol.ResidentKeyRequired(),
			UserVerification: protocol.VerificationPreferred,
		}))
	if err != nil {
		return nil, nil, fmt.Errorf("asking for a passkey: %w", err)
	}
	return options, kept, nil
}

// errBadPasskey is what a browser answered that is no passkey, or not for what it was asked.
var errBadPasskey = &store.FieldError{Field: "credential", Message: "the browser's answer is not what it was asked for; add the passkey again"}

// registered is the passkey that a browser has made, or errBadPasskey.
func registered(party *webauthn.WebAuthn, h holder, kept webauthn.SessionData, answer map[string]any) (k store.Passkey, err error) {
	data, err := answerOf(answer)
	if err != nil {
		return k, err
	}
	parsed, err := protocol.ParseCredentialCreationResponseBytes(data)
	if err != nil {
		return k, errBadPasskey
	}
	made, err := party.CreateCredential(h, kept, parsed)
	if err != nil {
		return k, errBadPasskey
	}
	credential, err := json.Marshal(made)
	return store.Passkey{
		Workspace: h.Workspace, PersonID: h.ID, CredentialID: made.ID, Credential: string(credential), Uses: int64(made.Authenticator.SignCount),
	}, err
}

// answerOf is a browser's answer as the library reads it.
func answerOf(answer map[string]any) ([]byte, error) {
	data, err := json.Marshal(answer)
	if err == nil && len(data) > maxCredential {
		err = &store.FieldError{Field: "credential", Message: "this is larger than a passkey is"}
	}
	return data, err
}

// A shownPasskey is a passkey that was shown to sign in, as it was before and as it is by now.
type shownPasskey struct {
	had    store.Passkey
	now    json.RawMessage
	uses   int64
	copied bool
}

// shown checks the passkey that a browser has shown. find finds one by whose it says it is. It returns errNoPasskey for one that is not
// good.
func shown(party *webauthn.WebAuthn, kept webauthn.SessionData, answer map[string]any, find func(workspace, person uuid.UUID, credential []byte) (holder, error)) (s shownPasskey, err error) {
	data, err := answerOf(answer)
	if err != nil {
		return s, err
	}
	parsed, err := protocol.ParseCredentialRequestResponseBytes(data)
	if err != nil {
		return s, errNoPasskey
	}
	var trouble error // of ours, which is no refusal
	credential, err := party.ValidateDiscoverableLogin(func(id, handle []byte) (webauthn.User, error) {
		if len(handle) != 2*len(uuid.UUID{}) {
			return nil, errNoPasskey
		}
		h, err := find(uuid.UUID(handle[:16]), uuid.UUID(handle[16:]), id)
		if err != nil {
			if !errors.Is(err, store.ErrNotFound) {
				trouble = err
			}
			return nil, errNoPasskey
		}
		s.had = h.passkeys[0]
		return h, nil
	}, kept, parsed)
	switch {
	case trouble != nil:
		return s, trouble
	case err != nil:
		return s, errNoPasskey
	}
	s.copied = credential.Authenticator.CloneWarning || s.had.CopiedAt != nil
	s.uses = int64(credential.Authenticator.SignCount)
	s.now, err = json.Marshal(credential)
	return s, err
}

// badFlow says of a flow that is none what to do.
func badFlow(err error) error {
	if errors.Is(err, store.ErrBadLink) {
		return &store.FieldError{Field: "flow", Message: "this was answered already, or is older than five minutes; begin again"}
	}
	return err
}

// noPasskey is errNoPasskey for a flow that is none.
func noPasskey(err error) error {
	if errors.Is(err, store.ErrBadLink) {
		return errNoPasskey
	}
	return err
}

// asObject is a value's JSON as an object.
func asObject(value any) (object map[string]any, err error) {
	data, err := json.Marshal(value)
	if err == nil {
		err = json.Unmarshal(data, &object)
	}
	return object, err
}
