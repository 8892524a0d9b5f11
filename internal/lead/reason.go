package lead

import (
	"maps"
	"net/http"
	"slices"
)

// A Reason says why a distribution or a request ended as it did. It is an error, so that it can be returned, wrapped
// and found again with errors.As.
type Reason string

// The reasons. Every one has a row in the reasons table.
const (
	AlreadyAssigned   Reason = "already_assigned"
	SourceLeadDeleted Reason = "source_lead_deleted"
	MemberInactive    Reason = "member_inactive"
	NoActiveReceiver  Reason = "no_active_receiver"
	NobodyAvailable   Reason = "nobody_available"
	GroupDeleted      Reason = "group_deleted"
	NoRule            Reason = "no_rule"
	SourceNotEligible Reason = "source_not_eligible"
	FeatureDisabled   Reason = "feature_disabled"
	Duplicate         Reason = "duplicate"
	TestLead          Reason = "test_lead"
	InternalError     Reason = "internal_error"
)

type reasonRow struct {
	status int
	text   string
}

var reasons = map[Reason]reasonRow{
	AlreadyAssigned:   {http.StatusConflict, "every receiver who could get this lead already has it"},
	SourceLeadDeleted: {http.StatusConflict, "the source lead was deleted before it was distributed"},
	MemberInactive:    {http.StatusConflict, "the member is deactivated or removed; reactivate them or assign the lead to someone else"},
	NoActiveReceiver:  {http.StatusConflict, "nobody in the distribution group is active; reactivate a member or edit the group"},
	NobodyAvailable:   {http.StatusConflict, "nobody in the distribution group could take the lead at that time; retry it when somebody can, or have the group's leads wait"},
	GroupDeleted:      {http.StatusConflict, "the distribution group does not exist any more; assign the lead to another one"},
	NoRule:            {http.StatusConflict, "no rule takes the lead; add one for everything else, and retry it from history"},
	SourceNotEligible: {http.StatusUnprocessableEntity, "the source is unknown, disabled or not meant for this kind of record; choose one that is offered"},
	FeatureDisabled:   {http.StatusForbidden, "this feature is switched off for the workspace; switch it on under features"},
	Duplicate:         {http.StatusConflict, "the lead matches an earlier one, and the workspace does not distribute duplicates"},
	TestLead:          {http.StatusConflict, "the lead is a test by the ad platform, and tests are never distributed"},
	InternalError:     {http.StatusInternalServerError, "the lead could not be distributed because of a fault in the system; retry it from history"},
}

// Reasons lists every reason, by name.
func Reasons() []Reason { return slices.Sorted(maps.Keys(reasons)) }

// Error is the reason as a sentence for people.
func (r Reason) Error() string { return r.Text() }

// Text is the reason as a sentence that says what happened and what to do.
func (r Reason) Text() string { return reasons[r].text }

// Status is the HTTP status with which a request is refused for this reason.
func (r Reason) Status() int { return reasons[r].status }

// Label is the value of the reason label in metrics.
func (r Reason) Label() string { return string(r) }
