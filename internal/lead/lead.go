// Package lead is the domain: the words, the reasons, and the arithmetic of rings and paces. Every other room uses its words. It is
// pure: it does no I/O and reads no clock, so that the same input gives the same plan.
package lead

import (
	"time"

	"github.com/google/uuid"
)

// Method is how a distribution group hands out its turns.
type Method string

const (
	// RoundRobin gives each turn to one member.
	RoundRobin Method = "round_robin"
	// RoundRobinMultiple gives each turn to a receivers group, each of whose members gets a copy.
	RoundRobinMultiple Method = "round_robin_multiple"
	// FirstToAccept offers each turn's lead to a receivers group: whoever accepts it first gets the one copy.
	FirstToAccept Method = "first_to_accept"
)

// Methods lists every method.
func Methods() []Method { return []Method{RoundRobin, RoundRobinMultiple, FirstToAccept} }

// Outcome is how a distribution ended.
type Outcome string

const (
	// Succeeded means that the member has their copy.
	Succeeded Outcome = "succeeded"
	// Failed means that there is no copy; the reason says why.
	Failed Outcome = "failed"
	// Cancelled means that somebody deleted it while it was pending. It has no reason.
	Cancelled Outcome = "cancelled"
	// Withdrawn means that the member's copy was taken back, since they did not answer it in time. It has no reason.
	Withdrawn Outcome = "withdrawn"
	// Undone means that the run which it was of was undone: the copy was taken back, or what was pending deleted. It has no reason.
	Undone Outcome = "undone"
	// Lapsed means that a turn's receivers were offered the lead and none of them accepted it: it went on. It has no reason.
	Lapsed Outcome = "lapsed"
)

// Outcomes lists every outcome.
func Outcomes() []Outcome { return []Outcome{Succeeded, Failed, Cancelled, Withdrawn, Undone, Lapsed} }

// Trigger is what made a pending lead due.
type Trigger string

const (
	// Immediate distributions were asked for now.
	Immediate Trigger = "immediate"
	// Scheduled distributions waited for their planned time.
	Scheduled Trigger = "scheduled"
	// DistributeNow means that an operator brought a planned distribution forward.
	DistributeNow Trigger = "distribute_now"
	// Overflow means that a group gave it because another could not.
	Overflow Trigger = "overflow"
	// Reassigned means that its member had not answered in time.
	Reassigned Trigger = "reassigned"
	// Pulled means that its member asked for one.
	Pulled Trigger = "pulled"
	// Accepted means that its member was the first to accept an offer of it.
	Accepted Trigger = "accepted"
)

// Triggers lists every trigger.
func Triggers() []Trigger {
	return []Trigger{Immediate, Scheduled, DistributeNow, Overflow, Reassigned, Pulled, Accepted}
}

// Role is what a caller may do: an API key, or the session of a person.
type Role string

const (
	// RoleAdmin may do everything in its workspace.
	RoleAdmin Role = "admin"
	// RoleIntegration may push leads and imports, and read its own imports.
	RoleIntegration Role = "integration"
	// RoleMember sees and edits one member's own copies.
	RoleMember Role = "member"
	// RoleManager is a person's and no key's; see PersonManager.
	RoleManager Role = "manager"
)

// Roles lists the roles that keys have.
func Roles() []Role { return []Role{RoleAdmin, RoleIntegration, RoleMember} }

// Queue is a class of distribution work; each class is kept from holding up the others.
type Queue string

const (
	// QueueFresh carries leads that just came in.
	QueueFresh Queue = "fresh"
	// QueueDue carries scheduled leads and those an operator distributes now.
	QueueDue Queue = "due"
	// QueueBulk carries imports and bulk assignments.
	QueueBulk Queue = "bulk"
)

// QueueFetch carries hints at leads that are to be fetched from a platform.
const QueueFetch Queue = "fetch"

// QueueSimulate carries hints at simulations that are to be worked out.
const QueueSimulate Queue = "simulate"

// MaxBatch is the largest number of pending leads in one batch: the leads of a workspace that are distributed together.
const MaxBatch = 500

// A Hint tells the queue of a batch or, on QueueFetch, of an integration that has leads to fetch, or on QueueSimulate of a simulation, whose
// ID it then is. It says
// only that there may be something to do: the truth is in Postgres. Its generation counts how often the queue was told, or
// only tells one time from another; FeedAt is when the batch is due, zero for at once. Traceparent says, as W3C's header does, in which
// trace it belongs; empty for none.
type Hint struct {
	Workspace   uuid.UUID `db:"workspace_id"`
	ID          uuid.UUID `db:"batch_id"`
	Queue       Queue     `db:"queue"`
	Generation  int       `db:"generation"`
	FeedAt      time.Time `db:"feed_at"`
	Traceparent string    `db:"traceparent"`
}
