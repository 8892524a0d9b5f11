package store

import (
	"context"
	"errors"
	"fmt"

	"github.com/google/uuid"
	"github.com/jmoiron/sqlx"
	"github.com/lib/pq"

	"github.com/leadwheel/leadwheel/internal/lead"
	"github.com/leadwheel/leadwheel/store/cursor"
)

// turnsOf is where a distribution gets its turns from.
type turnsOf interface {
	// draw gives the first turns of lanes of a ring for a batch, the same ones whenever it is asked, and others that the batch has drawn,
	// with the epoch of the cursor that they come from. It returns a *cursor.StaleError where that must be loaded first.
	draw(ctx context.Context, ring cursor.Ring, batch uuid.UUID, wants []cursor.Want) (epoch string, turns []int64, err error)
	// open gives the rings of lanes for values that have none yet, by these, or an error which has them be opened first.
	open(ctx context.Context, t *Tx, workspace uuid.UUID, row ringRow, values []string) (map[string]lead.Ring, error)
}

// errNoLane means that leads have values for which no lane is open yet.
var errNoLane = errors.New("a lane is to be opened first")

// open implements turnsOf: lanes are opened in a transaction of their own, which waits until nothing is dealt.
func (s *Store) open(_ context.Context, _ *Tx, workspace uuid.UUID, row ringRow, values []string) (map[string]lead.Ring, error) {
	return nil, openFirst(workspace, row, values)
}

// openFirst has lanes be opened, and the transaction be run again.
func openFirst(workspace uuid.UUID, row ringRow, values []string) error {
	return &staleCursor{open: []newLanes{{workspace, row.GroupID, values}}, cause: errNoLane}
}

// laneValue is the value of what a group balances by that a lead l has, in SQL, as lead.BalanceBy.Value tells it. The name of a field is
// a parameter.
func laneValue(by lead.BalanceBy, field string) string {
	value := map[lead.BalanceBy]string{
		lead.BalanceSource:   sourceNow("l") + `::text`,
		lead.BalanceCampaign: `l.attribution ->> 'campaign_id'`,
		lead.BalanceForm:     `coalesce(nullif(l.attribution ->> 'form_id', ''), l.integration_id::text)`,
		lead.BalanceRule:     `l.rule`,
	}[by]
	if by.Field() != "" {
		value = `l.fields ->> ` + field
	}
	return fmt.Sprintf(`left(coalesce(%s, ''), %d)`, value, lead.MaxLaneValue)
}

// laned says which lanes of a group's ring its claims take, and gives these. No lane is opened for leads that nobody of the ring can take.
func (d *distribution) laned(ctx context.Context, t *Tx, g groupRing, claims []claim, who lead.Roster) ([]lead.LaneLead, map[int]lead.Ring, error) {
	base := g.ring()
	base.Debts = g.debts
	leads, rings := make([]lead.LaneLead, len(claims)), map[int]lead.Ring{0: base}
	for i, c := range claims {
		leads[i].Lead = c.LeadID
	}
	if g.LanesSince == 0 || len(claims) == 0 {
		return leads, rings, nil
	}
	values, err := t.laneValues(ctx, d.workspace, g.ringRow, pluck(claims, func(c *claim) uuid.UUID { return c.LeadID }))
	if err != nil {
		return nil, nil, err
	}
	wanted := wantedLanes(claims, values, base, who)
	open, err := d.lanesFor(ctx, t, g.ringRow, wanted)
	if err != nil {
		return nil, nil, err
	}
	var missing []string
	for _, value := range wanted {
		if _, is := open[value]; !is {
			missing = append(missing, value)
		}
	}
	opened, err := d.openMissing(ctx, t, g, missing)
	if err != nil {
		return nil, nil, err
	}
	for i, c := range claims {
		value, ring := values[c.LeadID], base
		if l, is := open[value]; is {
			ring = lead.Ring{Version: base.Version, Slots: base.Slots, Lane: l.Lane, First: l.First, Debts: base.Debts}
		} else if l, is := opened[value]; is {
			ring = l
		}
		leads[i].Lane, rings[ring.Lane] = ring.Lane, ring
	}
	return leads, rings, nil
}

