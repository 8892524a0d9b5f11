package ingest

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"time"

	"github.com/google/uuid"

	"github.com/leadwheel/leadwheel/internal/discreet"
	"github.com/leadwheel/leadwheel/internal/lead"
	"github.com/leadwheel/leadwheel/internal/retryafter"
)

const (
	// platformTimeout is what a platform gets to answer in.
	platformTimeout = 8 * time.Second
	// maxPlatformAnswer bounds what is read of an answer, in bytes.
	maxPlatformAnswer = 4 << 20
)

// A platform is where the leads are of which an integration is only told. Its errors are *RefusedErrors.
type platform interface {
	// lead fetches a lead.
	lead(ctx context.Context, a access, id string) (Lead, error)
}

// A lister is a platform that lists the leads of a form.
type lister interface {
	platform
	// leads lists a page of a form's leads since a time, behind after.
	leads(ctx context.Context, a access, form string, since time.Time, after string) (leadPage, error)
}

// A leadPage is some of a form's leads, those among them that cannot be read; next is what to ask for more with, empty
// behind the last.
type leadPage struct {
	leads []Lead
	next  string
}

// access is what opens the platform's API for an integration.
type access struct {
	integration uuid.UUID
	token       string
}

// refusal says what follows from a platform's refusal.
type refusal int

const (
	// refusedNow passes by itself: try again, as often as it takes.
	refusedNow refusal = iota
	// refusedLead is about this lead alone and may pass: try again some times, and then leave it to people.
	refusedLead
	// refusedThrottled asks for peace for a while, refusedToken for another access token, refusedPermission for rights that
	// the token lacks. All of the integration's leads wait.
	refusedThrottled
	refusedToken
	refusedPermission
)

// health is an integration's after a refusal that is not about one lead; ok is unset for the others.
func (r refusal) health() (health lead.Health, ok bool) {
	switch r {
	case refusedThrottled:
		return lead.HealthThrottled, true
	case refusedToken:
		return lead.HealthTokenDead, true
	case refusedPermission:
		return lead.HealthPermission, true
	}
	return lead.HealthOK, false
}

// A RefusedError is why a platform did not give what it was asked for.
type RefusedError struct {
	Message string
	refusal refusal
	// wait is how long the platform asks for peace, 0 where it does not say.
	wait time.Duration
}

func (e *RefusedError) Error() string { return e.Message }

// refusedBy is an error as a platform's; all that is not known passes by itself.
func refusedBy(err error) *RefusedError {
	var refused *RefusedError
	if errors.As(err, &refused) {
		return refused
	}
	return &RefusedError{Message: err.Error()}
}

// newPlatformClient is a client for platforms' APIs. It follows no redirects, lest an access token goes where it should not.
func newPlatformClient() *http.Client {
	return &http.Client{
		Timeout:       platformTimeout,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}

// askPlatform gets an address with an access token, and returns the answer's status, header and body.
func askPlatform(ctx context.Context, c *http.Client, address, token string, header http.Header) (int, http.Header, []byte, error) {
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return 0, nil, nil, &RefusedError{Message: "the platform's address cannot be used"}
	}
	r.Header = header.Clone()
	r.Header.Set("Authorization", "Bearer "+token)
	r.Header.Set("Accept", "application/json")
	response, err := c.Do(r)
	if err != nil {
		return 0, nil, nil, unreachable(err)
	}
	defer response.Body.Close()
	body, err := io.ReadAll(io.LimitReader(response.Body, maxPlatformAnswer+1))
	switch {
	case err != nil:
		return 0, nil, nil, unreachable(err)
	case len(body) > maxPlatformAnswer:
		return 0, nil, nil, &RefusedError{Message: "the platform's answer is larger than it should be", refusal: refusedLead}
	}
	return response.StatusCode, response.Header, body, nil
}

// unreachable is trouble on the way to a platform, without the address that was asked.
func unreachable(err error) error {
	var about *url.Error
	if errors.As(err, &about) {
		err = about.Err
	}
	return &RefusedError{Message: "the platform cannot be reached: " + discreet.Network(err)}
}

// refusedStatus is a refusal that only its status tells of.
func refusedStatus(status int, header http.Header) *RefusedError {
	e := &RefusedError{Message: fmt.Sprintf("the platform answered %d %s", status, http.StatusText(status)), refusal: refusedLead}
	switch {
	case status == http.StatusTooManyRequests:
		e.refusal, e.wait = refusedThrottled, retryAfter(header)
	case status == http.StatusUnauthorized:
		e.refusal = refusedToken
	case status == http.StatusForbidden:
		e.refusal = refusedPermission
	case status < 400 || status >= 500 || status == http.StatusRequestTimeout:
		e.refusal = refusedNow
	}
	return e
}

// maxRetryAfter bounds for how long a platform may have us wait.
const maxRetryAfter = 24 * time.Hour

// retryAfter is how long a platform asks to wait; 0 where it does not.
func retryAfter(header http.Header) time.Duration {
	return retryafter.Of(header, time.Now(), maxRetryAfter)
}
