package store

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"io"
	"net"
	"slices"

	"github.com/lib/pq"
	"github.com/lib/pq/pqerror"

	"github.com/leadwheel/leadwheel/internal/lead"
)

// ErrNotFound means that the workspace has no such row, or not any more.
var ErrNotFound = errors.New("not found")

// A Violation is a statement that the database refused because of a constraint.
type Violation struct {
	// Constraint is its name in the schema.
	Constraint string
	// Field is the field that broke it, as the API names it.
	Field string
	// Message says what is wrong with the field and what to do.
	Message string
	// Exists is set where the row collides with another, and unset where it refers to one that is not there.
	Exists bool

	cause error
}

func (v *Violation) Error() string { return fmt.Sprintf("%s: %s", v.Field, v.Message) }
func (v *Violation) Unwrap() error { return v.cause }

// A FieldError is a field of a request that cannot be stored as it is.
type FieldError struct {
	// Field is its place in the request, as in slots[2].members[0].member_id.
	Field string
	// Message says what is wrong with it and what to do.
	Message string
}

func (e *FieldError) Error() string { return fmt.Sprintf("%s: %s", e.Field, e.Message) }

// Under puts the field of a *FieldError where it stands in the request. Other errors stay as they are.
func Under(at string, err error) error {
	var field *FieldError
	if errors.As(err, &field) {
		return &FieldError{Field: at + field.Field, Message: field.Message}
	}
	return err
}

// A ReasonError is a field of a request that is refused for a reason of the domain.
type ReasonError struct {
	Reason lead.Reason
	// Field is its place in the request.
	Field string
}

func (e *ReasonError) Error() string { return fmt.Sprintf("%s: %s", e.Field, e.Reason.Text()) }
func (e *ReasonError) Unwrap() error { return e.Reason }

// integrityViolation is the class of errors that break a constraint. Others name one too.
const integrityViolation pqerror.Class = "23"

// violations says what each constraint means to whoever breaks it. A test demands a row for every constraint that the
// schema has.
var violations = map[string]Violation{
	"sources_name_key_key":          {Field: "name", Message: "another source has this name; choose a different one", Exists: true},
	"members_external_id_key":       {Field: "external_id", Message: "another member has this id", Exists: true},
	"groups_external_id_key":        {Field: "external_id", Message: "another distribution group has this id", Exists: true},
	"sources_external_id_key":       {Field: "external_id", Message: "another source has this id", Exists: true},
	"customers_lead_key":            {Field: "id", Message: "this lead is a customer already", Exists: true},
	"customers_assigned_lead_key":   {Field: "id", Message: "this lead is a customer already", Exists: true},
	"leads_external_id_key":         {Field: "external_id", Message: "this lead is already here", Exists: true},
	"assigned_leads_given_once_key": {Field: "lead_id", Message: "the member already has this lead", Exists: true},
	"api_keys_hash_key":             {Field: "api_key", Message: "this key exists already; create another", Exists: true},
	"dead_tasks_task_key":           {Field: "task_id", Message: "this task is already recorded", Exists: true},
	"sessions_token_key":            {Field: "token", Message: "this session exists already; sign in again", Exists: true},
	"integrations_token_key":        {Field: "url", Message: "this address exists already; create the integration again", Exists: true},

	"api_keys_workspace_id_integration_id_fkey": {Field: "integration_id", Message: "there is no such integration in this workspace"},

	"members_workspace_id_fkey":                     {Field: "workspace_id", Message: "there is no such workspace"},
	"sources_workspace_id_fkey":                     {Field: "workspace_id", Message: "there is no such workspace"},
	"integrations_workspace_id_fkey":                {Field: "workspace_id", Message: "there is no such workspace"},
	"webhooks_workspace_id_fkey":                    {Field: "workspace_id", Message: "there is no such workspace"},
	"groups_workspace_id_fkey":                      {Field: "workspace_id", Message: "there is no such workspace"},
	"api_keys_workspace_id_fkey":                    {Field: "workspace_id", Message: "there is no such workspace"},
	"rings_workspace_id_group_id_fkey":              {Field: "group_id", Message: "there is no such group in this workspace"},
	"lane_rings_workspace_id_group_id_version_fkey": {Field: "group_id", Message: "there is no such ring of a group in this workspace"},
	"lanes_value_key":                               {Field: "lane", Message: "the group has this lane already", Exists: true},
	"api_keys_workspace_id_member_id_fkey":          {Field: "member_id", Message: "there is no such member in this workspace"},
	"api_keys_workspace_id_group_id_fkey":           {Field: "group_id", Message: "there is no such group in this workspace"},
	"api_keys_workspace_id_source_id_fkey":          {Field: "source_id", Message: "there is no such source in this workspace"},
	"customers_origin_check":                        {Field: "id", Message: "a customer comes from a lead or from an assigned lead"},
	"opportunities_origin_check":                    {Field: "lead_id", Message: "an opportunity is on a lead, an assigned lead or a customer"},
	"people_email_key":                              {Field: "email", Message: "another person of this workspace has this address", Exists: true},
	"people_workspace_id_fkey":                      {Field: "workspace_id", Message: "there is no such workspace"},
	"people_workspace_id_member_id_fkey":            {Field: "member_id", Message: "there is no such member in this workspace"},
	"people_role_check":                             {Field: "role", Message: "a person is an admin, a manager or an agent"},
	"people_agent_check":                            {Field: "member_id", Message: "an agent sees what is one member's; say whose"},
	"passkeys_workspace_id_person_id_fkey":          {Field: "id", Message: "there is no such person in this workspace"},
	"passkeys_credential_key":                       {Field: "credential", Message: "this passkey is there already", Exists: true},
	"person_identities_workspace_id_person_id_fkey": {Field: "id", Message: "there is no such person in this workspace"},
	"person_identities_subject_key":                 {Field: "id", Message: "another person of this workspace signs in by this account", Exists: true},
	"sign_in_links_workspace_id_person_id_fkey":     {Field: "id", Message: "there is no such person in this workspace"},
	"sessions_workspace_id_person_id_fkey":          {Field: "person_id", Message: "there is no such person in this workspace"},
	"sessions_whose_check":                          {Field: "person_id", Message: "a session is a person's, a key's, or a message's link's"},
	"sessions_link_fkey":                            {Field: "link", Message: "the link is not valid any more"},
	"message_links_workspace_id_fkey":               {Field: "workspace_id", Message: "there is no such workspace"},
	"message_links_workspace_id_member_id_fkey":     {Field: "member_id", Message: "there is no such member in this workspace"},
	"sessions_workspace_id_fkey":                    {Field: "workspace_id", Message: "there is no such workspace"},
	"sessions_workspace_id_api_key_id_fkey":         {Field: "api_key_id", Message: "there is no such API key in this workspace"},
	"workspaces_api_key_max_days_check":             {Field: "api_keys.max_days", Message: "this is between 1 and 3650 days"},
	"absences_check":                                {Field: "from", Message: "an absence is from one instant to another, or of whole dates"},
	"absences_workspace_id_fkey":                    {Field: "workspace_id", Message: "there is no such workspace"},
	"absences_workspace_id_member_id_fkey":          {Field: "member_id", Message: "there is no such member in this workspace"},
	"cap_counts_workspace_id_member_id_fkey":        {Field: "member_id", Message: "there is no such member in this workspace"},
	"waiting_groups_workspace_id_group_id_fkey":     {Field: "group_id", Message: "there is no such group in this workspace"},
	"debts_workspace_id_group_id_fkey":              {Field: "group_id", Message: "there is no such group in this workspace"},
	"offers_workspace_id_member_id_fkey":            {Field: "member_id", Message: "there is no such member in this workspace"},
	"offers_pending":                                {Field: "member_id", Message: "the member was offered this lead before", Exists: true},
	"pending_leads_check":                           {Field: "distribute", Message: "a distribution goes to a group or to a member"},
	"simulations_workspace_id_fkey":                 {Field: "workspace_id", Message: "there is no such workspace"},
	"rules_workspace_id_fkey":                       {Field: "workspace_id", Message: "there is no such workspace"},
}

