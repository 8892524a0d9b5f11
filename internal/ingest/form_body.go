package ingest

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"maps"
	"mime"
	"mime/multipart"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/encoding"

	contacts "github.com/leadwheel/leadwheel/internal/contact"
	"github.com/leadwheel/leadwheel/internal/leadfile"
)

// maxFormFields bounds the fields of one form.
const maxFormFields = 2000

// answersOf reads a body of any kind that forms and programs send, whatever its content type says: JSON, urlencoded,
// multipart, lines of plain text, ADF. There is one set of answers for each lead in it.
func answersOf(r Request) ([]Answers, error) {
	body := bytes.TrimSpace(bytes.TrimPrefix(r.Body, []byte("\ufeff")))
	kind, params, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if err != nil {
		kind, params = "", nil
	}
	switch {
	case len(body) == 0:
		return nil, &UnmappedError{"the body is empty"}
	case looksLikeJSON(body):
		if all, err := jsonAnswers(r.Body); err == nil || strings.HasSuffix(kind, "json") || !errors.Is(err, errNoJSON) {
			return all, err
		}
	case kind == "multipart/form-data" && params["boundary"] != "":
		return oneForm(multipartAnswers(body, params["boundary"]))
	case bytes.HasPrefix(body, []byte("--")):
		if boundary := sniffBoundary(body); boundary != "" {
			return oneForm(multipartAnswers(body, boundary))
		}
	case body[0] == '<':
		return adfAnswers(body)
	}
	return formAnswers(kind, params["charset"], body)
}

// formAnswers reads what is escaped as forms are, whatever it says it is: names and values, or JSON as a whole.
func formAnswers(kind, charset string, body []byte) ([]Answers, error) {
	if strings.HasSuffix(kind, "json") && bytes.IndexByte(body, '=') < 0 {
		return nil, errNoJSON
	}
	if text, err := url.PathUnescape(string(body)); err == nil && body[0] == '%' && holdsJSON(text) { // JSON that was escaped as a whole
		if all, err := jsonAnswers([]byte(strings.TrimSuffix(text, "="))); err == nil || isExcess(err) {
			return all, err
		}
	}
	return oneForm(textAnswers(kind, namedCharset(charset), body))
}

// textAnswers reads lines of plain text where the body may be that, else what is urlencoded.
func textAnswers(kind string, charset encoding.Encoding, body []byte) Answers {
	if kind == "text/plain" || kind == "" {
		if lines := plainAnswers(body); len(lines) > 0 {
			return lines
		}
	}
	return urlencodedIn(charset, body)
}

// maxOthers is how many fields of a form each of several leads in another field gets.
const maxOthers = 20

// oneForm is a form as leads: one, with what Jotform and others put into a field as JSON taken out of it.
func oneForm(a Answers) ([]Answers, error) {
	if len(a) == 0 {
		return nil, &UnmappedError{"there are no fields in the body"}
	}
	a = jotformAnswers(a)
	if a.reaches(roleEmail, rolePhone) {
		return []Answers{a}, nil
	}
	for i, one := range a {
		text, is := one.value.(string)
		if plain := strings.TrimSuffix(plainHeader(one.name), ".json"); !is || !holdsJSON(text) || !containers[plain] && plain != "json" && plain != "rawrequest" {
			continue
		}
		all, err := jsonAnswers([]byte(text))
		if errors.Is(err, tooMany) || isExcess(err) {
			return nil, err
		}
		if err != nil {
			continue
		}
		others := slices.Delete(slices.Clone(a), i, i+1)
		if len(all) > 1 {
			others = slices.DeleteFunc(others, func(one answer) bool { return !isShort(one.value) })
			others = others[:min(len(others), maxOthers)]
		}
		for n := range all {
			all[n] = append(all[n], others...)
		}
		return all, nil
	}
	return []Answers{a}, nil
}

// jsonAnswers reads the leads in JSON, wherever they stand in it.
func jsonAnswers(body []byte) ([]Answers, error) {
	trees, err := jsonTrees(body, nil)
	if err != nil {
		return nil, err
	}
	return answersOfTrees(trees), nil
}