// wantedLanes are the values of leads that somebody of a ring can take, in the order of the leads.
func wantedLanes(claims []claim, values map[uuid.UUID]string, ring lead.Ring, who lead.Roster) (wanted []string) {
	seen := make(map[string]bool, len(claims))
	for _, c := range claims {
		if value, there := values[c.LeadID]; there && !seen[value] && ring.Takes(who, c.LeadID) {
			seen[value] = true
			wanted = append(wanted, value)
		}
	}
	return wanted
}

// openMissing has lanes be opened for values that have none, where the group may have more.
func (d *distribution) openMissing(ctx context.Context, t *Tx, g groupRing, values []string) (map[string]lead.Ring, error) {
	if len(values) == 0 {
		return nil, nil
	}
	var open int
	if err := sqlx.GetContext(ctx, t.q, &open, `
		SELECT count(*) FROM lanes WHERE workspace_id = $1 AND group_id = $2 AND since = $3`, d.workspace, g.GroupID, g.LanesSince); err != nil {
		return nil, translate(err)
	}
	if open >= lead.MaxLanes-1 {
		return nil, nil
	}
	opened, err := d.turnsOf.open(ctx, t, d.workspace, g.ringRow, values)
	for value, ring := range opened {
		ring.Debts = g.debts
		opened[value] = ring
	}
	return opened, err
}

// laneValues tells the values of leads by which they take their lanes of a ring. It looks up each lead, also where reading the whole table
// seems cheaper, and answers in one row, since many rows cost more to carry than to find.
func (q Queries) laneValues(ctx context.Context, workspace uuid.UUID, row ringRow, leads []uuid.UUID) (map[uuid.UUID]string, error) {
	var found struct {
		Leads  IDs            `db:"leads"`
		Values pq.StringArray `db:"values"`
	}
	if err := sqlx.GetContext(ctx, q.q, &found, `
		SELECT array_agg(n.lead_id) AS leads, array_agg(v.value) AS values FROM unnest($2::uuid[]) AS n (lead_id) CROSS JOIN LATERAL (
			SELECT `+laneValue(row.BalanceBy, "$3::text")+` AS value FROM leads l
			WHERE l.workspace_id = $1 AND l.lead_id = n.lead_id AND $3::text IS NOT NULL OFFSET 0) v`,
		workspace, uuids(leads), row.BalanceBy.Field()); err != nil {
		return nil, fmt.Errorf("reading by what %d leads take their lanes: %w", len(leads), translate(err))
	}
	values := make(map[uuid.UUID]string, len(found.Leads))
	for i, id := range found.Leads {
		values[id] = found.Values[i]
	}
	return values, nil
}

// lanesFor are the lanes that are open for values, by these. What a transaction has planned for may be rolled back with its ring, so that only
// what goes out now is looked up in, and remembered for, all transactions.
func (d *distribution) lanesFor(ctx context.Context, t *Tx, row ringRow, values []string) (map[string]openLane, error) {
	known := t.lanesKnown.of(d.workspace, row)
	if d.ahead {
		known = &knownLanes{lanes: make(map[string]openLane)}
	}
	open, missing := known.find(values)
	if len(missing) == 0 {
		return open, nil
	}
	var found []openLane
	if err := sqlx.SelectContext(ctx, t.q, &found, `
		SELECT n.value, n.lane, r.first_turn FROM lanes n
		JOIN lane_rings r ON r.workspace_id = $1 AND r.group_id = $2 AND r.version = $3 AND r.lane = n.lane
		WHERE n.workspace_id = $1 AND n.group_id = $2 AND n.since = $4 AND n.value = ANY($5::text[])`,
		d.workspace, row.GroupID, row.Version, row.LanesSince, texts(missing)); err != nil {
		return nil, fmt.Errorf("reading the lanes of group %s: %w", row.GroupID, translate(err))
	}
	known.add(found)
	for _, l := range found {
		open[l.Value] = l
	}
	return open, nil
}
