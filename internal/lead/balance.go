package lead

import (
	"errors"
	"strings"
	"unicode/utf8"

	"github.com/google/uuid"
)

// BalanceBy says by what a group keeps its mix even: each value of it is a lane, with turns of its own. Empty is by nothing.
type BalanceBy string

const (
	// BalanceNothing has all leads take the same turns.
	BalanceNothing BalanceBy = ""
	// BalanceSource has a lane for each source.
	BalanceSource BalanceBy = "source"
	// BalanceCampaign has a lane for each campaign.
	BalanceCampaign BalanceBy = "campaign"
	// BalanceForm has a lane for each form, or for each integration of leads that say nothing of a form.
	BalanceForm BalanceBy = "form"
	// BalanceRule has a lane for each rule by which leads came to the group.
	BalanceRule BalanceBy = "rule"
	// balanceField is what comes before the name of a field, with a lane for each of its values.
	balanceField = "field:"
)

const (
	// MaxLanes is how many lanes a group has: MaxLanes-1 values have one each, and those that come after share lane 0.
	MaxLanes = 1000
	// MaxLaneValue is how many characters of a value tell it from others.
	MaxLaneValue = 100
	// maxFieldName bounds the name of the field that a group balances by.
	maxFieldName = 100
)

// ErrBalanceBy says what a group can balance by.
var ErrBalanceBy = errors.New("give source, campaign, form, rule, or field: with the name of a field behind it, such as field:city; null for nothing")

// ParseBalanceBy reads what a group balances by. Its errors are ErrBalanceBy.
func ParseBalanceBy(text string) (BalanceBy, error) {
	switch b := BalanceBy(text); b {
	case BalanceNothing, BalanceSource, BalanceCampaign, BalanceForm, BalanceRule:
		return b, nil
	default:
		name := b.Field()
		if name == "" || strings.TrimSpace(name) != name || utf8.RuneCountInString(name) > maxFieldName || !utf8.ValidString(name) ||
			strings.ContainsRune(name, 0) {
			return "", ErrBalanceBy
		}
		return b, nil
	}
}

// Field is the name of the field that it balances by, empty for anything else.
func (b BalanceBy) Field() string {
	name, found := strings.CutPrefix(string(b), balanceField)
	if !found {
		return ""
	}
	return name
}

// Traits are what a lead's lane may depend on.
type Traits struct {
	SourceID, IntegrationID uuid.UUID
	CampaignID, FormID      string
	Rule                    string
	// Field is the value of a field, empty where the lead has none of that name.
	Field func(name string) string
}

// Value is the value whose lane a lead takes, empty where it has none: these have a lane too.
func (b BalanceBy) Value(t Traits) string {
	switch {
	case b == BalanceSource:
		return idValue(t.SourceID)
	case b == BalanceCampaign:
		return LaneValue(t.CampaignID)
	case b == BalanceForm && t.FormID == "":
		return idValue(t.IntegrationID)
	case b == BalanceForm:
		return LaneValue(t.FormID)
	case b == BalanceRule:
		return LaneValue(t.Rule)
	case b.Field() != "" && t.Field != nil:
		return LaneValue(t.Field(b.Field()))
	}
	return ""
}

func idValue(id uuid.UUID) string {
	if id == uuid.Nil {
		return ""
	}
	return id.String()
}

// LaneValue is as much of a text as tells its lane from others.
func LaneValue(text string) string {
	n := 0
	for at := range text {
		if n++; n > MaxLaneValue {
			return text[:at]
		}
	}
	return text
}
