package store

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/jmoiron/sqlx"

	"github.com/leadwheel/leadwheel/internal/lead"
)

// A Distribution says who gets a lead: the next receiver of a group, or each of some members. The zero value means
// nobody.
type Distribution struct {
	GroupID   uuid.UUID
	MemberIDs []uuid.UUID
}

// None reports whether nobody gets the lead.
func (d Distribution) None() bool { return d.GroupID == uuid.Nil && len(d.MemberIDs) == 0 }

// Decisions is the number of pending leads that one lead needs.
func (d Distribution) Decisions() int {
	if d.GroupID != uuid.Nil {
		return 1
	}
	return len(d.MemberIDs)
}

// A NewLead is a lead on its way in. Empty text and nil ids mean that there is none.
type NewLead struct {
	Name, Email, Phone string
	// Fields is a JSON object; nil means empty.
	Fields   json.RawMessage
	SourceID uuid.UUID
	// Channel is the way it came in by: api, import or queue.
	Channel string
	// Origin says whose external ids these are. With it an ExternalID is unique in the workspace.
	Origin, ExternalID string
	Distribute         Distribution
}

// An AddedLead answers for a NewLead. Existing means that its external id was there already, under this ID, and that
// nothing was written for it.
type AddedLead struct {
	ID       uuid.UUID
	Existing bool
}

// AddLeads stores leads and, in the same transaction, the decisions to distribute them, cut into batches for queue. It
// answers in order. Where the workspace's distribution is switched off the leads are stored all the same, and each
// decision ends as feature_disabled in history. Give the batches to the queue once the transaction has committed.
func (t *Tx) AddLeads(ctx context.Context, workspace uuid.UUID, queue lead.Queue, leads []NewLead) ([]AddedLead, []Batch, error) {
	if len(leads) == 0 {
		return nil, nil, nil
	}
	added, err := t.insertLeads(ctx, workspace, leads)
	if err != nil {
		return nil, nil, fmt.Errorf("storing %d leads: %w", len(leads), err)
	}
	var pending []pendingLead
	for i, a := range added {
		if !a.Existing {
			pending = append(pending, decisionsFor(a.ID, leads[i].Distribute)...)
		}
	}
	if len(pending) == 0 {
		return added, nil, nil
	}
	w, err := t.Workspace(ctx, workspace)
	if err != nil {
		return nil, nil, err
	}
	if !w.LeadsDistribution {
		for i := range pending {
			pending[i].refused = lead.FeatureDisabled
		}
	}
	batches, err := t.addPending(ctx, workspace, queue, lead.Immediate, t.now(), pending)
	return added, batches, err
}

// decisionsFor lists the pending leads that a distribution of a lead needs.
func decisionsFor(id uuid.UUID, d Distribution) []pendingLead {
	if d.GroupID != uuid.Nil {
		return []pendingLead{{lead: id, group: d.GroupID}}
	}
	pending := make([]pendingLead, len(d.MemberIDs))
	for i, m := range d.MemberIDs {
		pending[i] = pendingLead{lead: id, member: m}
	}
	return pending
}

// insertLeads inserts those leads whose external id is new, and finds the others. Where one external id stands in leads
// twice, the first is inserted.
func (t *Tx) insertLeads(ctx context.Context, workspace uuid.UUID, leads []NewLead) ([]AddedLead, error) {
	c, err := columnsOf(leads)
	if err != nil {
		return nil, err
	}
	var inserted []uuid.UUID
	if err := sqlx.SelectContext(ctx, t.q, &inserted, `
		INSERT INTO leads (workspace_id, lead_id, name, email, phone, fields, source_id, channel, origin, external_id,
			decisions, created_at, updated_at)
		SELECT $1, lead_id, nullif(name, ''), nullif(email, ''), nullif(phone, ''), fields, nullif(source_id, $2), channel,
			origin, nullif(external_id, ''), decisions, $3, $3
		FROM unnest($4::uuid[], $5::text[], $6::text[], $7::text[], $8::jsonb[], $9::uuid[], $10::text[], $11::text[],
			$12::text[], $13::int[]) WITH ORDINALITY
			AS n (lead_id, name, email, phone, fields, source_id, channel, origin, external_id, decisions, place)
		ORDER BY origin, external_id, place -- the same in every transaction, or two could wait for each other
		ON CONFLICT (workspace_id, origin, external_id) WHERE external_id IS NOT NULL DO NOTHING
		RETURNING lead_id`,
		workspace, uuid.Nil, t.now(), uuids(c.ids), texts(c.names), texts(c.emails), texts(c.phones), jsonbs(c.fields),
		uuids(c.sources), texts(c.channels), texts(c.origins), texts(c.externals), ints(c.decisions)); err != nil {
		return nil, translate(err)
	}
	added := make([]AddedLead, len(leads))
	for i, id := range c.ids {
		added[i].ID = id
	}
	if len(inserted) == len(leads) {
		return added, nil
	}
	return added, t.findExisting(ctx, workspace, leads, inserted, added)
}

