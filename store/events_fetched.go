package store

import (
	"context"
	"slices"

	"github.com/google/uuid"
	"github.com/jmoiron/sqlx"

	"github.com/leadwheel/leadwheel/internal/lead"
)

// A FetchedLead is what became of a lead that a delivery told of, and that was fetched later.
type FetchedLead struct {
	EventID uuid.UUID
	Place   int
	// LeadID is nil where no lead could be made of it.
	LeadID  uuid.UUID
	Outcome lead.EventOutcome
	// Detail is a sentence where there is something to say.
	Detail string
}

// outcomeRanks order the outcomes of a delivery's leads: that of the highest is the delivery's.
var outcomeRanks = map[lead.EventOutcome]int{
	lead.EventUnmapped: 1, lead.EventDuplicate: 2, lead.EventTest: 3, lead.EventLead: 4,
}

// SettleFetched records what became of leads with the deliveries that told of them. Those that are not kept any more are
// passed over.
func (t *Tx) SettleFetched(ctx context.Context, workspace, integration uuid.UUID, fetched []FetchedLead) error {
	byEvent := make(map[uuid.UUID][]FetchedLead)
	var ids []uuid.UUID
	for _, f := range fetched {
		if byEvent[f.EventID] == nil {
			ids = append(ids, f.EventID)
		}
		byEvent[f.EventID] = append(byEvent[f.EventID], f)
	}
	var rows []eventRow
	if err := sqlx.SelectContext(ctx, t.q, &rows, `
		SELECT `+eventColumns+` FROM integration_events
		WHERE workspace_id = $1 AND integration_id = $2 AND event_id = ANY($3::uuid[])
		ORDER BY event_id FOR NO KEY UPDATE`, workspace, integration, uuids(ids)); err != nil {
		return translate(err)
	}
	var outcomes, details, leadIDs []string
	ids = ids[:0]
	for _, r := range rows {
		e, err := r.event()
		if err != nil {
			return err
		}
		e.settleFetched(byEvent[e.ID])
		ids, outcomes, details, leadIDs = append(ids, e.ID), append(outcomes, string(e.Outcome)), append(details, e.Detail), append(leadIDs, uuidArray(e.LeadIDs))
	}
	_, err := t.q.ExecContext(ctx, `
		UPDATE integration_events e SET outcome = n.outcome, detail = nullif(n.detail, ''), lead_ids = n.lead_ids::uuid[]
		FROM unnest($3::uuid[], $4::text[], $5::text[], $6::text[]) AS n (event_id, outcome, detail, lead_ids)
		WHERE e.workspace_id = $1 AND e.integration_id = $2 AND e.event_id = n.event_id`,
		workspace, integration, uuids(ids), texts(outcomes), texts(details), texts(leadIDs))
	return translate(err)
}

func (e *Event) settleFetched(fetched []FetchedLead) {
	e.LeadIDs = slices.Clone(e.LeadIDs)
	for _, f := range fetched {
		for len(e.LeadIDs) <= f.Place {
			e.LeadIDs = append(e.LeadIDs, uuid.Nil)
		}
		e.LeadIDs[f.Place] = f.LeadID
		if outcomeRanks[f.Outcome] > outcomeRanks[e.Outcome] {
			e.Outcome, e.Detail = f.Outcome, f.Detail
		}
	}
}
