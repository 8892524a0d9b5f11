// Package problem is how Leadwheel's HTTP answers say what went wrong: RFC 9457 problem details with a code for
// programs. Every HTTP handler calls it, and it is the one place that turns the store's and the domain's errors into statuses. It never
// repeats a value that was sent.
package problem

import (
	"encoding/json"
	"net/http"

	"github.com/google/uuid"

	"github.com/leadwheel/leadwheel/internal/lead"
	"github.com/leadwheel/leadwheel/internal/web/requestid"
)

// ContentType is the media type of a problem.
const ContentType = "application/problem+json"

// Code tells programs which problem it is. Every lead.Reason is one as well.
type Code string

// The codes of problems that have no lead.Reason.
const (
	InvalidRequest Code = "invalid_request"
	Unauthorized   Code = "unauthorized"
	Forbidden      Code = "forbidden"
	NotFound       Code = "not_found"
	Conflict       Code = "conflict"
	TooLarge       Code = "too_large"
	RateLimited    Code = "rate_limited"
	Unavailable    Code = "unavailable"
	// Taken means that what was offered to several is somebody else's by now.
	Taken Code = "taken"
)

// Codes lists every code, those of reasons last.
func Codes() []Code {
	codes := []Code{InvalidRequest, Unauthorized, Forbidden, NotFound, Conflict, TooLarge, RateLimited, Unavailable, Taken}
	for _, r := range lead.Reasons() {
		codes = append(codes, Code(r))
	}
	return codes
}

// StatusClientGone is what the log shows for requests whose client did not wait for the answer.
const StatusClientGone = 499

// A Problem is the body of an answer that is not a success. It is an error, so that handlers can return it.
type Problem struct {
	Type   string `json:"type" doc:"Always about:blank: the code says which problem it is."`
	Title  string `json:"title" doc:"The status in words."`
	Status int    `json:"status" doc:"The HTTP status."`
	Detail string `json:"detail" doc:"What happened and what to do about it."`
	Code   Code   `json:"code" doc:"Which problem it is, for programs."`
	// RequestID is set when the problem is written.
	RequestID string  `json:"request_id,omitempty" doc:"The request's id, as in the header X-Request-Id; the server's log has it too."`
	Errors    []Field `json:"errors,omitempty" nullable:"false" doc:"The fields that are wrong."`
	// What a request that was refused because of the state of things has to know of it.
	Pending    []Pending  `json:"pending,omitempty" nullable:"false" doc:"Of a conflict with what is planned: for whom, and how many. Send the request again with a choice of what becomes of them."`
	Choices    []Choice   `json:"choices,omitempty" nullable:"false" doc:"Of a sign-in that fits in several workspaces: the link that signs in to each."`
	ExistingID *uuid.UUID `json:"existing_id,omitempty" format:"uuid" doc:"Of an external_id that another has: the id of that one."`
	Matched    *int       `json:"matched,omitempty" doc:"Of a filter that matches another number than the request says: how many it matches by now."`

	header http.Header
}

// Pending is how many leads are planned for a member.
type Pending struct {
	MemberID uuid.UUID `json:"member_id" format:"uuid"`
	Count    int       `json:"count"`
}

// Choice is a workspace that somebody can sign in to.
type Choice struct {
	Workspace string `json:"workspace" doc:"What it is called."`
	Link      string `json:"link" doc:"Signs in there, as the link of POST /v1/sign-in, once, within 15 minutes."`
}

// A Field is one wrong field of a request. Values are never repeated.
type Field struct {
	Location string `json:"location" doc:"Its place, as in body.slots[2].weight, query.limit or header.Idempotency-Key."`
	Message  string `json:"message" doc:"What is wrong with it."`
}

// New makes a problem with the code that belongs to its status.
func New(status int, detail string, fields ...Field) *Problem {
	return &Problem{
		Type:   "about:blank",
		Title:  title(status),
		Status: status,
		Detail: detail,
		Code:   code(status),
		Errors: fields,
	}
}

// WithHeader adds a header to the answer and returns the problem.
func (p *Problem) WithHeader(name, value string) *Problem {
	if p.header == nil {
		p.header = make(http.Header)
	}
	p.header.Set(name, value)
	return p
}

func (p *Problem) Error() string { return p.Detail }

// GetStatus is the HTTP status, for huma.
func (p *Problem) GetStatus() int { return p.Status }

// GetHeaders are the headers that go with the answer, for huma.
func (p *Problem) GetHeaders() http.Header { return p.header }

// ContentType is the media type to answer with, for huma.
func (p *Problem) ContentType(string) string { return ContentType }

// Write answers a request with the problem.
func (p *Problem) Write(w http.ResponseWriter) {
	for name, values := range p.header {
		w.Header()[name] = values
	}
	w.Header().Set("Content-Type", ContentType)
	w.WriteHeader(p.Status)
	shown := p.Of(w.Header())
	body := json.NewEncoder(w)
	body.SetEscapeHTML(false)
	_ = body.Encode(shown) // the client is gone where this fails
}

// Of is the problem of the request whose answer has these headers.
func (p *Problem) Of(answer http.Header) *Problem {
	shown := *p
	shown.RequestID = answer.Get(requestid.Header)
	return &shown
}

func title(status int) string {
	if status == StatusClientGone {
		return "Client Closed Request"
	}
	return http.StatusText(status)
}

func code(status int) Code {
	switch status {
	case http.StatusUnauthorized:
		return Unauthorized
	case http.StatusForbidden:
		return Forbidden
	case http.StatusNotFound:
		return NotFound
	case http.StatusConflict, http.StatusPreconditionFailed:
		return Conflict
	case http.StatusRequestEntityTooLarge:
		return TooLarge
	case http.StatusTooManyRequests:
		return RateLimited
	case http.StatusServiceUnavailable, StatusClientGone:
		return Unavailable
	case http.StatusInternalServerError:
		return Code(lead.InternalError)
	}
	return InvalidRequest
}
