package heard

import "github.com/leadwheel/leadwheel/internal/language"

// These are about rules; what their engine says itself stays as it is.
var rules = []language.Text{
	"rule %d, %s: %s",
	"%s (line %d, column %d)",
	"there are %d rules, and a workspace has %d at the most",
	"give the rule a name, by which leads tell that it took them",
	"this is longer than %d characters",
	"rule %d has this name already",
	"only the last rule may do without a condition; those after it would never be asked",
	"a condition has %d characters at the most",
	"this group was deleted; choose another, or switch the rule off",
	"somebody else saved %s meanwhile, as version %d; read this again and decide anew",
	"the rules",
	"the group",
	"the whole lead cannot be taken for a value",
	"methods cannot be called here",
	"only functions can be called, by their names",
	"there is no %s here",
	"this is not known here; write comparisons, joined by and, or, not",
	"a pattern must be written out, in quotes",
	"a range goes from one written number up to another, over %d at the most",
	"a pattern has %d characters at the most",
	"this pattern cannot be read: %s",
	"this pattern, with those of the rules before it, costs too much; repeat less in it, or use contains, startsWith or in",
	"it asks for a field that the lead does not have",
	"it takes a value for something else than it is, as a text for a number",
	"it could not be worked out",
	"this version of the program cannot read it; look it through and save the rules again",
	"its distribution group was deleted; choose another one for it",
}