func answersOfTrees(trees []map[string]any) []Answers {
	all := make([]Answers, len(trees))
	for i, tree := range trees {
		all[i] = treeAnswers(tree, false)
	}
	return all
}

// urlencodedAnswers reads name=value pairs with & between them. It takes what net/url refuses: semicolons, and percent
// signs that stand for themselves.
func urlencodedAnswers(body []byte) Answers { return urlencodedIn(nil, body) }

// urlencodedIn does so with values in an encoding, nil where that is not known.
func urlencodedIn(charset encoding.Encoding, body []byte) Answers {
	var f formFields
	for pair := range strings.SplitSeq(string(body), "&") {
		name, value, _ := strings.Cut(pair, "=")
		if pair != "" && !f.add(textIn(charset, unescaped(name)), withPlus(value, textIn(charset, unescaped(value)))) {
			break
		}
	}
	return f.answers()
}

// withPlus gives a phone number its plus again, which a form that forgot to escape it sends as a space. Only one that is
// right with it, and with its country's code, gets one.
func withPlus(sent, text string) string {
	if digits := strings.TrimLeft(sent, "+"); len(digits) == len(sent) || digits == "" || digits[0] < '1' || digits[0] > '9' {
		return text
	}
	if number := "+" + strings.TrimSpace(text); contacts.Phone(number, "") != "" {
		return number
	}
	return text
}

// unescaped undoes a form's escaping as far as there is any.
func unescaped(text string) string {
	text = strings.ReplaceAll(text, "+", " ")
	if plain, err := url.PathUnescape(text); err == nil {
		return plain
	}
	var b strings.Builder
	for i := 0; i < len(text); i++ {
		if text[i] == '%' && i+2 < len(text) {
			if plain, err := url.PathUnescape(text[i : i+3]); err == nil {
				b.WriteString(plain)
				i += 2
				continue
			}
		}
		b.WriteByte(text[i])
	}
	return b.String()
}

// utf8Text is text as UTF-8, whatever it looks like otherwise.
func utf8Text(text string) string { return textIn(nil, text) }

// textIn is text in an encoding as UTF-8, unless it is that already.
func textIn(charset encoding.Encoding, text string) string {
	valid := utf8.ValidString(text)
	if valid && (charset == nil || !trusted(charset, []byte(text))) {
		return text
	}
	if charset == nil {
		return string(leadfile.Decoded([]byte(text)))
	}
	plain, _ := decoded(charset, []byte(text))
	return string(plain)
}

// maxLineName is how many characters the longest name in a line of name=value has; what is longer is somebody's sentence.
const maxLineName = 100

// plainAnswers reads lines of name=value, as forms that are sent as text/plain have them; there are none where the body is one
// line, which urlencoded forms are.
func plainAnswers(body []byte) Answers {
	if !bytes.Contains(body, []byte("\n")) {
		return nil
	}
	var f formFields
	for line := range bytes.Lines(body) {
		name, value, found := bytes.Cut(line, []byte("="))
		if !found || len(name) == 0 || utf8.RuneCount(name) > maxLineName || name[0] == ' ' || name[0] == '\t' || bytes.ContainsAny(name, "&\r") {
			continue
		}
		value = bytes.TrimSuffix(bytes.TrimSuffix(value, []byte("\n")), []byte("\r"))
		if !f.add(utf8Text(string(name)), utf8Text(string(value))) {
			break
		}
	}
	return f.answers()
}

// multipartAnswers reads the parts of a form as far as they come whole. Of a file it keeps the name; the file itself stays
// in the delivery.
func multipartAnswers(body []byte, boundary string) Answers {
	var f formFields
	parts := multipart.NewReader(bytes.NewReader(body), boundary)
	for {
		part, err := parts.NextRawPart()
		if err != nil {
			return f.answers()
		}
		value := part.FileName()
		if value == "" {
			text, err := io.ReadAll(part)
			if err != nil {
				return f.answers()
			}
			value = string(text)
		}
		if !f.add(utf8Text(part.FormName()), utf8Text(value)) {
			return f.answers()
		}
	}
}

