package api

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/leadwheel/leadwheel/internal/jsonbounds"
	"github.com/leadwheel/leadwheel/internal/web/inflight"
	"github.com/leadwheel/leadwheel/internal/web/problem"
)

// What a body may hold, whatever its operation makes of it. What is read of a body costs many times its bytes where those are few
// for each value, so it is counted before it is read.
const (
	maxName = 1 << 10
	// maxText is far more than any field takes, so that fields too long by less are refused under their own names.
	maxText    = 8 * maxFields
	maxMembers = 10_000
	maxItems   = 10_000
	maxValues  = 120_000
	// itemSlack is by how much a list may be too long for its operation to say so.
	itemSlack = 1_000
	// maxErrors is how many wrong fields an answer lists.
	maxErrors = 20

	// roomWork is how many bytes the work on bodies may come to, and roomWait how long a body waits for others to be done with.
	roomWork = 96 << 20
	roomWait = 5 * time.Second
)

// limitsOf are the limits of an operation's body: its schema may allow longer lists than others have.
func limitsOf(r huma.Registry, op *huma.Operation) jsonbounds.Limits {
	l := jsonbounds.Limits{Name: maxName, Text: maxText, Members: maxMembers, Items: maxItems, Values: maxValues}
	if op.RequestBody == nil {
		return l
	}
	for _, content := range op.RequestBody.Content {
		l.Items = max(l.Items, longestList(r, content.Schema, 0)+itemSlack)
	}
	l.Values = max(l.Values, l.Items+itemSlack)
	return l
}

// longestList is the most items that a list in a schema may have, as deep as schemas go.
func longestList(r huma.Registry, s *huma.Schema, depth int) int {
	if s != nil && s.Ref != "" {
		s = r.SchemaFromRef(s.Ref)
	}
	if s == nil || depth > 10 {
		return 0
	}
	longest := longestList(r, s.Items, depth+1)
	if s.MaxItems != nil {
		longest = max(longest, *s.MaxItems)
	}
	for _, property := range s.Properties {
		longest = max(longest, longestList(r, property, depth+1))
	}
	return longest
}

// checkBounds refuses a body that holds more than its operation could make sense of.
func checkBounds(body []byte, l jsonbounds.Limits) *problem.Problem {
	var e *jsonbounds.Excess
	if !errors.As(jsonbounds.Check(body, l), &e) {
		return nil
	}
	status, detail := http.StatusUnprocessableEntity, fmt.Sprintf("the body %s; send less at once", e)
	switch e.Way {
	case jsonbounds.TooDeep:
		status = http.StatusBadRequest
	case jsonbounds.ManyValues:
		status = http.StatusRequestEntityTooLarge
	}
	return problem.New(status, detail, problem.Field{Location: bodyPath(e.Path), Message: "this " + e.Error()})
}

// bodyPath is a path in the body as problems name it.
func bodyPath(path string) string {
	if path == "" || path[0] == '[' {
		return "body" + path
	}
	return "body." + path
}

// noRoom says why there is no room for a body, or that its client has gone.
func noRoom(err error) *problem.Problem {
	if !errors.Is(err, inflight.ErrBusy) {
		return problem.From(context.Canceled)
	}
	return problem.New(http.StatusTooManyRequests, "this API key has too much under way at once; send the next when one was answered").
		WithHeader("Retry-After", "2")
}
