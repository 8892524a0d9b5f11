// Package language has what people read of Leadwheel in their languages. A sentence is written in English where it is said, as a
// Text; English is what it is found by in the other languages, each of which is a file of pairs here. It does no I/O and imports
// nothing of ours.
package language

import (
	"maps"
	"slices"

	"golang.org/x/text/feature/plural"
	"golang.org/x/text/language"
	"golang.org/x/text/message"
	"golang.org/x/text/message/catalog"
)

// A Text is a sentence, or a word, in English. It is a format as package fmt has them where it is said with arguments. Whatever constant
// has this type must be in every language's file; a test demands it.
type Text string

// The languages that can be chosen, by their tags.
const (
	English = "en"
	Malay   = "ms"
)

// Brackets is no language: it is English with each sentence in brackets, so that what has none was written past the catalogue. Nobody
// is offered it.
const Brackets = "qps"

// Offered are the languages that can be chosen, the first of them where nobody has.
func Offered() []string { return []string{English, Malay} }

// Name is what a language calls itself.
func Name(tag string) string { return names[tag] }

var names = map[string]string{English: "English", Malay: "Bahasa Malaysia"}

// Known says whether a language can be chosen.
func Known(tag string) bool { return slices.Contains(Offered(), tag) }

// A Printer says things in one language. It may be used by many at once.
type Printer struct {
	tag   string
	texts map[Text]string
	// formats has numbers written as the language does.
	formats *message.Printer
	rules   language.Tag
}

// printers are those of all languages, by tag.
var printers = func() map[string]*Printer {
	all := map[string]*Printer{Brackets: newPrinter(Brackets, language.English, nil)}
	for _, tag := range Offered() {
		all[tag] = newPrinter(tag, language.MustParse(tag), translations[tag])
	}
	return all
}()

func newPrinter(tag string, rules language.Tag, texts map[Text]string) *Printer {
	return &Printer{tag, texts, message.NewPrinter(rules, message.Catalog(catalog.NewBuilder())), rules}
}

// In is the printer of the first of the languages that there is, English's where there is none of them.
func In(tags ...string) *Printer {
	for _, tag := range tags {
		if p := printers[tag]; p != nil {
			return p
		}
	}
	return printers[English]
}

var matcher = language.NewMatcher(func() (all []language.Tag) {
	for _, tag := range Offered() {
		all = append(all, language.MustParse(tag))
	}
	return all
}())

// maxHeader bounds how much of an Accept-Language header is looked at.
const maxHeader = 500

// Accepted is the language that a browser wants by its Accept-Language header, of those that there are.
func Accepted(header string) string {
	_, at := language.MatchStrings(matcher, header[:min(len(header), maxHeader)])
	return Offered()[at]
}

// Tag is the language's, as HTML has it.
func (p *Printer) Tag() string {
	if p.tag == Brackets {
		return English
	}
	return p.tag
}

// Say is a text in the language, with its arguments.
func (p *Printer) Say(text Text, args ...any) string {
	said, known := p.texts[text]
	if !known {
		said = string(text)
	}
	if len(args) > 0 {
		said = p.formats.Sprintf(said, args...)
	}
	if p.tag == Brackets && text != "" {
		return "⟦" + said + "⟧"
	}
	return said
}

// Many says how many there are of something: one where the language speaks of n as of one, and else other. n is the first argument
// of both; others follow it.
func (p *Printer) Many(n int, one, other Text, args ...any) string {
	args = append([]any{n}, args...)
	const enough = 10_000_000 // no rule looks at more digits
	if plural.Cardinal.MatchPlural(p.rules, n%enough, 0, 0, 0, 0) == plural.One {
		return p.Say(one, args...)
	}
	return p.Say(other, args...)
}

// Word is what is made of English words that no Text stands for, such as a field's name: in the language where that has it.
func (p *Printer) Word(english string) string {
	if _, known := p.texts[Text(english)]; known || p.tag == Brackets {
		return p.Say(Text(english))
	}
	return english
}

// Number is a whole number as the language writes it.
func (p *Printer) Number(n int) string { return p.formats.Sprint(n) }

// Texts are those that a language has, in the order of their English, none for English itself.
func Texts(tag string) []Text { return slices.Sorted(maps.Keys(translations[tag])) }
