package store

import (
	"context"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/jmoiron/sqlx"
)

// A DuplicatePolicy is what becomes of a new lead whose phone, or else whose e-mail, an earlier one has.
type DuplicatePolicy string

const (
	// AllowDuplicates does not look for earlier leads.
	AllowDuplicates DuplicatePolicy = "allow"
	// FlagDuplicates notes the earlier lead, and distributes the new one as any other.
	FlagDuplicates DuplicatePolicy = "flag"
	// SameMember gives the new one to the members who have the earlier one or are planned to get it, if they are active, and
	// spends no turn.
	SameMember DuplicatePolicy = "same_member"
	// RejectDuplicates stores the new one and does not distribute it.
	RejectDuplicates DuplicatePolicy = "reject"
)

// DuplicatePolicies lists every policy.
func DuplicatePolicies() []DuplicatePolicy {
	return []DuplicatePolicy{AllowDuplicates, FlagDuplicates, SameMember, RejectDuplicates}
}

// Duplicates say what a workspace does with leads that match one of the last Days.
type Duplicates struct {
	Policy DuplicatePolicy `db:"duplicates_policy"`
	Days   int             `db:"duplicates_days"`
}

const maxDuplicateDays = 3650

func (d Duplicates) check() error {
	if d.Days < 1 || d.Days > maxDuplicateDays {
		return &FieldError{"duplicates.days", "days go from 1 to 3650"}
	}
	return nil
}

// sameContact is the condition that lead l of workspace $1 has a number or an address, in SQL, by the index that has hashes of these:
// eight bytes for both instead of some forty.
func sameContact(column, value string) string {
	return fmt.Sprintf(`l.%[1]s = %[2]s AND hashtextextended(l.%[1]s, hashtextextended(l.workspace_id::text, 0))
		= hashtextextended(%[2]s, hashtextextended($1::uuid::text, 0))`, column, value)
}

// noteDuplicates notes on new leads the earliest lead within the workspace's days that has the same phone or, failing
// that, the same e-mail. Of several new leads that match, all but the first do. It returns those that are not to be
// distributed, and those that go to the member who has the earlier one, each with that.
func (t *Tx) noteDuplicates(ctx context.Context, w Workspace, added []AddedLead) (rejected, followed map[uuid.UUID]uuid.UUID, err error) {
	if w.Policy == AllowDuplicates {
		return nil, nil, nil
	}
	var fresh []uuid.UUID
	for _, a := range added {
		if !a.Existing {
			fresh = append(fresh, a.ID)
		}
	}
	var rows []struct {
		Lead    uuid.UUID `db:"lead_id"`
		Earlier uuid.UUID `db:"duplicate_of"`
	}
	since := t.now().Add(-time.Duration(w.Days) * 24 * time.Hour)
	if err := sqlx.SelectContext(ctx, t.q, &rows, `
		WITH matched AS (
			SELECT n.lead_id, coalesce(p.lead_id, e.lead_id) AS earlier
			FROM leads n
			LEFT JOIN LATERAL (SELECT l.lead_id FROM leads l
				WHERE l.workspace_id = $1 AND `+sameContact("phone_e164", "n.phone_e164")+` AND l.created_at >= $3 AND l.deleted_at IS NULL
					AND NOT l.test AND (l.lead_id < n.lead_id OR l.lead_id <> ALL($2::uuid[]))
				ORDER BY l.created_at, l.lead_id LIMIT 1) p ON true
			LEFT JOIN LATERAL (SELECT l.lead_id FROM leads l
				WHERE p.lead_id IS NULL AND l.workspace_id = $1 AND `+sameContact("email_key", "n.email_key")+` AND l.created_at >= $3
					AND l.deleted_at IS NULL AND NOT l.test AND (l.lead_id < n.lead_id OR l.lead_id <> ALL($2::uuid[]))
				ORDER BY l.created_at, l.lead_id LIMIT 1) e ON true
			WHERE n.workspace_id = $1 AND n.lead_id = ANY($2::uuid[]) AND NOT n.test
		)
		UPDATE leads d SET duplicate_of = matched.earlier FROM matched
		WHERE d.workspace_id = $1 AND d.lead_id = matched.lead_id AND matched.earlier IS NOT NULL
		RETURNING d.lead_id, d.duplicate_of`, w.ID, uuids(fresh), since); err != nil {
		return nil, nil, translate(err)
	}
	earlier := make(map[uuid.UUID]uuid.UUID, len(rows))
	for _, r := range rows {
		earlier[r.Lead] = r.Earlier
	}
	switch w.Policy {
	case RejectDuplicates:
		return earlier, nil, nil
	case SameMember:
		return nil, earlier, nil
	}
	return nil, nil, nil
}
