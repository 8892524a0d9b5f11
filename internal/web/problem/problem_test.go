package problem_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/lib/pq"

	"github.com/leadwheel/leadwheel/internal/lead"
	"github.com/leadwheel/leadwheel/internal/web/problem"
	"github.com/leadwheel/leadwheel/store"
)

func TestFrom(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		err      error
		status   int
		code     string
		location string
	}{
		{problem.New(415, "x"), 415, "invalid_request", ""},
		{store.ErrNotFound, 404, "not_found", ""},
		{&store.FieldError{Field: "slots[2].weight", Message: "x"}, 422, "invalid_request", "body.slots[2].weight"},
		{&store.Violation{Field: "name", Exists: true}, 409, "conflict", "body.name"},
		{&store.Violation{Field: "group_id"}, 422, "invalid_request", "body.group_id"},
		{lead.FeatureDisabled, 403, "feature_disabled", ""},
		{context.Canceled, problem.StatusClientGone, "unavailable", ""},
		{context.DeadlineExceeded, 503, "unavailable", ""},
		{io.ErrUnexpectedEOF, 503, "unavailable", ""},
		{&pq.Error{Code: "55P03"}, 503, "unavailable", ""},
		{errors.New("password=hunter2"), 500, "internal_error", ""},
	} {
		for _, err := range []error{c.err, fmt.Errorf("wrapped: %w", c.err)} {
			p := problem.From(err)
			if p.Status != c.status || string(p.Code) != c.code || p.Title == "" || p.Detail == "" && p.Errors == nil {
				t.Errorf("%v: %+v", err, p)
			}
			if c.location != "" && (len(p.Errors) != 1 || p.Errors[0].Location != c.location) {
				t.Errorf("%v: fields %v", err, p.Errors)
			}
			if (p.GetHeaders().Get("Retry-After") != "") != (c.status == 503) {
				t.Errorf("%v: headers %v", err, p.GetHeaders())
			}
		}
	}
	w := httptest.NewRecorder()
	problem.From(errors.New("password=hunter2")).Write(w)
	if w.Code != 500 || w.Header().Get("Content-Type") != problem.ContentType {
		t.Errorf("%d %v", w.Code, w.Header())
	}
	if body := w.Body.String(); body == "" || strings.Contains(body, "hunter2") {
		t.Error(body)
	}
}

func TestEveryReasonIsAnAnswer(t *testing.T) {
	t.Parallel()
	for _, r := range lead.Reasons() {
		if p := problem.From(r); p.Status < 400 || p.Code != problem.Code(r) || p.Detail == "" {
			t.Errorf("%s: %+v", r, p)
		}
	}
}
