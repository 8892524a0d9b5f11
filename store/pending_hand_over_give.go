package store

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/google/uuid"
	"github.com/jmoiron/sqlx"

	"github.com/leadwheel/leadwheel/internal/lead"
)

// plannedLead is a planned lead on its way.
type plannedLead struct {
	pacedLead
	Lead  uuid.UUID     `db:"lead_id"`
	Group uuid.NullUUID `db:"group_id"`
}

// run spreads all the leads, a part at a time, the soonest first. One that was given a later time may be met again.
func (h *handOver) run(ctx context.Context) (n int, err error) {
	var last plannedLead
	met := make(map[uuid.UUID]bool)
	for {
		part, err := h.next(ctx, last)
		if err != nil || len(part) == 0 {
			return n, err
		}
		last = part[len(part)-1]
		part = slices.DeleteFunc(part, func(l plannedLead) bool { return met[l.ID] })
		given, err := h.give(ctx, part)
		if err != nil {
			return n, err
		}
		for _, l := range part {
			met[l.ID] = true
		}
		n += given
	}
}

// next locks the next part of the leads, and returns it with the soonest first.
func (h *handOver) next(ctx context.Context, last plannedLead) ([]plannedLead, error) {
	condition, args := h.where()
	n := len(args) + 1
	args = append(append([]any{h.w.ID}, args...), last.Due, last.ID, MaxSelected)
	var part []plannedLead
	err := sqlx.SelectContext(ctx, h.t.q, &part, fmt.Sprintf(`
		SELECT p.pending_id, p.lead_id, p.group_id, p.member_id, coalesce(p.pace, '') AS pace, p.due_at FROM pending_leads p
		WHERE %[1]s AND p.pending_id = ANY(ARRAY(
			SELECT pending_id FROM pending_leads p WHERE %[1]s AND (due_at, pending_id) > ($%[2]d, $%[3]d)
			ORDER BY due_at, pending_id LIMIT $%[4]d))
		ORDER BY p.pending_id FOR UPDATE OF p`, condition, n+1, n+2, n+3), args...)
	slices.SortFunc(part, func(a, b plannedLead) int {
		if c := a.Due.Compare(b.Due); c != 0 {
			return c
		}
		return slices.Compare(a.ID[:], b.ID[:])
	})
	return part, translate(err)
}

// give finds each lead its member and its time, and returns how many found one.
func (h *handOver) give(ctx context.Context, part []plannedLead) (int, error) {
	if err := h.readHeld(ctx, part); err != nil {
		return 0, err
	}
	byPace := make(map[lead.Pace]*shares[plannedLead])
	var anew []plannedLead // what has no new time yet
	for _, l := range part {
		to, err := h.receiverOf(ctx, l)
		if err != nil {
			return 0, err
		}
		if to == nil {
			continue
		}
		if byPace[l.Pace] == nil {
			byPace[l.Pace] = &shares[plannedLead]{}
		}
		byPace[l.Pace].add(to.id, l)
		anew = append(anew, l)
	}
	n := len(anew)
	now := h.t.now()
	for _, pace := range append([]lead.Pace{""}, lead.Paces[:]...) {
		share := byPace[pace]
		if share == nil {
			continue
		}
		var times [][]time.Time
		if pace != "" {
			except := make([]uuid.UUID, len(anew))
			for i, l := range anew {
				except[i] = l.ID
			}
			var err error
			if times, err = share.plan(ctx, h.t, h.w, pace, now, newSeed(now), except); err != nil {
				return 0, err
			}
		}
		if err := h.move(ctx, share, times); err != nil {
			return 0, err
		}
		anew = slices.DeleteFunc(anew, func(l plannedLead) bool { return l.Pace == pace })
	}
	return n, nil
}

// receiverOf is who gets a lead: of those who can, the one who was given the least for their weight.
func (h *handOver) receiverOf(ctx context.Context, l plannedLead) (*receiver, error) {
	all := h.chosen
	if all == nil && l.Group.Valid {
		var err error
		if all, err = h.receivers(ctx, l.Group.UUID); err != nil {
			return nil, err
		}
	}
	own := holding{l.Lead, l.Member}
	h.held[own]-- // it is to be somebody's anew, and may be the same one's
	var best *receiver
	for _, r := range all {
		if h.held[holding{l.Lead, r.id}] == 0 && (best == nil || r.given*best.weight < best.given*r.weight) {
			best = r
		}
	}
	if best == nil {
		h.held[own]++
		return nil, nil
	}
	best.given++
	h.held[holding{l.Lead, best.id}]++
	return best, nil
}

// readHeld reads who has the leads, or is to get them.
func (h *handOver) readHeld(ctx context.Context, part []plannedLead) error {
	leads := make([]uuid.UUID, len(part))
	for i, l := range part {
		leads[i] = l.Lead
	}
	copies := make(map[holding]bool)
	if err := h.t.readHoldings(ctx, h.w.ID, leads, copies); err != nil {
		return err
	}
	h.held = make(map[holding]int)
	for one := range copies {
		h.held[one]++
	}
	var rows []holding
	if err := sqlx.SelectContext(ctx, h.t.q, &rows, `
		SELECT lead_id AS source_lead_id, member_id FROM pending_leads
		WHERE workspace_id = $1 AND lead_id = ANY($2::uuid[]) AND member_id IS NOT NULL`, h.w.ID, uuids(leads)); err != nil {
		return fmt.Errorf("reading who is to get the leads: %w", translate(err))
	}
	for _, one := range rows {
		h.held[one]++
	}
	return nil
}

// move writes a share: leads without times keep theirs.
func (h *handOver) move(ctx context.Context, share *shares[plannedLead], times [][]time.Time) error {
	var ids, to []uuid.UUID
	var due []time.Time
	for i, leads := range share.of {
		for k, l := range leads {
			at := l.Due
			if times != nil {
				at = times[i][k]
			}
			ids, to, due = append(ids, l.ID), append(to, share.members[i].MemberID), append(due, at)
		}
	}
	for start := 0; start < len(ids); start += pendingPart {
		end := min(start+pendingPart, len(ids))
		if _, err := h.t.q.ExecContext(ctx, `
			UPDATE pending_leads p SET member_id = n.member_id, due_at = n.due_at,
				moved_from = nullif(coalesce(p.moved_from, p.member_id), n.member_id),
				batch_id = CASE WHEN p.due_at = n.due_at THEN p.batch_id END
			FROM unnest($2::uuid[], $3::uuid[], $4::timestamptz[]) AS n (pending_id, member_id, due_at)
			WHERE p.workspace_id = $1 AND p.pending_id = n.pending_id`,
			h.w.ID, uuids(ids[start:end]), uuids(to[start:end]), timestamps(due[start:end])); err != nil {
			return translate(err)
		}
	}
	return nil
}