// sniffBoundary finds the boundary of a multipart body whose content type does not give it.
func sniffBoundary(body []byte) string {
	line, rest, found := bytes.Cut(body, []byte("\n"))
	boundary := strings.TrimSpace(strings.TrimPrefix(string(line), "--"))
	if !found || boundary == "" || len(boundary) > 70 || !bytes.Contains(bytes.ToLower(rest[:min(len(rest), 200)]), []byte("content-disposition")) {
		return ""
	}
	return boundary
}

// formFields are a form's fields in their order, with all values of those that come again.
type formFields struct {
	names  []string
	values map[string][]string
	n      int
	bytes  int // of the names
}

// add reports whether there is room for more. A name that ends in [] is that of a list.
func (f *formFields) add(name, value string) bool {
	name = strings.TrimSuffix(Clean(name), "[]")
	if f.values == nil {
		f.values = make(map[string][]string)
	}
	if _, again := f.values[name]; !again {
		if f.bytes += len(name); f.bytes > maxNameBytes {
			return false
		}
		f.names = append(f.names, name)
	}
	f.values[name] = append(f.values[name], value)
	f.n++
	return f.n < maxFormFields
}

func (f *formFields) answers() Answers {
	var a Answers
	for _, name := range f.names {
		a.AddAll(name, f.values[name])
	}
	return a
}

// tooMany is why a delivery is not taken that holds more leads than one transaction should.
var tooMany = &RejectedError{http.StatusRequestEntityTooLarge, fmt.Sprintf("the body holds more than %d leads; send them in several requests, or as an import", maxLeads)}

// jsonTrees reads the objects in a body that may each be a lead; see spread. What a mapping finds in one that stands around
// others makes a lead of that. What is no object becomes one.
func jsonTrees(body []byte, m Mapping) ([]map[string]any, error) {
	d := newDecoding()
	values, err := d.values(body)
	if err != nil {
		return nil, err
	}
	return spreadOf(values, d, m)
}

func sortedKeys[T any](m map[string]T) []string { return slices.Sorted(maps.Keys(m)) }

// jotformQuestion is the name of a question in what Jotform sends, as in q3_name.
var jotformQuestion = regexp.MustCompile(`^q\d+_(.+)$`)

// jotformAnswers takes the questions out of the field rawRequest in which Jotform sends them; other forms stay as they
// are, and so does one whose field cannot be read.
func jotformAnswers(a Answers) Answers {
	i := slices.IndexFunc(a, func(one answer) bool { return one.name == "rawRequest" })
	if i < 0 {
		return a
	}
	var questions map[string]any
	raw := CleanJSON([]byte(a[i].text()))
	if checkBounds(raw) == nil {
		if value, err := decodeAny(raw); err == nil {
			questions, _ = value.(map[string]any)
		}
	}
	var found Answers
	for _, key := range sortedKeys(questions) {
		if name := jotformQuestion.FindStringSubmatch(key); name != nil {
			found.addJotform(name[1], questions[key])
		}
	}
	if len(found) == 0 {
		return a
	}
	for _, one := range a {
		switch one.name {
		case "submissionID":
			found.addAs(roleExternalID, one.name, one.value)
		case "formID", "formTitle":
			found = append(found, one)
		}
	}
	return found
}

// addJotform adds a question; names and phone numbers come in parts.
func (a *Answers) addJotform(name string, value any) {
	parts, is := value.(map[string]any)
	join := func(keys ...string) string {
		var texts []string
		for _, key := range keys {
			if text := (answer{value: storable(parts[key])}).text(); text != "" {
				texts = append(texts, text)
			}
		}
		return strings.Join(texts, " ")
	}
	switch {
	case is && (parts["first"] != nil || parts["last"] != nil):
		a.addAs(roleName, name, join("prefix", "first", "middle", "last", "suffix"))
	case is && parts["full"] != nil:
		a.addAs(rolePhone, name, join("full"))
	case is && parts["phone"] != nil:
		a.addAs(rolePhone, name, join("country", "area", "phone"))
	default:
		a.Add(name, value)
	}
}
