package api

import (
	"slices"

	"github.com/leadwheel/leadwheel/internal/lead"
)

var (
	admins       = []lead.Role{lead.RoleAdmin}
	managers     = []lead.Role{lead.RoleAdmin, lead.RoleManager}
	integrations = []lead.Role{lead.RoleAdmin, lead.RoleManager, lead.RoleIntegration}
	members      = []lead.Role{lead.RoleAdmin, lead.RoleManager, lead.RoleMember}
	everybody    = []lead.Role{lead.RoleAdmin, lead.RoleManager, lead.RoleMember, lead.RoleIntegration}
	// anybody is who has not signed in yet.
	anybody = []lead.Role{}
)

// roles says who may call each operation. What they see of it is narrowed further where the operation is.
var roles = map[string][]lead.Role{
	"get-workspace":   members,
	"patch-workspace": admins,
	"rename-status":   admins,

	"post-member":   managers,
	"list-members":  managers,
	"get-member":    managers,
	"patch-member":  managers,
	"delete-member": managers,

	"post-absence":   managers,
	"list-absences":  managers,
	"delete-absence": managers,

	"post-telegram-link":     managers,
	"post-test-notification": managers,
	"list-notifications":     managers,
	"get-channels":           managers,
	"resend-notification":    managers,

	"get-message-template":     managers,
	"put-message-template":     admins,
	"preview-message-template": managers,
	"test-message-template":    managers,

	"post-member-pending": managers,

	"post-group":       managers,
	"preview-group":    managers,
	"list-groups":      managers,
	"get-group":        managers,
	"put-group":        managers,
	"delete-group":     managers,
	"get-group-shares": managers,
	"list-group-lanes": managers,

	"get-group-availability": managers,

	"get-rules":   managers,
	"put-rules":   managers,
	"check-rules": managers,

	"post-source":   managers,
	"list-sources":  members,
	"get-source":    managers,
	"patch-source":  managers,
	"delete-source": managers,
	"merge-source":  managers,
	"count-sources": managers,

	"post-lead":       integrations,
	"post-lead-batch": integrations,
	"list-leads":      managers,
	"count-leads":     managers,
	"get-lead":        managers,
	"patch-lead":      managers,
	"delete-lead":     managers,
	"delete-leads":    managers,
	"convert-lead":    managers,

	"post-assignment":    managers,
	"preview-assignment": managers,
	"list-assignments":   managers,
	"get-assignment":     managers,
	"undo-assignment":    managers,

	"get-undo-assignment": managers,
	"get-undo-import":     managers,

	"count-pending-leads":          managers,
	"list-pending-leads":           managers,
	"get-pending-lead":             managers,
	"patch-pending-lead":           managers,
	"delete-pending-lead":          managers,
	"delete-pending-leads":         managers,
	"distribute-pending-leads-now": managers,
	"list-pending-days":            managers,
	"move-pending-leads":           managers,

	"get-activity": managers,
	"get-fairness": managers,

	"post-simulation":  managers,
	"list-simulations": managers,
	"get-simulation":   managers,

	"count-history":   managers,
	"list-history":    managers,
	"retry-history":   managers,
	"retry-histories": managers,

	"list-assigned-leads":         members,
	"get-assigned-lead":           members,
	"patch-assigned-lead":         members,
	"accept-assigned-lead":        members,
	"post-next-lead":              members,
	"list-offers":                 managers,
	"list-my-offers":              members,
	"accept-offer":                members,
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

	"post-session":   {lead.RoleAdmin, lead.RoleMember},
	"list-sessions":  members,
	"delete-session": members,
	"end-sessions":   members,

	"sign-in":           anybody,
	"send-sign-in-link": anybody,
	"get-sign-in":       anybody,

	"begin-passkey-sign-in": anybody,
	"passkey-sign-in":       anybody,
	"begin-oidc-sign-in":    anybody,
	"oidc-sign-in":          anybody,

	"post-person":      admins,
	"list-people":      admins,
	"get-person":       admins,
	"patch-person":     admins,
	"delete-person":    admins,
	"post-person-link": admins,
	"get-me":           everybody,
	"patch-me":         members,
	"put-my-password":  members,

	"list-my-passkeys":  members,
	"begin-my-passkey":  members,
	"post-my-passkey":   members,
	"patch-my-passkey":  members,
	"delete-my-passkey": members,

	"get-my-messages":       members,
	"patch-my-messages":     members,
	"get-my-availability":   members,
	"patch-my-availability": members,
	"post-my-telegram-link": members,

	"list-audit-log": admins,

	"post-integration":      managers,
	"list-integrations":     managers,
	"get-integration":       managers,
	"patch-integration":     managers,
	"delete-integration":    managers,
	"reconcile-integration": managers,
	"list-events":           managers,
	"get-event":             managers,
	"replay-event":          managers,
	"try-integration":       managers,

	"post-webhook":            admins,
	"list-webhooks":           managers,
	"get-webhook":             managers,
	"patch-webhook":           admins,
	"delete-webhook":          admins,
	"rotate-webhook-secret":   admins,
	"test-webhook":            admins,
	"list-webhook-deliveries": managers,
	"get-webhook-delivery":    managers,
	"redeliver":               managers,
	"redeliver-failed":        managers,

	"get-installation":       admins,
	"get-installation-audit": admins,
	"list-dead-tasks":        admins,

	"export-person": admins,
	"erase-person":  admins,

	"post-import":        integrations,
	"preview-import":     integrations,
	"list-imports":       integrations,
	"get-import":         integrations,
	"get-import-rejects": integrations,
	"cancel-import":      managers,
	"undo-import":        managers,
}

// rolesOf panics for an operation without roles, so that none can be served by mistake.
func rolesOf(operation string) []lead.Role {
	allowed, found := roles[operation]
	if !found {
		panic("api: operation " + operation + " has no row in the roles table")
	}
	return allowed
}

// open reports whether an operation is for whoever has not signed in yet.
func open(operation string) bool { return len(rolesOf(operation)) == 0 }

func mayCall(role lead.Role, operation string) bool { return slices.Contains(rolesOf(operation), role) }