// translate gives database errors the meaning they have for callers. Everything else passes through.
func translate(err error) error {
	var refused *pq.Error
	switch {
	case errors.Is(err, sql.ErrNoRows):
		return ErrNotFound
	case errors.As(err, &refused) && refused.Constraint != "" && refused.Code.Class() == integrityViolation:
		v, known := violations[refused.Constraint]
		if !known && refused.Code == pqerror.UniqueViolation {
			v = Violation{Field: "id", Message: "this id exists already; ids are made by the program", Exists: true}
		}
		if !known && refused.Code != pqerror.UniqueViolation {
			return err
		}
		v.Constraint, v.cause = refused.Constraint, err
		return &v
	}
	return err
}

// Unavailable reports whether err is trouble with the database itself, which passes, rather than with what it was
// asked. The same request may succeed later.
func Unavailable(err error) bool {
	var refused *pq.Error
	if errors.As(err, &refused) {
		// Connection, rollback, resources, object state, operator's hand, system; and a database that only reads, as a
		// standby does.
		return slices.Contains([]pqerror.Class{"08", "40", "53", "55", "57", "58"}, refused.Code.Class()) ||
			refused.Code == pqerror.ReadOnlySQLTransaction || refused.Code == pqerror.FeatureNotSupported
	}
	var network net.Error
	for _, passes := range []error{errNoServer, errFormer, errOtherSystem, errAlone} {
		if errors.Is(err, passes) {
			return true
		}
	}
	return errors.As(err, &network) || errors.Is(err, driver.ErrBadConn) || errors.Is(err, io.EOF) ||
		errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, sql.ErrConnDone) || errors.Is(err, context.DeadlineExceeded)
}

// Locked reports whether err is that another has held a lock for longer than a statement waits: see Options.LockWait. It is one of those
// that are Unavailable.
func Locked(err error) bool {
	var refused *pq.Error
	return errors.As(err, &refused) && refused.Code == pqerror.LockNotAvailable
}

// Refused reports whether the database refused the data it was given, and would refuse it again. Faults of the set-up,
// such as a missing table or permission, are not the data's: they pass when somebody mends them.
func Refused(err error) bool {
	var refused *pq.Error
	return errors.As(err, &refused) && slices.Contains([]pqerror.Class{
		"22", integrityViolation, "44", "54", "P0", // data, constraints, views' checks, limits, raised by triggers
	}, refused.Code.Class())
}
