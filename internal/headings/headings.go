// Package headings tells what the headings of files, the questions of forms and the keys of fields mean, in the languages of
// the market: which of them ask for a person's name, or a part of it, for an address of e-mail or for a phone. What it knows
// is in table.txt. The readers of files and of platforms' answers call it. It is pure: what it says depends on the text alone.
package headings

import (
	"regexp"
	"strings"
	"unicode/utf8"
)

// A Meaning is what a heading asks for.
type Meaning string

const (
	// None is a heading that asks for nothing a lead is known by, or for somebody else's.
	None Meaning = ""
	// Name is a whole name, or of a bare reading perhaps a part of one.
	Name Meaning = "name"
	// FirstName is the given name.
	FirstName Meaning = "first name"
	// MiddleName stands between the others.
	MiddleName Meaning = "middle name"
	// LastName is the family name.
	LastName Meaning = "last name"
	// SecondLastName is the second family name of those who have two.
	SecondLastName Meaning = "second last name"
	// Salutation is Mr, Mrs, Dr and the like.
	Salutation Meaning = "salutation"
	// Email is an address of e-mail.
	Email Meaning = "email"
	// Phone is the number of a phone.
	Phone Meaning = "phone"
	// Contact may be a phone, an address or a name: what is in it tells.
	Contact Meaning = "contact"
	// ExternalID is the id that another program gave the lead.
	ExternalID Meaning = "external_id"
	// Source is the name of a source.
	Source Meaning = "source"
)

// meanings are all of them; of two that fit a heading as well, the earlier is its.
var meanings = []Meaning{
	FirstName, MiddleName, LastName, SecondLastName, Salutation, Name, Email, Phone, Contact, ExternalID, Source,
}

// A Reading is what a heading means.
type Reading struct {
	Meaning Meaning
	// Rank says how sure that is: of several headings with one meaning the one with the lowest rank is taken.
	Rank int
	// Bare is set for a name that may be a part of one where other headings ask for the rest: "Name" beside "Surname".
	Bare bool
	// Weak is set for what counts only beside a heading that asks for the rest of the name: "Ad" beside "Soyad".
	Weak bool
	// FamilyFirst is set where the heading's language puts the family name first.
	FamilyFirst bool
}

// longest is the longest heading that is read, in characters. Longer ones are texts, not questions.
const longest = 200

// aside is what is added to the rank of a heading that has a meaning only without a sentence or brackets behind it.
const aside = 10

// Of reads a heading. Case, accents, punctuation, numbers and what forms wrap around it do not matter; a word that is not
// known does.
func Of(heading string) Reading {
	if utf8.RuneCountInString(heading) > longest {
		return Reading{}
	}
	if r, seen := readings.get(heading); seen {
		return r
	}
	r := of(heading)
	readings.put(heading, r)
	return r
}

func of(heading string) Reading {
	whole := plain(heading)
	if r := whole.exact(); r.Meaning != None {
		return r
	}
	if whole.holds(somebodyElse) {
		return Reading{}
	}
	if r := whole.read(); r.Meaning != None {
		return r
	}
	r := Reading{}
	if outside, inside := split(heading); inside != "" {
		r = unlessAside(plain(outside).read(), plain(inside))
	}
	if r.Meaning == None {
		if question, rest := firstSentence(heading); rest != "" {
			r = unlessAside(plain(question).read(), plain(rest))
		}
	}
	if trimmed := strings.TrimSpace(heading); r.Meaning == None && strings.HasSuffix(trimmed, "]") {
		if wrapped := lastBrackets.FindStringSubmatch(trimmed); wrapped != nil {
			r = unlessAside(plain(wrapped[2]).read(), plain(wrapped[1]))
		}
	}
	return r
}

// lastBrackets finds what a form's field is called within what it belongs to, as in acme[person][email] or data[email][value].
var lastBrackets = regexp.MustCompile(`^(.*)\[([^\[\]]+)\](?:\[(?:value|raw_value|0)?\])?$`)

// unlessAside is a reading that has something in brackets or another sentence behind it, which may take it back: "Name
// (company)", "Phone (Email)".
func unlessAside(r Reading, rest text) Reading {
	other := rest.read().Meaning
	if r.Meaning == None || r.Meaning == ExternalID || r.Meaning == Source || other != None && other != r.Meaning {
		return Reading{}
	}
	if r.Meaning != Email && r.Meaning != Phone && rest.ofCompany() {
		return Reading{}
	}
	r.Rank += aside
	return r
}

// OfOther reports whether a heading says that what is under it is somebody else's, or about something else, so that it is
// not to be guessed from what looks like an address or a number.
func OfOther(heading string, m Meaning) bool {
	if utf8.RuneCountInString(heading) > longest {
		return true
	}
	t := plain(heading)
	switch {
	case t.holds(somebodyElse):
		return true
	case m == Phone:
		return t.holds(otherNumbers)
	case m == Email:
		return t.holds(otherAddresses)
	}
	return false
}

// split takes what stands in brackets out of a heading.
func split(heading string) (outside, inside string) {
	var out, in strings.Builder
	depth := 0
	for _, r := range heading {
		switch {
		case strings.ContainsRune("(（【〔<「", r):
			depth++
			in.WriteByte(' ')
			out.WriteByte(' ')
		case strings.ContainsRune(")）】〕>」", r) && depth > 0:
			depth--
		case depth > 0:
			in.WriteRune(r)
		default:
			out.WriteRune(r)
		}
	}
	return out.String(), strings.TrimSpace(in.String())
}

// fewest are the words that a text behind a question has at least: fewer belong to it, as in "Phone: Label".
const fewest = 3

// firstSentence parts a question from the sentence behind it, whose rest is empty where there is none.
func firstSentence(heading string) (question, rest string) {
	end := strings.IndexAny(heading, "?？!:：;\n。—–")
	if stop := strings.Index(heading, ". "); stop >= 0 && (end < 0 || stop < end) {
		end = stop
	}
	if end <= 0 {
		return "", ""
	}
	_, size := utf8.DecodeRuneInString(heading[end:])
	question, rest = heading[:end], strings.TrimSpace(heading[end+size:])
	if len(strings.Fields(rest)) < fewest {
		return "", ""
	}
	return question, rest
}

// OfNumber reports whether a heading says that under it are numbers that are no phones'.
func OfNumber(heading string) bool { return plain(heading).holds(otherNumbers) }
