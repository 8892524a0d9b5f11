package store

import (
	"context"
	"errors"
	"maps"
	"slices"

	"github.com/google/uuid"

	"github.com/leadwheel/leadwheel/internal/lead"
	"github.com/leadwheel/leadwheel/store/cursor"
)

// dealtAtOnce bounds the leads that are dealt together when they are planned.
const dealtAtOnce = 2000

// dealAhead deals a group's turns to leads that go out later: each has its members from then on. Turns that come from
// the cursor are spent in the ledger. A lead that cannot be dealt is decided as refused.
func (t *Tx) dealAhead(ctx context.Context, workspace uuid.UUID, s schedule, turns turnsOf) ([]pendingLead, error) {
	pending := make([]pendingLead, 0, len(s.leads))
	planned := make(map[uuid.UUID][]uuid.UUID)
	for start := 0; start < len(s.leads); start += dealtAtOnce {
		claims, err := claimsFor(s.GroupID, s.leads[start:min(start+dealtAtOnce, len(s.leads))])
		if err != nil {
			return nil, err
		}
		for i, c := range claims {
			claims[i].SameAs = nullID(s.sameAs[c.LeadID])
		}
		d := distribution{
			turnsOf: turns, workspace: workspace, batch: uuid.New(), claims: claims, look: true, follow: s.sameAs != nil, planned: planned, ahead: true,
		}
		if err := d.decide(ctx, t); err != nil {
			return nil, err
		}
		if err := t.spend(ctx, &d); err != nil {
			return nil, err
		}
		decided := make(map[uuid.UUID][]decision, len(claims))
		for _, one := range d.decisions {
			decided[one.PendingID] = append(decided[one.PendingID], one)
		}
		for _, c := range claims {
			for i, one := range decided[c.PendingID] {
				id := uuid.Nil
				if i == 0 { // for which turns were passed over
					id = c.PendingID
				}
				pending = append(pending, pendingLead{
					id: id, lead: c.LeadID, group: s.GroupID, member: one.member, version: one.version, turn: one.turn,
					skipped: one.skipped, refused: one.reason,
				})
			}
		}
	}
	return pending, nil
}

// claimsFor gives leads as the dealing takes them.
func claimsFor(group uuid.UUID, leads []uuid.UUID) ([]claim, error) {
	claims := make([]claim, len(leads))
	for i, l := range leads {
		id, err := uuid.NewV7()
		if err != nil {
			return nil, err
		}
		claims[i] = claim{PendingID: id, LeadID: l, GroupID: nullID(group)}
	}
	return claims, nil
}

// spend writes the turns of a plan to the ledger, where they were drawn from the cursor; in a preview they were not.
func (t *Tx) spend(ctx context.Context, d *distribution) error {
	if !slices.ContainsFunc(d.draws, func(g draws) bool { return g.epoch != "" }) {
		return nil
	}
	t.draws = append(t.draws, d.draws...)
	from, args := unnest("t", []any{d.workspace, uuid.Nil}, turnColumns(d.turns)...)
	_, err := t.q.ExecContext(ctx, `
		INSERT INTO turns (workspace_id, group_id, version, turn, lead_id, passed_for)
		SELECT $1, group_id, version, turn, nullif(lead_id, $2), nullif(passed_for, $2) FROM `+from, args...)
	var broken *Violation
	if err = translate(err); errors.As(err, &broken) && broken.Constraint == "turns_pkey" {
		return d.blame(errTurnTaken)
	}
	return err
}

// A peek is a turnsOf for previews: it gives the turns that the ledger says come next, and spends nothing. A preview is of one group.
type peek struct {
	stands []lead.Stand
	opened map[string]lead.Ring
	last   uuid.UUID
	turns  []int64 // of the last batch
	tx     *Tx
}

// read reads where the ring's lanes stand, once.
func (p *peek) read(ctx context.Context, workspace, group uuid.UUID, version int) error {
	if p.stands != nil {
		return nil
	}
	row, err := p.tx.ring(ctx, workspace, group, version)
	if err != nil {
		return err
	}
	p.stands, err = p.tx.stands(ctx, workspace, row)
	return err
}

func (p *peek) draw(ctx context.Context, ring cursor.Ring, batch uuid.UUID, wants []cursor.Want) (string, []int64, error) {
	if err := p.read(ctx, ring.Workspace, ring.Group, ring.Version); err != nil {
		return "", nil, err
	}
	if batch != p.last {
		p.last, p.turns = batch, nil
	}
	for _, w := range wants {
		at := slices.IndexFunc(p.stands, func(s lead.Stand) bool { return s.Ring.Lane == w.Lane })
		position, had := &p.stands[at].Position, 0
		for _, turn := range p.turns {
			had += oneIf(p.stands[at].Ring.LaneOf(turn) == w.Lane)
		}
		for ; had < w.N; had++ {
			if len(position.Free) > 0 {
				p.turns, position.Free = append(p.turns, position.Free[0]), position.Free[1:]
				continue
			}
			p.turns = append(p.turns, position.Next)
			position.Next++
		}
	}
	return "", p.turns, nil
}

// open implements turnsOf: the lanes are there for the preview alone.
func (p *peek) open(ctx context.Context, _ *Tx, workspace uuid.UUID, row ringRow, values []string) (map[string]lead.Ring, error) {
	if err := p.read(ctx, workspace, row.GroupID, row.Version); err != nil {
		return nil, err
	}
	var tally *lead.LaneTally
	for _, value := range values {
		if _, known := p.opened[value]; known || len(p.stands) >= lead.MaxLanes {
			continue
		}
		if tally == nil {
			tally = lead.NewLaneTally(p.stands)
		}
		open := make([]Lane, len(p.stands))
		for i, s := range p.stands {
			open[i].Number = s.Ring.Lane
		}
		ring := tally.Open(p.stands[0].Ring, freeLanes(open, 1)[0])
		p.stands = append(p.stands, lead.Stand{Ring: ring, Position: lead.Position{Next: ring.First}})
		p.opened[value] = ring
	}
	return maps.Clone(p.opened), nil
}
