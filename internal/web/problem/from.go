package problem

import (
	"context"
	"errors"
	"fmt"
	"net/http"

	"github.com/leadwheel/leadwheel/internal/lead"
	"github.com/leadwheel/leadwheel/store"
)

// From says what an error means to whoever made the request. It is the one place that knows. Errors it does not know
// become internal_error, whose detail gives nothing away: log them.
func From(err error) *Problem {
	var (
		known     *Problem
		refused   *store.ReasonError
		reason    lead.Reason
		field     *store.FieldError
		violation *store.Violation
		another   *store.MatchedError
		planned   *store.PlannedError
	)
	if p := ofRules(err); p != nil {
		return p
	}
	switch {
	case errors.As(err, &known):
		return known
	case errors.As(err, &refused):
		return Reason(refused.Reason, Field{"body." + refused.Field, refused.Reason.Text()})
	case errors.As(err, &reason):
		return Reason(reason)
	case errors.As(err, &field):
		return New(http.StatusUnprocessableEntity, field.Message, Field{"body." + field.Field, field.Message})
	case errors.As(err, &violation):
		status := http.StatusUnprocessableEntity
		if violation.Exists {
			status = http.StatusConflict
		}
		return New(status, violation.Message, Field{locationOf(violation), violation.Message})
	case errors.As(err, &another):
		p := New(http.StatusConflict, another.Error(), Field{"body.filter.matched", "this is not how many match by now"})
		p.Matched = &another.Matched
		return p
	case errors.As(err, &planned):
		p := New(http.StatusConflict, planned.Error())
		for _, one := range planned.Pending {
			p.Pending = append(p.Pending, Pending(one))
		}
		return p
	case errors.Is(err, store.ErrLastAdminKey):
		return New(http.StatusConflict, store.ErrLastAdminKey.Error())
	case errors.Is(err, store.ErrTaken):
		p := New(http.StatusConflict, store.ErrTaken.Error())
		p.Code = Taken
		return p
	case errors.Is(err, store.ErrNotFound):
		return New(http.StatusNotFound, "there is nothing at this address; check the id")
	case errors.Is(err, context.Canceled):
		return New(StatusClientGone, "the request was broken off before it could be answered")
	}
	return ofDatabase(err)
}

// ofDatabase says what an error means that is nobody's fault who asks.
func ofDatabase(err error) *Problem {
	switch {
	case errors.Is(err, store.ErrTooLong):
		return New(http.StatusServiceUnavailable, "this took the database too long and was stopped; ask for less, as by a filter or a shorter time").
			WithHeader("Retry-After", "30")
	case store.Locked(err):
		return New(http.StatusServiceUnavailable, "somebody has locked what this needs in the database, as maintenance does; try again shortly").
			WithHeader("Retry-After", "5")
	case store.Unavailable(err):
		return New(http.StatusServiceUnavailable, "the database cannot be reached or is busy; try again shortly").
			WithHeader("Retry-After", "1")
	}
	return New(http.StatusInternalServerError, "something went wrong on our side; it is in the log under this request's id")
}

// ofRules says what an error is to whoever saves rules, nil where it is none of theirs.
func ofRules(err error) *Problem {
	var rules *store.RulesError
	var version *store.VersionError
	switch {
	case errors.As(err, &rules):
		fields := make([]Field, len(rules.Faults))
		for i, f := range rules.Faults {
			fields[i] = Field{fmt.Sprintf("body.rules[%d].%s", f.Rule, f.Field), f.Said()}
		}
		return New(http.StatusUnprocessableEntity, rules.Faults[0].Error(), fields...)
	case errors.As(err, &version):
		return New(http.StatusConflict, version.Error(), Field{"body.version", "this is not the version that they have by now"})
	}
	return nil
}

// Reason is the refusal of a request for a reason, and the fields that caused it.
func Reason(r lead.Reason, fields ...Field) *Problem {
	p := New(r.Status(), r.Text(), fields...)
	p.Code = Code(r)
	return p
}

// locationOf finds a violation in the request: ids are in its path.
func locationOf(v *store.Violation) string {
	if v.Field == "id" {
		return "path.id"
	}
	return "body." + v.Field
}
