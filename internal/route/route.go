// Package route tells by a workspace's rules which group a lead goes to. Rules are a list in order; each has a condition over the
// lead, and the first that holds decides. The store compiles and asks them, and the API checks what people write. It is pure: it does
// no I/O, reads no clock, and what a rule may cost is bounded when it is compiled. Of ours it imports only internal/contact.
package route

import (
	"errors"

	"github.com/expr-lang/expr/file"
	"github.com/expr-lang/expr/vm"
	"github.com/google/uuid"
)

// A Rule says to whom the leads go for which its condition holds.
type Rule struct {
	Name string `json:"name"`
	// When is the condition, an expression over the lead; see Variables.
	When string `json:"when"`
	// GroupID is the group that gets the lead, nil where nobody is to get it.
	GroupID uuid.UUID `json:"group_id,omitzero"`
	// Enabled is unset for a rule that is left out.
	Enabled bool `json:"enabled"`
}

// Always is the condition of the last rule of most lists: everything else.
const Always = "true"

// A List is rules that were compiled, at one version. It may be used by many at once.
type List struct {
	Version int
	rules   []compiled
	uses    map[string]bool // variables
}

type compiled struct {
	Rule
	program *vm.Program // nil for a rule that always holds
	guard   guard
	unread  bool // it was saved, and cannot be compiled any more
}

// A Verdict is what a list says of a lead.
type Verdict struct {
	// Version is the list's, and Rule the name of the rule that decided, empty where none holds.
	Version int
	Rule    string
	// GroupID is the group that gets the lead, nil for nobody.
	GroupID uuid.UUID
	// Broken are rules that could not decide, the first maxBroken of them.
	Broken []Broken
	// evaluated counts the conditions that were worked out.
	evaluated int
}

// Decided reports whether a rule holds.
func (v Verdict) Decided() bool { return v.Rule != "" }

// A Broken rule is one that does not hold since it could not be worked out for a lead, and why: a sentence without anything of the
// lead in it.
type Broken struct {
	Rule string `json:"rule"`
	Why  string `json:"why"`
}

const (
	// maxBroken bounds what one lead keeps of rules that broke.
	maxBroken = 20
	// memoryBudget bounds what one condition may make, in elements of lists.
	memoryBudget = 10_000
)

// whyUnread is why a rule breaks that was saved and cannot be compiled any more.
const whyUnread = "this version of the program cannot read it; look it through and save the rules again"

// whyGone is why a rule breaks whose group is gone.
const whyGone = "its distribution group was deleted; choose another one for it"

// Decide asks the rules in order. A rule that breaks, or whose group is gone, does not hold: the next one is asked.
func (l *List) Decide(of Lead, gone func(group uuid.UUID) bool) Verdict {
	v := Verdict{Version: l.Version}
	env := l.environment(of)
	machine := vm.VM{MemoryBudget: memoryBudget}
	for i := range l.rules {
		r := &l.rules[i]
		v.evaluated++
		switch {
		case r.unread:
			v.broke(r.Name, whyUnread)
			continue
		case r.guard.bars(env):
			continue
		}
		holds := r.program == nil
		if !holds {
			out, err := machine.Run(r.program, env)
			if err != nil {
				v.broke(r.Name, whyOf(err))
				continue
			}
			holds, _ = out.(bool)
		}
		switch {
		case !holds:
			continue
		case r.GroupID != uuid.Nil && gone(r.GroupID):
			v.broke(r.Name, whyGone)
			continue
		}
		v.Rule, v.GroupID = r.Name, r.GroupID
		return v
	}
	return v
}

// Groups are those that the list's rules send leads to.
func (l *List) Groups() []uuid.UUID {
	var all []uuid.UUID
	seen := make(map[uuid.UUID]bool)
	for _, r := range l.rules {
		if r.GroupID != uuid.Nil && !seen[r.GroupID] {
			seen[r.GroupID] = true
			all = append(all, r.GroupID)
		}
	}
	return all
}

// Uses reports whether a rule asks for a variable.
func (l *List) Uses(variable string) bool { return l.uses[variable] }

func (v *Verdict) broke(rule, why string) {
	if len(v.Broken) < maxBroken {
		v.Broken = append(v.Broken, Broken{rule, why})
	}
}

// whyOf tells why a condition broke without what the engine quotes, which may be of the lead.
func whyOf(err error) string {
	var at *file.Error
	if !errors.As(err, &at) {
		return "it could not be worked out"
	}
	return explain(at.Message) + place(at.Line, at.Column+1)
}
