package store

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/google/uuid"
	"github.com/jmoiron/sqlx"
)

// maxEntries is how many entries a reason names. Beyond that it counts them.
const maxEntries = 100

// NotMade is why no lead could be made of some of an arrival's entries. The reason holds nothing of what was delivered.
type NotMade struct {
	Reason string `json:"reason"`
	Count  int    `json:"count"`
	// Entries are their places in the arrival, from 1.
	Entries []int `json:"entries,omitempty"`
}

// AddNotMade records that no lead could be made of the entry at a place, which counts from 0. A negative place is that of
// an entry that has none.
func (e *Event) AddNotMade(place int, reason string) {
	i := slices.IndexFunc(e.NotMade, func(n NotMade) bool { return n.Reason == reason })
	if i < 0 {
		i, e.NotMade = len(e.NotMade), append(slices.Clone(e.NotMade), NotMade{Reason: reason})
	}
	n := &e.NotMade[i]
	n.Count++
	if place >= 0 && len(n.Entries) < maxEntries {
		n.Entries = append(slices.Clone(n.Entries), place+1)
	}
}

// CountNotMade is of how many entries no lead could be made.
func (e *Event) CountNotMade() (n int) {
	for _, one := range e.NotMade {
		n += one.Count
	}
	return n
}

// NotMadeText says in a sentence of how many entries no lead could be made, and why.
func (e *Event) NotMadeText() string {
	var reasons []string
	for _, n := range e.NotMade {
		reasons = append(reasons, n.Reason)
	}
	text := strings.Join(reasons, "; ")
	if n := e.CountNotMade(); n < max(len(e.LeadIDs), n+e.Made) {
		return fmt.Sprintf("no lead could be made of %d of %d: %s", n, max(len(e.LeadIDs), n+e.Made), text)
	}
	return text
}

// A FetchedAnswer is a lead as its platform gave it, for the arrival that told of it.
type FetchedAnswer struct {
	IntegrationID uuid.UUID `db:"integration_id"`
	EventID       uuid.UUID `db:"event_id"`
	Place         int       `db:"place"`
	ExternalID    string    `db:"external_id"`
	Answer        []byte    `db:"answer"`
	// LeadID is nil where no lead could be made of it.
	LeadID uuid.UUID `db:"lead_id"`
}

// answersOf are the answers of arrivals, with the leads that became of them.
func answersOf(arrivals []Arrival) (all []FetchedAnswer) {
	for _, d := range arrivals {
		for _, a := range d.Answers {
			a.IntegrationID, a.EventID = d.Event.IntegrationID, d.Event.ID
			if a.Place < len(d.Event.LeadIDs) {
				a.LeadID = d.Event.LeadIDs[a.Place]
			}
			all = append(all, a)
		}
	}
	return all
}

// keepAnswers keeps what platforms gave.
func (t *Tx) keepAnswers(ctx context.Context, workspace uuid.UUID, all []FetchedAnswer) error {
	if len(all) == 0 {
		return nil
	}
	ids := func(of func(*FetchedAnswer) uuid.UUID) array { return uuids(pluck(all, of)) }
	from, args := unnest("n", []any{workspace, uuid.Nil, t.now()},
		column{"integration_id", ids(func(a *FetchedAnswer) uuid.UUID { return a.IntegrationID })},
		column{"event_id", ids(func(a *FetchedAnswer) uuid.UUID { return a.EventID })},
		column{"place", ints(pluck(all, func(a *FetchedAnswer) int { return a.Place }))},
		column{"external_id", texts(pluck(all, func(a *FetchedAnswer) string { return a.ExternalID }))},
		column{"answer", byteas(pluck(all, func(a *FetchedAnswer) []byte { return a.Answer }))},
		column{"lead_id", ids(func(a *FetchedAnswer) uuid.UUID { return a.LeadID })})
	_, err := t.q.ExecContext(ctx, `
		INSERT INTO fetched_answers (workspace_id, integration_id, event_id, place, external_id, answer, lead_id, created_at)
		SELECT DISTINCT ON (integration_id, event_id, place) $1, integration_id, event_id, place, external_id, answer, nullif(lead_id, $2), $3
		FROM `+from+`
		ORDER BY integration_id, event_id, place
		ON CONFLICT (workspace_id, integration_id, event_id, place) DO UPDATE SET answer = EXCLUDED.answer, lead_id = EXCLUDED.lead_id`, args...)
	if err != nil {
		return fmt.Errorf("keeping %d answers of platforms: %w", len(all), translate(err))
	}
	return nil
}

// FetchedAnswers returns what a platform gave for an arrival, by its places there.
func (q Queries) FetchedAnswers(ctx context.Context, workspace, integration, event uuid.UUID) (map[int]FetchedAnswer, error) {
	var rows []FetchedAnswer
	if err := sqlx.SelectContext(ctx, q.q, &rows, `
		SELECT integration_id, event_id, place, external_id, answer, coalesce(lead_id, $4) AS lead_id FROM fetched_answers
		WHERE workspace_id = $1 AND integration_id = $2 AND event_id = $3 AND answer <> ''`,
		workspace, integration, event, uuid.Nil); err != nil {
		return nil, translate(err)
	}
	answers := make(map[int]FetchedAnswer, len(rows))
	for _, r := range rows {
		answers[r.Place] = r
	}
	return answers, nil
}
