package ingest

import (
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/leadwheel/leadwheel/internal/contact"
	"github.com/leadwheel/leadwheel/internal/headings"
)

// sure and mappedRank are the ranks of answers of which their provider, or a mapping, says what they are.
const (
	sure       = -1
	mappedRank = -2
)

// reading is what an answer is to a lead, and how sure that is.
func (a answer) reading() headings.Reading {
	r := headings.Of(a.name)
	switch {
	case a.mapped:
		r.Meaning, r.Rank = headings.Meaning(a.role), mappedRank
	case a.role != roleNone:
		r.Meaning, r.Rank = headings.Meaning(a.role), sure
	case plainHeader(strings.TrimPrefix(plainHeader(a.name), "your")) == "leadsource":
		r.Meaning = headings.Source
	case r.Meaning == headings.None:
		for _, other := range a.also {
			if r = headings.Of(other); r.Meaning != headings.None {
				break
			}
		}
	}
	if a.role == roleName {
		r.Bare = false
	}
	return r
}

// meaning is what an answer is to a lead by what is said of it.
func (a answer) meaning() role { return roleOfReading(a.reading()) }

// A person is answers sorted into what a lead is known by, and its fields.
type person struct {
	name, email, phone, id, source string
	// mappedID is set where a mapping says which answer the id is.
	mappedID bool
	fields   json.RawMessage
	// guessed says which answers were taken for what by their content alone, empty where none was.
	guessed string
}

// A sorting is answers being sorted.
type sorting struct {
	Answers
	readings []headings.Reading
	chosen   map[role]int
	used     map[int]bool
	guessed  []string
}

// settle sorts answers: name, email and phone by the names under which forms ask for them or else by what they look like,
// the others and what does not fit into fields, each under its own name. With own an external id and a source are sorted out
// too.
func (a Answers) settle(own bool) (person, error) { return a.settleBy(own, fitting) }

// settleBy is settle, with a way of its own to make fields small enough.
func (a Answers) settleBy(own bool, fit fitter) (person, error) {
	s := &sorting{Answers: a, readings: make([]headings.Reading, len(a)), chosen: make(map[role]int), used: make(map[int]bool)}
	for i, one := range a {
		s.readings[i] = one.reading()
		r := role(s.readings[i].Meaning)
		if !own && !one.mapped && (r == roleExternalID || r == roleSource) || r == role(headings.Salutation) {
			s.readings[i] = headings.Reading{}
		}
		s.offer(i)
	}
	s.guess()
	c := person{
		name: s.name(), email: s.take(roleEmail, maxText), phone: s.take(rolePhone, maxText),
		source: s.take(roleSource, maxName), id: s.take(roleExternalID, maxText), guessed: strings.Join(s.guessed, " "),
	}
	if i, there := s.chosen[roleExternalID]; there {
		c.mappedID = a[i].mapped
	}
	var err error
	c.fields, err = a.fields(s.used, fit)
	return c, err
}

// offer makes an answer its role's where it is the surest so far.
func (s *sorting) offer(i int) {
	r := role(s.readings[i].Meaning)
	if r == roleNone || r == roleContact || r == roleField {
		return
	}
	text, _ := s.Answers[i].textAs(r)
	if text == "" {
		return
	}
	if s.used[i] = s.Answers[i].simple() && saysNothing(r, text); s.used[i] {
		return
	}
	if before, taken := s.chosen[r]; !taken || s.rank(i, text) < s.rank(before, "") {
		s.chosen[r] = i
	}
}

// saysNothing reports whether what should be a name, an address or a number is a word for none, as null is.
func saysNothing(r role, text string) bool {
	return (r == roleEmail || r == rolePhone || slices.Contains(nameRoles, r)) && contact.Nothing(text)
}

// unlikely is added to the rank of what does not look like what it should be: better a second phone than no phone.
const unlikely = 10_000

func (s *sorting) rank(i int, text string) int {
	r := s.readings[i]
	if text == "" {
		text, _ = s.Answers[i].textAs(role(r.Meaning))
	}
	if r.Rank >= 0 && (r.Meaning == headings.Email && !looksLikeEmail([]byte(text)) || r.Meaning == headings.Phone && !looksLikePhone([]byte(text))) {
		return r.Rank + unlikely
	}
	return r.Rank
}

