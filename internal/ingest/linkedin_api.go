package ingest

import (
	"context"
	"encoding/json"
	"net/http"
	"net/url"
	"sync"
	"time"

	"github.com/google/uuid"
)

const (
	// formFresh is how long a form is taken to be as it was. A change of it gets another version, and so another name.
	formFresh = time.Hour
	// maxForms bounds the forms that are remembered.
	maxForms = 1000
)

// linkedInAPI is LinkedIn's API.
type linkedInAPI struct {
	base, version string
	http          *http.Client
	now           func() time.Time

	mu    sync.Mutex
	forms map[formKey]knownForm
}

// A formKey names a form as one integration may see it.
type formKey struct {
	integration uuid.UUID
	urn         string
}

type knownForm struct {
	linkedInForm
	raw json.RawMessage
	at  time.Time
}

// lead implements platform.
func (l *linkedInAPI) lead(ctx context.Context, a access, id string) (Lead, error) {
	var response linkedInLead
	raw, err := l.get(ctx, a, "leadFormResponses/"+url.PathEscape(id), &response)
	if err != nil {
		return Lead{}, err
	}
	if urnID(string(response.ID)) != id {
		return Lead{}, &RefusedError{Message: "LinkedIn's answer is not the lead that was asked for"}
	}
	form := knownForm{}
	if response.Form != nil && len(response.Form.Content.Questions) > 0 {
		form.linkedInForm = *response.Form
	} else if form, err = l.form(ctx, a, string(response.FormURN)); err != nil {
		return Lead{}, err
	} else if raw, err = withForm(raw, form.raw); err != nil {
		return Lead{}, &RefusedError{Message: "LinkedIn's answer is not of the form that it should be"}
	}
	made := response.lead(form.linkedInForm)
	made.Raw = raw
	return made, nil
}

// withForm is a lead as LinkedIn gives it with its form in it, as LinkedIn gives that where it is asked to.
func withForm(response, form json.RawMessage) (json.RawMessage, error) {
	if form == nil {
		return response, nil
	}
	var members map[string]json.RawMessage
	if err := decode(response, &members); err != nil {
		return nil, err
	}
	members["form"] = form
	return json.Marshal(members)
}

// form is the form of a name, as it was remembered or as it is fetched.
func (l *linkedInAPI) form(ctx context.Context, a access, urn string) (knownForm, error) {
	id, key := formID(urn), formKey{a.integration, urn}
	if id == "" {
		return knownForm{}, nil // its answers go by the numbers of their questions
	}
	l.mu.Lock()
	known, found := l.forms[key]
	l.mu.Unlock()
	if found && l.now().Sub(known.at) < formFresh {
		return known, nil
	}
	form := knownForm{at: l.now()}
	var err error
	if form.raw, err = l.get(ctx, a, "leadForms/"+id, &form.linkedInForm); err != nil {
		return form, err
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.forms == nil || len(l.forms) >= maxForms {
		l.forms = make(map[formKey]knownForm)
	}
	l.forms[key] = form
	return form, nil
}

// get asks LinkedIn's API, and returns the answer as it came too.
func (l *linkedInAPI) get(ctx context.Context, a access, path string, into any) (json.RawMessage, error) {
	status, header, body, err := askPlatform(ctx, l.http, l.base+"/rest/"+path, a.token, http.Header{
		"Linkedin-Version": {l.version}, "X-Restli-Protocol-Version": {"2.0.0"},
	})
	switch {
	case err != nil:
		return nil, err
	case status != http.StatusOK:
		return nil, refusedStatus(status, header)
	case decode(body, into) != nil:
		return nil, &RefusedError{Message: "LinkedIn's answer is not of the form that it should be"}
	}
	return body, nil
}
