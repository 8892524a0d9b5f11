package api

import (
	"slices"

	"github.com/leadwheel/leadwheel/internal/lead"
)

var (
	admins       = []lead.Role{lead.RoleAdmin}
	integrations = []lead.Role{lead.RoleAdmin, lead.RoleIntegration}
	members      = []lead.Role{lead.RoleAdmin, lead.RoleMember}
)

// roles says who may call each operation. What they see of it is narrowed further where the operation is.
var roles = map[string][]lead.Role{
	"get-workspace":   members,
	"patch-workspace": admins,
	"rename-status":   admins,

	"post-member":   admins,
	"list-members":  admins,
	"get-member":    admins,
	"patch-member":  admins,
	"delete-member": admins,

	"post-telegram-link":     admins,
	"post-test-notification": admins,
	"list-notifications":     admins,
	"resend-notification":    admins,

	"get-message-template":     admins,
	"put-message-template":     admins,
	"preview-message-template": admins,

	"post-member-pending": admins,

	"post-group":       admins,
	"preview-group":    admins,
	"list-groups":      admins,
	"get-group":        admins,
	"put-group":        admins,
	"delete-group":     admins,
	"get-group-shares": admins,

	"post-source":   admins,
	"list-sources":  members,
	"get-source":    admins,
	"patch-source":  admins,
	"delete-source": admins,
	"merge-source":  admins,
	"count-sources": admins,

	"post-lead":       integrations,
	"post-lead-batch": integrations,
	"list-leads":      admins,
	"get-lead":        admins,
	"patch-lead":      admins,
	"delete-lead":     admins,
	"delete-leads":    admins,
	"convert-lead":    admins,

	"post-assignment":    admins,
	"preview-assignment": admins,
	"list-assignments":   admins,
	"get-assignment":     admins,

	"list-pending-leads":           admins,
	"get-pending-lead":             admins,
	"patch-pending-lead":           admins,
	"delete-pending-lead":          admins,
	"delete-pending-leads":         admins,
	"distribute-pending-leads-now": admins,
	"list-pending-days":            admins,

	"list-history":    admins,
	"retry-history":   admins,
	"retry-histories": admins,

	"list-assigned-leads":         members,
	"get-assigned-lead":           members,
	"patch-assigned-lead":         members,
	"convert-assigned-lead":       members,
	"list-assigned-lead-timeline": members,

	"list-customers": members,
	"get-customer":   members,
	"patch-customer": members,

	"post-opportunity":   members,
	"list-opportunities": members,
	"get-opportunity":    members,
	"patch-opportunity":  members,

	"post-api-key":   admins,
	"list-api-keys":  admins,
	"get-api-key":    admins,
	"revoke-api-key": admins,
	"rotate-api-key": admins,

	"post-session":   admins,
	"list-sessions":  admins,
	"delete-session": admins,
	"end-sessions":   admins,

	"list-audit-log": admins,

	"post-integration":      admins,
	"list-integrations":     admins,
	"get-integration":       admins,
	"patch-integration":     admins,
	"delete-integration":    admins,
	"reconcile-integration": admins,
	"list-events":           admins,
	"get-event":             admins,
	"replay-event":          admins,

	"post-webhook":            admins,
	"list-webhooks":           admins,
	"get-webhook":             admins,
	"patch-webhook":           admins,
	"delete-webhook":          admins,
	"rotate-webhook-secret":   admins,
	"list-webhook-deliveries": admins,
	"get-webhook-delivery":    admins,
	"redeliver":               admins,
	"redeliver-failed":        admins,

	"export-person": admins,
	"erase-person":  admins,

	"post-import":        integrations,
	"list-imports":       integrations,
	"get-import":         integrations,
	"get-import-rejects": integrations,
	"cancel-import":      admins,
}

// rolesOf panics for an operation without roles, so that none can be served by mistake.
func rolesOf(operation string) []lead.Role {
	allowed, found := roles[operation]
	if !found {
		panic("api: operation " + operation + " has no row in the roles table")
	}
	return allowed
}

func mayCall(role lead.Role, operation string) bool { return slices.Contains(rolesOf(operation), role) }
