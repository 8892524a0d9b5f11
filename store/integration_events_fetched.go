package store

import (
	"context"
	"slices"
	"strings"

	"github.com/google/uuid"
	"github.com/jmoiron/sqlx"

	"github.com/leadwheel/leadwheel/internal/lead"
)

// A FetchedLead is what became of a lead that an arrival told of, and that was fetched later.
type FetchedLead struct {
	EventID uuid.UUID
	Place   int
	// LeadID is nil where no lead could be made of it.
	LeadID  uuid.UUID
	Outcome lead.EventOutcome
	// Made means that the lead was not there before, and Reason says why there is none.
	Made   bool
	Reason string
	// Guessed is that of the lead.
	Guessed string
	// ExternalID is its id at its platform, and Answer what that gave, to be kept with the arrival; nil where it is kept
	// elsewhere.
	ExternalID string
	Answer     []byte
}

// outcomeRanks order the outcomes of an arrival's leads: that of the highest is the arrival's.
var outcomeRanks = map[lead.EventOutcome]int{
	lead.EventUnmapped: 1, lead.EventDuplicate: 2, lead.EventTest: 3, lead.EventLead: 4,
}

// SettleFetched records what became of leads with the arrivals that told of them. Those that are not kept any more are
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
	var events []Event
	if err := sqlx.SelectContext(ctx, t.q, &events, `
		SELECT `+eventColumns+` FROM integration_events
		WHERE workspace_id = $1 AND integration_id = $2 AND event_id = ANY($3::uuid[])
		ORDER BY event_id FOR NO KEY UPDATE`, workspace, integration, uuids(ids)); err != nil {
		return translate(err)
	}
	var answers []FetchedAnswer
	settled := make([]*Event, len(events))
	for i := range events {
		e := &events[i]
		e.settleFetched(byEvent[e.ID])
		settled[i], answers = e, append(answers, e.answers(byEvent[e.ID])...)
	}
	from, args := unnest("n", []any{workspace, integration}, settledColumns(settled)...)
	_, err := t.q.ExecContext(ctx, `
		UPDATE integration_events e SET outcome = n.outcome, detail = nullif(n.detail, ''), lead_ids = n.lead_ids::uuid[],
			made = n.made, not_made = n.not_made
		FROM `+from+`
		WHERE e.workspace_id = $1 AND e.integration_id = $2 AND e.event_id = n.event_id`, args...)
	if err != nil {
		return translate(err)
	}
	return t.keepAnswers(ctx, workspace, answers)
}

// answers are those of leads that were fetched for an event.
func (e *Event) answers(fetched []FetchedLead) (all []FetchedAnswer) {
	for _, f := range fetched {
		if f.Answer != nil {
			all = append(all, FetchedAnswer{
				IntegrationID: e.IntegrationID, EventID: e.ID, Place: f.Place, ExternalID: f.ExternalID, Answer: f.Answer, LeadID: f.LeadID,
			})
		}
	}
	return all
}

func (e *Event) settleFetched(fetched []FetchedLead) {
	e.LeadIDs = slices.Clone(e.LeadIDs)
	for _, f := range fetched {
		for len(e.LeadIDs) <= f.Place {
			e.LeadIDs = append(e.LeadIDs, uuid.Nil)
		}
		e.LeadIDs[f.Place] = f.LeadID
		if f.Made {
			e.Made++
		}
		if f.Reason != "" {
			e.AddNotMade(f.Place, f.Reason)
		}
		if outcomeRanks[f.Outcome] > outcomeRanks[e.Outcome] {
			e.Outcome, e.Detail = f.Outcome, ""
		}
	}
	if len(e.NotMade) > 0 {
		e.Detail = e.NotMadeText()
	}
	for _, f := range fetched {
		e.AddGuess(f.Guessed)
	}
}

// maxGuesses bounds what an event's detail says of guesses, in bytes, before the last of them.
const maxGuesses = 500

// AddGuess says in the event which answers were taken for what by their content alone; an empty text says nothing.
func (e *Event) AddGuess(guessed string) {
	if guessed != "" && !strings.Contains(e.Detail, guessed) && len(e.Detail) < maxGuesses {
		e.Detail = strings.TrimSpace(e.Detail + " " + guessed)
	}
}
