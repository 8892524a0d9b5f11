package api

import "github.com/leadwheel/leadwheel/store"

// Duplicates say what becomes of a new lead that matches an earlier one.
type Duplicates struct {
	Policy store.DuplicatePolicy `json:"policy" doc:"allow: nothing is looked for. flag: duplicate_of says which it is. same_member: it goes to the members who have the earlier one, or are planned to get it, if they are active, and spends no turn. reject: it is kept, and not distributed."`
	Days   int                   `json:"days" doc:"How old the earlier one may be."`
}

// DuplicatesPatch changes what becomes of duplicates.
type DuplicatesPatch struct {
	Policy Patch[store.DuplicatePolicy] `json:"policy,omitempty" nullable:"false"`
	Days   Patch[int]                   `json:"days,omitempty" minimum:"1" maximum:"3650" nullable:"false"`
}

func (p DuplicatesPatch) apply(d *store.Duplicates) error {
	if err := p.Policy.overNeeded("duplicates.policy", &d.Policy); err != nil {
		return err
	}
	return p.Days.overNeeded("duplicates.days", &d.Days)
}
