package api

import (
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/validation"

	"github.com/leadwheel/leadwheel/internal/web/problem"
	"github.com/leadwheel/leadwheel/store"
)

// huma keeps these settings in package variables. They are set once, before anything can be served, and never again.
func init() {
	huma.NewError = newError
	huma.DefaultArrayNullable = false // our lists are never null
	huma.ValidateStrictCasing = true  // else {"name":…,"NAME":…} would have one checked and the other stored
}

// newError turns what huma finds wrong with a request into a problem. Text in a path that is no id is not wrong: nothing has
// it, which is told where there is nothing else to tell.
func newError(status int, detail string, errs ...error) huma.StatusError {
	rest := slices.DeleteFunc(slices.Clone(errs), inPath)
	if len(rest) < len(errs) && len(rest) == 0 {
		return problem.From(store.ErrNotFound)
	}
	fields := make([]problem.Field, 0, min(len(rest), maxErrors))
	for _, err := range rest[:min(len(rest), maxErrors)] {
		if d := huma.ErrorDetailer(nil); errors.As(err, &d) {
			fields = append(fields, fieldOf(status, d.ErrorDetail()))
		}
	}
	switch status {
	case http.StatusUnprocessableEntity:
		detail = "the request has fields that are not right; errors names them"
	case http.StatusBadRequest:
		detail = "the request cannot be read; it needs a JSON body as the API's description gives it"
	}
	return problem.New(status, detail, fields...)
}

// inPath reports whether what is wrong stands in the path of the request.
func inPath(err error) bool {
	d := huma.ErrorDetailer(nil)
	return errors.As(err, &d) && strings.HasPrefix(d.ErrorDetail().Location, "path.")
}

// fieldOf drops whatever would repeat the value: huma's formats and Go's JSON decoder quote it after a colon.
func fieldOf(status int, d *huma.ErrorDetail) problem.Field {
	message := d.Message
	if status == http.StatusBadRequest && d.Location == "body" {
		message = "this is not valid JSON"
	}
	if head, _, cut := strings.Cut(message, ": "); cut {
		message = head
	}
	if strings.HasPrefix(message, "json") {
		message = "this is not what the API's description gives"
	}
	location := d.Location
	var missing string
	if n, _ := fmt.Sscanf(message, validation.MsgExpectedRequiredProperty, &missing); n == 1 {
		location += "." + missing // huma names the object that lacks it
	}
	return problem.Field{Location: location, Message: message}
}

// formats is how bodies are read and written, by media type.
func formats() map[string]huma.Format {
	return map[string]huma.Format{"application/json": huma.DefaultJSONFormat, "json": huma.DefaultJSONFormat}
}
