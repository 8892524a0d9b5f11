package client

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"

	"github.com/google/uuid"
)

// A Problem is a request that the server answered with an error: RFC 9457 problem details.
type Problem struct {
	Status int     `json:"status"`
	Title  string  `json:"title"`
	Detail string  `json:"detail"`
	Code   string  `json:"code"`
	Errors []Field `json:"errors"`
	// Pending is for whom leads are planned, and how many, where that holds up a change.
	Pending []Pending `json:"pending"`
	// Matched is how many a filter matches by now, where the request said another number.
	Matched *int `json:"matched"`
	// Choices are the workspaces that a sign-in fits in.
	Choices []Choice `json:"choices"`
	// RequestID is what the server's log calls the request, empty where something else answered.
	RequestID string `json:"request_id"`
	// RetryAfter is the header that says when to try again, empty where there is none.
	RetryAfter string `json:"-"`
}

// Pending is how many leads are planned for a member.
type Pending struct {
	MemberID uuid.UUID `json:"member_id"`
	Count    int       `json:"count"`
}

// Choice is a workspace that somebody can sign in to by a link.
type Choice struct{ Workspace, Link string }

// A Field is one wrong field of the request.
type Field struct {
	Location string `json:"location"`
	Message  string `json:"message"`
}

// Error is the problem's detail with its fields.
func (p *Problem) Error() string {
	var b strings.Builder
	b.WriteString(p.Detail)
	for _, f := range p.Errors {
		if f.Message != p.Detail {
			fmt.Fprintf(&b, "; %s: %s", f.Location, f.Message)
		}
	}
	return b.String()
}

// IsStatus reports whether an error is a refusal with a status.
func IsStatus(err error, status int) bool {
	var p *Problem
	return errors.As(err, &p) && p.Status == status
}

// Exit codes of commands that call the API.
const (
	exitFailed  = 1
	exitRefused = 3
)

// ExitCode is that of a command which ends with the problem: refused where the server understood the request and will
// not do it, failed where the server is in trouble itself.
func (p *Problem) ExitCode() int {
	if p.Refused() {
		return exitRefused
	}
	return exitFailed
}

// Refused says that the server understood the request and will not do it: trying again changes nothing.
func (p *Problem) Refused() bool {
	return p.Status < http.StatusInternalServerError && p.Status != http.StatusTooManyRequests
}

// problemOf reads a response that is not a success; something other than Leadwheel may have sent it.
func problemOf(response *http.Response) *Problem {
	p := &Problem{}
	data, _ := io.ReadAll(io.LimitReader(response.Body, 1<<20)) // what is missing is made up for below
	if json.Unmarshal(data, p) != nil || p.Detail == "" {
		p.Detail = fmt.Sprintf("%s answered %s, which is not an answer of Leadwheel's; check LEADWHEEL_URL",
			response.Request.URL.Redacted(), response.Status)
	}
	p.Status, p.RetryAfter = response.StatusCode, response.Header.Get("Retry-After")
	return p
}
