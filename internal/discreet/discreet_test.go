package discreet_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/mail"
	"net/url"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/hibiken/asynq"
	"github.com/lib/pq"

	"github.com/leadwheel/leadwheel/internal/discreet"
)

// nasty are errors as they come about, each with what it must not say and what it must.
func nasty() map[string]struct {
	err  error
	keep []string
} {
	type one = struct {
		err  error
		keep []string
	}
	_, number := strconv.Atoi("siti")
	_, moment := time.Parse(time.RFC3339, "Siti Rahman")
	_, address := mail.ParseAddress("siti rahman <siti@example.com> x")
	_, place := url.Parse("https://siti@example.com:" + strings.Repeat("p", 4) + "/")
	unknown := json.NewDecoder(strings.NewReader(`{"Siti Rahman":1}`))
	unknown.DisallowUnknownFields()
	return map[string]one{
		"a number":         {number, []string{"strconv.Atoi", "invalid syntax"}},
		"a time":           {moment, []string{"parsing time"}},
		"a mail address":   {address, []string{"mail:"}},
		"an address":       {place, []string{"parse"}},
		"an unknown field": {unknown.Decode(&struct{}{}), []string{"json: unknown field"}},
		"a value":          {json.Unmarshal([]byte(`{"a":60123456789}`), &struct{ A int8 }{}), []string{"cannot unmarshal number"}},
		"a key": {fmt.Errorf("storing 3 leads of workspace 01a2026a-aee3-74d5-aa9b-a6cd4da88428: %w", &pq.Error{
			Code: "23505", Message: `duplicate key (email)=(siti@example.com) of Siti Rahman`, Detail: "Key (email)=(siti@example.com)", Constraint: "leads_external_id_key", Table: "leads",
		}), []string{"3 leads of workspace 01a2026a-aee3-74d5-aa9b-a6cd4da88428", "unique_violation (23505)", "constraint leads_external_id_key", "table leads"}},
		"two at once": {errors.Join(&pq.Error{Code: "22P02", Message: "no uuid: Siti"}, io.EOF, &pq.Error{Code: "22P02", Message: "no uuid: Siti Rahman"}),
			[]string{"invalid_text_representation (22P02)", "EOF"}},
		"a trigger's":           {&pq.Error{Code: "P0001", Message: "Siti Rahman is unwanted"}, []string{"raise_exception"}},
		"without class":         {&pq.Error{Message: "Siti Rahman"}, []string{"pq:"}},
		"a disk":                {&pq.Error{Code: "53100", Message: `could not extend file "base/16384/2619": No space left on device`}, []string{`file "base/16384/2619": No space left`}},
		"a permission":          {&pq.Error{Code: "42501", Message: `permission denied for table leads`}, []string{"permission denied for table leads"}},
		"a mail server":         {errors.New("550 5.1.1 <Siti@Example.com>: Recipient address rejected"), []string{"550 5.1.1", "Recipient address rejected"}},
		"a telephone":           {errors.New("(+60) 12-345 6789 and 012/345.6789 and +60123456789 are none"), []string{"are none"}},
		"detail":                {errors.New(`Key (phone)=(+60 12-345 6789), (name)=(Siti)) exists`), []string{"Key (phone)=(…"}},
		"other quotes":          {errors.New("there is no 'Siti Rahman' nor `Siti Rahman`, isn't it so, don't they say"), []string{"isn't it so, don't they say"}},
		"a URL with a password": {errors.New("dial postgres://siti:geheim@db.internal:5432/x: refused"), []string{"refused"}},
		"an open quote":         {errors.New(`unexpected end of "Siti Rahman`), []string{"unexpected end of"}},
		"machines and times": {errors.New("dial tcp 127.0.0.1:5432 at 2026-12-01T09:00:00+08:00: i/o timeout after 30s, 16777216 bytes"),
			[]string{"127.0.0.1:5432", "2026-12-01T09:00:00+08:00", "i/o timeout after 30s"}},
	}
}

var tells = []string{"siti", "rahman", "example.com", "2-345", "345.6", "60123456789", "geheim"}

func TestErrorsTellOfNoOne(t *testing.T) {
	t.Parallel()
	for name, n := range nasty() {
		if n.err == nil {
			t.Fatalf("%s is no error", name)
		}
		text := discreet.Error(fmt.Errorf("doing something: %w", n.err)).Error()
		for _, word := range tells {
			if strings.Contains(strings.ToLower(text), word) {
				t.Errorf("%s: %s", name, text)
			}
		}
		for _, word := range append(n.keep, "doing something: ") {
			if !strings.Contains(text, word) {
				t.Errorf("%s: %s; without %s", name, text, word)
			}
		}
	}
}

func TestErrorsStayWhatTheyAre(t *testing.T) {
	t.Parallel()
	if discreet.Error(nil) != nil {
		t.Error("nothing became an error")
	}
	refused := &pq.Error{Code: "23505"}
	err := discreet.Error(fmt.Errorf("%w: %w", refused, asynq.SkipRetry))
	var found *pq.Error
	if !errors.Is(err, asynq.SkipRetry) || !errors.As(err, &found) || found != refused {
		t.Errorf("%v is not what it was", err)
	}
	if err := discreet.Recovered(refused); !errors.As(err, &found) {
		t.Errorf("a panic became %v", err)
	}
	if err := discreet.Recovered(`no "Siti"`); strings.Contains(err.Error(), "Siti") {
		t.Errorf("a panic became %v", err)
	}
}

func TestLogsTellOfNoOne(t *testing.T) {
	t.Parallel()
	var b bytes.Buffer
	log := slog.New(discreet.Handler(discreet.Handler(slog.NewJSONHandler(&b, nil))))
	for name, n := range nasty() {
		log.Error("as it is", "case", name, "error", n.err)
		log.With("error", n.err).WithGroup("g").Error("in a group", "case", name, "cause", n.err, slog.Group("h", "error", n.err))
	}
	log.Error("as text", "error", `no "Siti" at siti@example.com`, "panic", []string{"+60123456789"}, "batches", 7)
	for line := range strings.Lines(b.String()) {
		for _, word := range tells {
			if strings.Contains(strings.ToLower(line), word) {
				t.Errorf("%s is in %s", word, line)
			}
		}
	}
	if !strings.Contains(b.String(), `"batches":7`) {
		t.Errorf("what is no error is lost: %s", &b)
	}
}

// FuzzClean looks for texts that take long or become more.
func FuzzClean(f *testing.F) {
	f.Add(`a "b\" 'c' +60 12-345 6789 (x)=(y) z@w`)
	f.Fuzz(func(t *testing.T, text string) {
		once := discreet.Clean(text)
		if strings.Contains(once, "siti@example.com") || len(once) > 4*len(text)+8 {
			t.Errorf("%q became %q", text, once)
		}
	})
}
