package heard

import "github.com/leadwheel/leadwheel/internal/language"

// These are about groups, and about trying them on a past month.
var groups = []language.Text{
	"another distribution group has this id",
	"a group needs at least one slot",
	"a weight is 1 or more",
	"the weights add up to more than %d slots",
	"a slot needs at least one member",
	"there is no such member in this workspace, or they were removed",
	"the member is already in this slot",
	"give 1 to 43200 minutes, which is 30 days",
	"give 0 to 43200 minutes, which is 30 days",
	"a group keeps 1 to %d turns for a receiver",
	"say which group takes the leads",
	"leads would go round in a circle: this group takes over what that one cannot give",
	"leads would go on through more than %d groups",
	"say to whom: another group, or members; this one ends",
	"there is no such group in this workspace; a draft is of a group that is there",
	"this group is drafted twice",
	"this member is drafted twice",
	"what is offered cannot be simulated, since nobody can say who would accept it",
	"give 1 to %d leads",
	"it is later than from",
	"%d simulations are still under way; wait for one to end",
	"it could not be worked out in time; ask for fewer leads",
}
