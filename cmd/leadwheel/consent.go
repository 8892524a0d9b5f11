package main

import (
	"bufio"
	"errors"
	"fmt"
	"strings"
)

// consentFlag is for commands that do what cannot be undone.
type consentFlag struct {
	Yes bool `short:"y" help:"Do it without asking first, as scripts must: there is nobody to ask."`
}

// errNobodyToAsk refuses what cannot be undone where nobody said that it is meant.
var errNobodyToAsk = errors.New("there is no way back from this, and nobody to ask; add --yes where it is meant")

// ask asks whether something is meant. It returns an error unless it is; also where nobody can be asked.
func (c consentFlag) ask(s streams, question string) error {
	if !c.Yes && !s.asks {
		return refusedError{errNobodyToAsk}
	}
	return c.askPerson(s, question)
}

// askPerson is ask for commands that scripts ran without --yes before there was one: it asks whoever is there.
func (c consentFlag) askPerson(s streams, question string) error {
	if c.Yes || !s.asks {
		return nil
	}
	fmt.Fprintf(s.err, "%s [y/N] ", question)
	answer, _ := bufio.NewReader(s.in).ReadString('\n') // an end of what is typed is no yes
	switch strings.ToLower(strings.TrimSpace(answer)) {
	case "y", "yes":
		return nil
	}
	return refusedError{errors.New("nothing was done")}
}