// findExisting puts the ids of the leads that are there in the place of those that were not inserted.
func (t *Tx) findExisting(ctx context.Context, workspace uuid.UUID, leads []NewLead, inserted []uuid.UUID, added []AddedLead) error {
	fresh := make(map[uuid.UUID]bool, len(inserted))
	for _, id := range inserted {
		fresh[id] = true
	}
	var origins, externals []string
	var places []int
	for i := range added {
		if !fresh[added[i].ID] {
			origins, externals, places = append(origins, leads[i].Origin), append(externals, leads[i].ExternalID), append(places, i)
		}
	}
	var rows []struct {
		Place int       `db:"place"`
		ID    uuid.UUID `db:"lead_id"`
	}
	if err := sqlx.SelectContext(ctx, t.q, &rows, `
		SELECT n.place, l.lead_id
		FROM unnest($2::text[], $3::text[]) WITH ORDINALITY AS n (origin, external_id, place)
		JOIN leads l ON l.workspace_id = $1 AND l.origin = n.origin AND l.external_id = n.external_id`,
		workspace, texts(origins), texts(externals)); err != nil {
		return translate(err)
	}
	if len(rows) != len(places) {
		return fmt.Errorf("found %d of %d leads by their external ids: %w", len(rows), len(places), ErrNotFound)
	}
	for _, r := range rows {
		added[places[r.Place-1]] = AddedLead{ID: r.ID, Existing: true}
	}
	return nil
}

// leadColumns are new leads, a slice a column.
type leadColumns struct {
	ids, sources                                                []uuid.UUID
	names, emails, phones, fields, channels, origins, externals []string
	decisions                                                   []int
}

func columnsOf(leads []NewLead) (leadColumns, error) {
	var c leadColumns
	for _, l := range leads {
		id, err := uuid.NewV7()
		if err != nil {
			return c, err
		}
		fields := "{}"
		if len(l.Fields) > 0 {
			fields = string(l.Fields)
		}
		c.ids, c.sources = append(c.ids, id), append(c.sources, l.SourceID)
		c.names, c.emails, c.phones = append(c.names, l.Name), append(c.emails, l.Email), append(c.phones, l.Phone)
		c.fields, c.channels = append(c.fields, fields), append(c.channels, l.Channel)
		c.origins, c.externals = append(c.origins, l.Origin), append(c.externals, l.ExternalID)
		c.decisions = append(c.decisions, l.Distribute.Decisions())
	}
	return c, nil
}

// pendingLead is a decision that is about to be written: a lead for a group or a member.
type pendingLead struct {
	lead, group, member, assignment, retryOf uuid.UUID
	refused                                  lead.Reason
}

// addPending writes decisions, due at the given time, and the batches that hold them.
func (t *Tx) addPending(ctx context.Context, workspace uuid.UUID, queue lead.Queue, trigger lead.Trigger, due time.Time, pending []pendingLead) ([]Batch, error) {
	batches, err := t.insertBatches(ctx, workspace, queue, due, len(pending))
	if err != nil || len(batches) == 0 {
		return nil, err
	}
	const part = 20 * lead.MaxBatch // bounds the memory that a large request takes
	for start := 0; start < len(pending); start += part {
		end := min(start+part, len(pending))
		if err := t.insertPending(ctx, workspace, trigger, due, pending[start:end], batches[start/lead.MaxBatch:]); err != nil {
			return nil, fmt.Errorf("storing %d pending leads: %w", len(pending), translate(err))
		}
	}
	return batches, nil
}

func (t *Tx) insertPending(ctx context.Context, workspace uuid.UUID, trigger lead.Trigger, due time.Time, pending []pendingLead, batches []Batch) error {
	var columns [7][]uuid.UUID // pending, batch, lead, group, member, assignment, retried history
	for i := range columns {
		columns[i] = make([]uuid.UUID, len(pending))
	}
	refused := make([]string, len(pending))
	for i, p := range pending {
		id, err := uuid.NewV7()
		if err != nil {
			return err
		}
		for k, v := range [...]uuid.UUID{id, batches[i/lead.MaxBatch].ID, p.lead, p.group, p.member, p.assignment, p.retryOf} {
			columns[k][i] = v
		}
		refused[i] = string(p.refused)
	}
	args := []any{workspace, uuid.Nil, trigger, due, t.now()}
	for _, c := range columns {
		args = append(args, uuids(c))
	}
	args = append(args, texts(refused))
	_, err := t.q.ExecContext(ctx, `
		INSERT INTO pending_leads (workspace_id, pending_id, batch_id, lead_id, group_id, member_id, assignment_id, retry_of,
			refused, trigger, due_at, accepted_at)
		SELECT $1, p.pending_id, p.batch_id, p.lead_id, nullif(p.group_id, $2), nullif(p.member_id, $2),
			nullif(p.assignment_id, $2), nullif(p.retry_of, $2), nullif(p.refused, ''), $3, $4, $5
		FROM unnest($6::uuid[], $7::uuid[], $8::uuid[], $9::uuid[], $10::uuid[], $11::uuid[], $12::uuid[], $13::text[])
			AS p (pending_id, batch_id, lead_id, group_id, member_id, assignment_id, retry_of, refused)`, args...)
	return err
}