// take is the text of a role's answer, which is then used as far as the text says all of it.
func (s *sorting) take(r role, limit int) string {
	i, found := s.chosen[r]
	if !found {
		return ""
	}
	text, all := s.Answers[i].textAs(r)
	s.used[i] = all && utf8.RuneCountInString(text) <= limit
	return shorten(text, limit)
}

// name is the whole name, put together of its parts where there is no other.
func (s *sorting) name() string {
	var w headings.Written
	whole := true
	for _, r := range nameRoles {
		if i, found := s.chosen[r]; found {
			text, all := s.Answers[i].textAs(r)
			w.Add(headings.Part{Text: text, Reading: s.readings[i]})
			whole = whole && all
		}
	}
	name, joined := w.Full()
	if !joined {
		return s.take(roleName, maxName)
	}
	fits := name != "" && utf8.RuneCountInString(name) <= maxName
	for _, r := range nameRoles {
		if i, found := s.chosen[r]; found && fits && whole {
			s.used[i] = true
		}
	}
	return shorten(name, maxName)
}

// guess takes answers for what they look like, where no name tells which the address or the number is.
func (s *sorting) guess() {
	for i := range s.Answers {
		if s.readings[i].Meaning == headings.Contact {
			s.guessEither(i)
		}
	}
	for i, one := range s.Answers {
		if text, is := one.value.(string); is && s.readings[i].Meaning == headings.None && one.role == roleNone {
			switch {
			case s.open(roleEmail, one) && contact.Email(text) != "":
				s.guessed = append(s.guessed, s.becomes(i, roleEmail))
			case s.open(rolePhone, one) && contact.Phone(text, "") != "":
				s.guessed = append(s.guessed, s.becomes(i, rolePhone))
			}
		}
	}
	s.guessGravity()
}

// open reports whether an answer may be taken for a role by its content.
func (s *sorting) open(r role, one answer) bool {
	_, taken := s.chosen[r]
	return !taken && !headings.OfOther(one.name, headings.Meaning(r))
}

// guessEither settles an answer whose name says only that the person can be reached by it.
func (s *sorting) guessEither(i int) {
	text, _ := s.Answers[i].textAs(roleContact)
	_, email := s.chosen[roleEmail]
	_, phone := s.chosen[rolePhone]
	switch {
	case !email && contact.Email(text) != "":
		s.guessed = append(s.guessed, s.becomes(i, roleEmail))
	case !phone && (contact.Phone(text, "") != "" || phoneShaped.MatchString(text)):
		s.guessed = append(s.guessed, s.becomes(i, rolePhone))
	}
}

// phoneShaped is a number as people write phones' where nobody says that it is one.
var phoneShaped = regexp.MustCompile(`^\+?[\d\s().\-/]{7,25}$`)

// becomes makes an answer a role's, and says so.
func (s *sorting) becomes(i int, r role) string {
	s.readings[i] = headings.Reading{Meaning: headings.Meaning(r)}
	s.chosen[r] = i
	return fmt.Sprintf("The %s was told by its content: it stands under %q.", r, shorten(s.Answers[i].name, 100))
}

// gravityPart is the key of a part of Gravity Forms' compound fields.
var gravityPart = regexp.MustCompile(`^(\d+)\.([1-8])$`)

// guessGravity finds the name that Gravity Forms sends in parts of which only numbers tell: 3 is the first, 4 the middle and
// 6 the last name. Addresses have other parts by the same numbers, and a street or a post code besides.
func (s *sorting) guessGravity() {
	for _, r := range nameRoles {
		if _, found := s.chosen[r]; found {
			return
		}
	}
	parts := make(map[string]map[string]int)
	var fields []string
	for i, one := range s.Answers {
		if key := gravityPart.FindStringSubmatch(one.name); key != nil && one.simple() {
			if parts[key[1]] == nil {
				parts[key[1]] = make(map[string]int)
				fields = append(fields, key[1])
			}
			parts[key[1]][key[2]] = i
		}
	}
	field := slices.IndexFunc(fields, func(field string) bool {
		p := parts[field]
		_, first := p["3"]
		_, last := p["6"]
		_, street := p["1"]
		_, code := p["5"]
		return first && last && !street && !code
	})
	if field < 0 {
		return
	}
	for part, r := range map[string]role{"3": roleFirst, "4": roleMiddle, "6": roleLast} {
		if i, found := parts[fields[field]][part]; found {
			s.becomes(i, r)
		}
	}
	s.guessed = append(s.guessed, fmt.Sprintf("The name was told by its parts: they stand under %q and what follows.", fields[field]+".3"))
}
