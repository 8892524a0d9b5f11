package api

import "github.com/leadwheel/leadwheel/store"

// Duplicates say what becomes of a new lead that matches an earlier one.
type Duplicates struct {
	Policy string `json:"policy" enum:"allow,flag,same_member,reject" doc:"allow: nothing is looked for. flag: duplicate_of says which it is. same_member: it goes to the members who have the earlier one, or are planned to get it, if they are active, and spends no turn. reject: it is kept, and not distributed."`
	Days   int    `json:"days" doc:"How old the earlier one may be."`
}

// DuplicatesPatch changes what becomes of duplicates.
type DuplicatesPatch struct {
	Policy Patch[string] `json:"policy,omitempty" enum:"allow,flag,same_member,reject" nullable:"false"`
	Days   Patch[int]    `json:"days,omitempty" minimum:"1" maximum:"3650" nullable:"false"`
}

func (p DuplicatesPatch) apply(d *store.Duplicates) error {
	policy := string(d.Policy)
	if err := p.Policy.overNeeded("duplicates.policy", &policy); err != nil {
		return err
	}
	d.Policy = store.DuplicatePolicy(policy)
	return p.Days.overNeeded("duplicates.days", &d.Days)
}
