package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"mime"
	"net/http"
	"strconv"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"github.com/santhosh-tekuri/jsonschema/v6/kind"
	"golang.org/x/text/language"
	"golang.org/x/text/message"
)

// check says in what an answer breaks the contract.
func (o *operation) check(q *request, response *http.Response, text []byte) (wrong []string) {
	if response.StatusCode >= 500 {
		wrong = append(wrong, "is answered "+response.Status)
	}
	answers, documented := o.answers[strconv.Itoa(response.StatusCode)]
	if !documented {
		return append(wrong, fmt.Sprintf("is answered %d, which its description does not have", response.StatusCode))
	}
	if len(answers) == 0 {
		if len(text) > 0 {
			wrong = append(wrong, fmt.Sprintf("has a body with %d, where its description has none", response.StatusCode))
		}
		return wrong
	}
	media, _, err := mime.ParseMediaType(response.Header.Get("Content-Type"))
	schema, documented := answers[media]
	if err != nil || !documented {
		return append(wrong, fmt.Sprintf("has a body of the type %q with %d, which its description does not have", response.Header.Get("Content-Type"), response.StatusCode))
	}
	if schema != nil {
		wrong = append(wrong, checkBody(schema, media, response.StatusCode, text)...)
	}
	if response.StatusCode < 300 && q.strict && o.takes != nil {
		sent, err := jsonschema.UnmarshalJSON(bytes.NewReader(q.body))
		if err == nil {
			err = o.takes.Validate(withoutNulls(sent))
		}
		if err != nil {
			wrong = append(wrong, fmt.Sprintf("took what its schema refuses: %s", cause(err)))
		}
	}
	return wrong
}

func checkBody(schema *jsonschema.Schema, media string, status int, text []byte) (wrong []string) {
	read, err := jsonschema.UnmarshalJSON(bytes.NewReader(text))
	if err != nil {
		return []string{fmt.Sprintf("has a body with %d that is no JSON", status)}
	}
	if err := schema.Validate(read); err != nil {
		wrong = append(wrong, fmt.Sprintf("has a body with %d that its schema refuses: %s", status, cause(err)))
	}
	if media == "application/problem+json" {
		if said, is := object(read)["status"].(json.Number); !is || said.String() != strconv.Itoa(status) {
			wrong = append(wrong, fmt.Sprintf("has a problem whose status is not %d", status))
		}
	}
	return wrong
}

// withoutNulls is a value without members that are null: the server takes them for absent ones.
func withoutNulls(value any) any {
	switch v := value.(type) {
	case map[string]any:
		kept := map[string]any{}
		for name, one := range v {
			if one != nil {
				kept[name] = withoutNulls(one)
			}
		}
		return kept
	case []any:
		kept := make([]any, len(v))
		for i, one := range v {
			kept[i] = withoutNulls(one)
		}
		return kept
	}
	return value
}

// cause is the innermost of a schema's refusals, by which answers that break the contract alike are known.
func cause(err error) string {
	var invalid *jsonschema.ValidationError
	if !errors.As(err, &invalid) {
		return err.Error()
	}
	for len(invalid.Causes) > 0 {
		invalid = invalid.Causes[0]
	}
	place := ""
	for _, name := range invalid.InstanceLocation {
		if _, err := strconv.Atoi(name); err == nil {
			name = "*"
		}
		place += "/" + name
	}
	says := invalid.ErrorKind.LocalizedString(message.NewPrinter(language.English))
	if _, long := invalid.ErrorKind.(*kind.Pattern); long || len(says) > 200 {
		says = fmt.Sprintf("%.200s", says)
	}
	return fmt.Sprintf("%s at %q", says, place)
}
