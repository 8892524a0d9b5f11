package store

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"github.com/google/uuid"
	"github.com/jmoiron/sqlx"

	"github.com/leadwheel/leadwheel/internal/lead"
)

// A Distribution says who gets a lead, the next receiver of a group or each of some members, and when: now, where it has
// neither Pace nor At. The zero value means nobody.
type Distribution struct {
	GroupID   uuid.UUID
	MemberIDs []uuid.UUID
	// Pace spreads leads over days; At is one time for all. At most one of them is set.
	Pace lead.Pace
	At   time.Time
	// Seed is that of a preview whose plan is wanted, 0 for a plan of its own.
	Seed lead.Seed
}

// Scheduled reports whether the lead goes out at a planned time rather than now.
func (d Distribution) Scheduled() bool { return d.Pace != "" || !d.At.IsZero() }

// same reports whether leads of both can be planned as one.
func (d Distribution) same(other Distribution) bool {
	return d.GroupID == other.GroupID && slices.Equal(d.MemberIDs, other.MemberIDs) &&
		d.Pace == other.Pace && d.At.Equal(other.At) && d.Seed == other.Seed
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
	// Channel is the way it came in by: api, import, queue or an integration's kind.
	Channel string
	// Origin says whose external ids these are. With it an ExternalID is unique in the workspace.
	Origin, ExternalID string
	Distribute         Distribution
	// IntegrationID is the integration that delivered it.
	IntegrationID uuid.UUID
	// Test leads are stored, and never distributed.
	Test bool
	// Attribution and Consent are JSON objects of what brought the lead in, and of what the person agreed to.
	Attribution, Consent json.RawMessage
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
	w, err := t.Workspace(ctx, workspace)
	if err != nil {
		return nil, nil, err
	}
	if err := t.lockDuplicates(ctx, w); err != nil {
		return nil, nil, err
	}
	added, err := t.insertLeads(ctx, w, leads)
	if err != nil {
		return nil, nil, fmt.Errorf("storing %d leads: %w", len(leads), err)
	}
	rejected, followed, err := t.noteDuplicates(ctx, w, added)
	if err != nil {
		return nil, nil, fmt.Errorf("looking for duplicates of %d leads: %w", len(leads), err)
	}
	if err := t.tellReceived(ctx, workspace, added); err != nil {
		return nil, nil, err
	}
	var pending []pendingLead
	var schedules []schedule
	for i, a := range added {
		d := leads[i].Distribute
		_, refused := rejected[a.ID]
		switch {
		case a.Existing:
		case d.Scheduled() && !refused:
			schedules = addTo(schedules, d, a.ID, followed)
		default:
			for _, p := range decisionsFor(a.ID, d) {
				if p.sameAs = followed[a.ID]; refused {
					p.refused = lead.Duplicate
				}
				pending = append(pending, p)
			}
		}
	}
	if !w.LeadsDistribution {
		refuse(pending)
	}
	batches, err := t.addPending(ctx, workspace, queue, pending)
	if err != nil {
		return added, batches, err
	}
	due, err := t.scheduleAll(ctx, w, schedules)
	return added, append(batches, due...), err
}

