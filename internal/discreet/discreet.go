// Package discreet says what went wrong without saying of whom: errors end in the queue, where the dashboard shows them, and
// in logs, and what broke a rule, could not be parsed or was refused by another server is often somebody's data. Whoever logs an error or
// fails a task calls it. It may let nothing through that an error quotes.
package discreet

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/lib/pq"
	"github.com/lib/pq/pqerror"
)

// hidden stands for what was left out.
const hidden = "…"

// Error is err with a text that is discreet. What err is, as errors.Is and errors.As see it, it stays.
func Error(err error) error {
	if err == nil {
		return nil
	}
	return &discreetError{text: Text(err), cause: err}
}

type discreetError struct {
	text  string
	cause error
}

func (e *discreetError) Error() string { return e.text }
func (e *discreetError) Unwrap() error { return e.cause }

// Text is what an error says, without what it quotes: see Clean. What Postgres says of data is its condition and the names
// of what was broken; what it says of itself, as of permissions or of its disk, stays as it is.
func Text(err error) string {
	text := err.Error()
	var kept []string
	for _, refused := range refusals(err) {
		kept = append(kept, condition(refused))
		text = strings.ReplaceAll(text, refused.Error(), placeholder(len(kept)-1))
	}
	text = Clean(text)
	for i, sentence := range kept {
		text = strings.ReplaceAll(text, placeholder(i), sentence)
	}
	return text
}

// placeholder is something that is in no text, and in which nothing is hidden.
func placeholder(i int) string { return fmt.Sprintf("\x00%d\x00", i) }

// refusals are the errors of Postgres that err consists of. The longest go first, lest one be taken for part of another.
func refusals(err error) (all []*pq.Error) {
	if refused, is := err.(*pq.Error); is { //nolint:errorlint // the tree is walked here
		return []*pq.Error{refused}
	}
	switch e := err.(type) { //nolint:errorlint // as above
	case interface{ Unwrap() error }:
		if cause := e.Unwrap(); cause != nil {
			all = refusals(cause)
		}
	case interface{ Unwrap() []error }:
		for _, cause := range e.Unwrap() {
			all = append(all, refusals(cause)...)
		}
	}
	slices.SortFunc(all, func(a, b *pq.Error) int { return len(b.Error()) - len(a.Error()) })
	return all
}

// aboutData are the classes of errors whose message quotes the data or is written by somebody's trigger.
var aboutData = []pqerror.Class{"21", "22", "23", "44", "54", "P0"}

func condition(refused *pq.Error) string {
	ofData := refused.Code == "" || slices.Contains(aboutData, refused.Code.Class()) || refused.Routine == "exec_stmt_raise"
	if !ofData {
		return refused.Error()
	}
	text := "pq: " + refused.Code.Name() + " (" + string(refused.Code) + ")"
	for _, named := range [][2]string{{"constraint", refused.Constraint}, {"table", refused.Table}, {"column", refused.Column}} {
		if named[1] != "" {
			text += ", " + named[0] + " " + named[1]
		}
	}
	return text
}

// quoting is what a text quotes, or what looks like an address or a telephone number. What comes first of the alternatives
// counts, so ids, times and addresses of machines are there to be kept.
var quoting = regexp.MustCompile(strings.Join([]string{
	`(?P<keep>` + strings.Join([]string{
		"\x00\\d+\x00",
		`\b[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}\b`,
		`\b\d{4}-\d\d-\d\d[T ]\d\d:\d\d(?::\d\d)?(?:\.\d+)?(?:Z|[+-]\d\d:?\d\d)?`,
		`\b\d{1,3}(?:\.\d{1,3}){3}(?::\d{1,5})?\b`,
	}, `|`) + `)`,
	`"(?:[^"\\]|\\.)*"?`, "`[^`]*`?",
	`(?P<before>^|[^\pL\pN])'[^'\n]*'`,
	`\)=\([^)]*\)?`, // Key (email)=(…)
	`://[^\s@/<>"']+@[^\s<>"',;()\[\]]+`,
	`[^\s<>"',;:()\[\]=]+@[^\s<>"',;()\[\]]+`,
	`\+?\d(?:[\s().\-/]{0,2}\d){6,}`,
}, `|`))

// Clean is a text without what stands in quotes, e-mail addresses, and numbers that could be telephones'.
func Clean(text string) string {
	names := quoting.SubexpNames()
	keep, before := slices.Index(names, "keep"), slices.Index(names, "before")
	var b strings.Builder
	from := 0
	for _, m := range quoting.FindAllStringSubmatchIndex(text, -1) {
		b.WriteString(text[from:m[0]])
		from = m[1]
		found := text[m[0]:m[1]]
		switch {
		case m[2*keep] >= 0:
			b.WriteString(found)
		case m[2*before] >= 0:
			b.WriteString(text[m[2*before]:m[2*before+1]] + "'" + hidden + "'")
		case strings.HasPrefix(found, `"`):
			b.WriteString(`"` + hidden + `"`)
		case strings.HasPrefix(found, ")="):
			b.WriteString(")=(" + hidden + ")")
		default:
			b.WriteString(hidden)
		}
	}
	b.WriteString(text[from:])
	return b.String()
}

// Recovered makes an error of a panic: of its kind, since what it says may be anything.
func Recovered(cause any) error {
	if err, is := cause.(error); is {
		return fmt.Errorf("it panicked: %w", Error(err))
	}
	return errors.New("it panicked: " + Clean(fmt.Sprint(cause)))
}
