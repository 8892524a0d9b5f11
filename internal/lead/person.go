package lead

// PersonRole is what somebody who signs in may do.
type PersonRole string

const (
	// PersonAdmin may do everything in their workspace.
	PersonAdmin PersonRole = "admin"
	// PersonManager may do everything but what concerns keys, webhooks' secrets, privacy, people and the workspace's settings.
	PersonManager PersonRole = "manager"
	// PersonAgent sees and edits what is one member's.
	PersonAgent PersonRole = "agent"
)

// PersonRoles lists every role of a person.
func PersonRoles() []PersonRole { return []PersonRole{PersonAdmin, PersonManager, PersonAgent} }

// Role is what the role lets a person's sessions do: an agent's do what a member's key does.
func (r PersonRole) Role() Role {
	if r == PersonAgent {
		return RoleMember
	}
	return Role(r)
}