// scheduleAll plans leads as each schedule says, and gives the batches of what is due soon.
func (t *Tx) scheduleAll(ctx context.Context, w Workspace, schedules []schedule) (batches []Batch, err error) {
	for _, s := range schedules {
		_, due, err := t.schedule(ctx, w, s, uuid.Nil)
		if err != nil {
			return batches, err
		}
		batches = append(batches, due...)
	}
	return batches, nil
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
func (t *Tx) insertLeads(ctx context.Context, w Workspace, leads []NewLead) ([]AddedLead, error) {
	c, err := t.columnsOf(w, leads)
	if err != nil {
		return nil, err
	}
	if err := t.recogniseErased(ctx, w.ID, leads, c.externals); err != nil {
		return nil, err
	}
	var inserted []uuid.UUID
	if err := sqlx.SelectContext(ctx, t.q, &inserted, `
		INSERT INTO leads (workspace_id, lead_id, name, email, phone, fields, source_id, channel, origin, external_id,
			decisions, phone_e164, email_key, words, integration_id, test, attribution,
			consent, created_at, updated_at)
		SELECT $1, lead_id, nullif(name, ''), nullif(email, ''), nullif(phone, ''), fields, nullif(source_id, $2), channel,
			origin, nullif(external_id, ''), decisions, nullif(e164, ''), nullif(email_key, ''),
			array_to_tsvector(string_to_array(words, ' ')), nullif(integration_id, $2), coalesce(test, 0) = 1, attribution, consent,
			$3, $3
		FROM unnest($4::uuid[], $5::text[], $6::text[], $7::text[], $8::jsonb[], $9::uuid[], $10::text[], $11::text[],
			$12::text[], $13::int[], $14::text[], $15::text[], $16::text[], $17::uuid[], $18::int[],
			$19::jsonb[], $20::jsonb[]) WITH ORDINALITY
			AS n (lead_id, name, email, phone, fields, source_id, channel, origin, external_id, decisions, e164, email_key,
				words, integration_id, test, attribution, consent, place)
		ORDER BY origin, external_id, place -- the same in every transaction, or two could wait for each other
		ON CONFLICT (workspace_id, origin, external_id) WHERE external_id IS NOT NULL DO NOTHING
		RETURNING lead_id`,
		w.ID, uuid.Nil, t.now(), uuids(c.ids), texts(c.names), texts(c.emails), texts(c.phones), jsonbs(c.fields),
		uuids(c.sources), texts(c.channels), texts(c.origins), texts(c.externals), ints(c.decisions), texts(c.e164s),
		texts(c.emailKeys), texts(c.words), uuids(unlessEmpty(c.integrations)), ints(unlessEmpty(c.tests)),
		jsonbs(unlessEmpty(c.attributions)), jsonbs(unlessEmpty(c.consents))); err != nil {
		return nil, translate(err)
	}
	added := make([]AddedLead, len(leads))
	for i, id := range c.ids {
		added[i].ID = id
	}
	if len(inserted) == len(leads) {
		return added, nil
	}
	return added, t.findExisting(ctx, w.ID, leads, c.externals, inserted, added)
}

// findExisting puts the ids of the leads that are there in the place of those that were not inserted.
func (t *Tx) findExisting(ctx context.Context, workspace uuid.UUID, leads []NewLead, ids []string, inserted []uuid.UUID, added []AddedLead) error {
	fresh := make(map[uuid.UUID]bool, len(inserted))
	for _, id := range inserted {
		fresh[id] = true
	}
	var origins, externals []string
	var places []int
	for i := range added {
		if !fresh[added[i].ID] {
			origins, externals, places = append(origins, leads[i].Origin), append(externals, ids[i]), append(places, i)
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
	ids, sources, integrations                                  []uuid.UUID
	names, emails, phones, fields, channels, origins, externals []string
	e164s, emailKeys, words                                     []string
	attributions, consents                                      []string
	decisions, tests                                            []int
}

func (t *Tx) columnsOf(w Workspace, leads []NewLead) (leadColumns, error) {
	var c leadColumns
	for _, l := range leads {
		id, err := t.newID()
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
		c.decisions, c.tests = append(c.decisions, l.Distribute.Decisions()), append(c.tests, oneIf(l.Test))
		c.integrations = append(c.integrations, l.IntegrationID)
		c.attributions, c.consents = append(c.attributions, string(l.Attribution)), append(c.consents, string(l.Consent))
		keys := keysOf(w.ID, w.Region, l.Name, l.Email, l.Phone)
		c.e164s, c.emailKeys, c.words = append(c.e164s, keys.e164), append(c.emailKeys, keys.email), append(c.words, keys.words)
	}
	return c, nil
}

// oneIf is 1 where b holds, else 0.
func oneIf(b bool) int {
	if b {
		return 1
	}
	return 0
}
