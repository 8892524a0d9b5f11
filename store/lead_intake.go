package store

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/jmoiron/sqlx"

	"github.com/leadwheel/leadwheel/internal/contact"
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
	// Guessed says what of it was told by its content alone, or does not fit, in sentences for the event that brought it; it is not
	// stored with the lead.
	Guessed string
}

// An AddedLead answers for a NewLead. Existing means that its external id was there already, under this ID, and that
// nothing was written for it.
type AddedLead struct {
	ID       uuid.UUID
	Existing bool
	// Erased is set where the lead that is there was of a person whose data was erased: nothing comes in under its id.
	Erased bool
	// Beside is the lead of another person that came in under the same external id, nil for most.
	Beside uuid.UUID
}

// AddLeads stores leads and, in the same transaction, the decisions to distribute them, cut into batches for queue. It
// answers in order. Where the workspace's distribution is switched off the leads are stored all the same, and each
// decision ends as feature_disabled in history.
func (t *Tx) AddLeads(ctx context.Context, workspace uuid.UUID, queue lead.Queue, leads []NewLead) ([]AddedLead, error) {
	if len(leads) == 0 {
		return nil, nil
	}
	leads = plain(leads)
	w, err := t.Workspace(ctx, workspace)
	if err != nil {
		return nil, err
	}
	if w.Policy != AllowDuplicates {
		if err := t.take(ctx, lockDuplicates, w.ID); err != nil {
			return nil, err
		}
	}
	added, err := t.insertLeads(ctx, w, leads)
	if err != nil {
		return nil, fmt.Errorf("storing %d leads: %w", len(leads), err)
	}
	rejected, followed, err := t.noteDuplicates(ctx, w, added)
	if err != nil {
		return nil, fmt.Errorf("looking for duplicates of %d leads: %w", len(leads), err)
	}
	if err := t.tellReceived(ctx, workspace, added); err != nil {
		return nil, err
	}
	pending, schedules := decided(leads, added, rejected, followed)
	if !w.LeadsDistribution {
		refuse(pending)
	}
	if err := t.addPending(ctx, workspace, queue, pending); err != nil {
		return nil, err
	}
	for _, s := range schedules {
		if _, err := t.schedule(ctx, w, s, uuid.Nil); err != nil {
			return nil, err
		}
	}
	t.receive(leads, added)
	return added, nil
}

// decided are the decisions that new leads need: those that take effect now, and those to be planned. Leads of followed go to
// the members who have the earlier lead of the same person.
func decided(leads []NewLead, added []AddedLead, rejected, followed map[uuid.UUID]uuid.UUID) (pending []pendingLead, schedules []schedule) {
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
	return pending, schedules
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

// plain are leads without what other programs put around their texts, and without ids that are none.
func plain(leads []NewLead) []NewLead {
	leads = slices.Clone(leads)
	for i := range leads {
		l := &leads[i]
		l.Name, l.Email, l.Phone = contact.Unguard(l.Name), contact.Unguard(l.Email), contact.Number(l.Phone)
		id := contact.ID(l.ExternalID)
		if id == "" && l.ExternalID != "" && strings.HasPrefix(l.Origin, queueOrigin) {
			id = contentID(*l)
		}
		l.ExternalID = id
	}
	return leads
}

// queueOrigin begins the origins of leads that come through the queue. It may bring them twice, so that they are never
// without an id: where theirs is none, their content is it.
const queueOrigin = "queue:"

func contentID(l NewLead) string {
	sum := sha256.New()
	for _, text := range []string{l.ExternalID, l.Name, l.Email, l.Phone, string(l.Fields)} {
		fmt.Fprintf(sum, "%d %s", len(text), text)
	}
	return "content:" + hex.EncodeToString(sum.Sum(nil)[:16])
}

// insertLeads inserts those leads whose external id is new, or another person's, and finds the others.
func (t *Tx) insertLeads(ctx context.Context, w Workspace, leads []NewLead) ([]AddedLead, error) {
	c, err := t.columnsOf(w, leads)
	if err != nil {
		return nil, err
	}
	if err := t.recogniseErased(ctx, w.ID, leads, c.externals); err != nil {
		return nil, err
	}
	inserted, err := t.insertRows(ctx, w.ID, c)
	if err != nil {
		return nil, err
	}
	added := make([]AddedLead, len(leads))
	places := make([]int, len(leads))
	for i, id := range c.ids {
		added[i].ID, places[i] = id, i
	}
	if len(inserted) == len(leads) {
		return added, nil
	}
	return added, t.settleKnown(ctx, w, leads, c, missing(places, c.ids, inserted), added)
}

// insertRows inserts those leads whose external id nobody holds, and returns their ids. Where one external id stands in
// them twice, the first is inserted.
func (t *Tx) insertRows(ctx context.Context, workspace uuid.UUID, c leadColumns) ([]uuid.UUID, error) {
	var inserted []uuid.UUID
	err := sqlx.SelectContext(ctx, t.q, &inserted, `
		INSERT INTO leads (workspace_id, lead_id, name, email, phone, fields, source_id, channel, origin, external_id, also_id,
			decisions, phone_e164, email_key, words, integration_id, test, attribution,
			consent, created_at, updated_at)
		SELECT $1, lead_id, nullif(name, ''), nullif(email, ''), nullif(phone, ''), fields, nullif(source_id, $2), channel,
			origin, nullif(external_id, ''), nullif(also_id, ''), decisions, nullif(e164, ''), nullif(email_key, ''),
			array_to_tsvector(string_to_array(words, ' ')), nullif(integration_id, $2), coalesce(test, 0) = 1, attribution, consent,
			$3, $3
		FROM unnest($4::uuid[], $5::text[], $6::text[], $7::text[], $8::jsonb[], $9::uuid[], $10::text[], $11::text[],
			$12::text[], $13::int[], $14::text[], $15::text[], $16::text[], $17::uuid[], $18::int[],
			$19::jsonb[], $20::jsonb[], $21::text[]) WITH ORDINALITY
			AS n (lead_id, name, email, phone, fields, source_id, channel, origin, external_id, decisions, e164, email_key,
				words, integration_id, test, attribution, consent, also_id, place)
		ORDER BY origin, external_id, place -- the same in every transaction, or two could wait for each other
		ON CONFLICT (workspace_id, origin, external_id) WHERE external_id IS NOT NULL DO NOTHING
		RETURNING lead_id`,
		workspace, uuid.Nil, t.now(), uuids(c.ids), texts(c.names), texts(c.emails), texts(c.phones), jsonbs(c.fields),
		uuids(c.sources), texts(c.channels), texts(c.origins), texts(c.externals), ints(c.decisions), texts(c.e164s),
		texts(c.emailKeys), texts(c.words), uuids(unlessEmpty(c.integrations)), ints(unlessEmpty(c.tests)),
		jsonbs(unlessEmpty(c.attributions)), jsonbs(unlessEmpty(c.consents)), texts(unlessEmpty(c.also)))
	return inserted, translate(err)
}

// leadColumns are new leads, a slice a column.
type leadColumns struct {
	ids, sources, integrations                                  []uuid.UUID
	names, emails, phones, fields, channels, origins, externals []string
	also                                                        []string // external ids that another lead holds
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
		c.origins, c.externals, c.also = append(c.origins, l.Origin), append(c.externals, l.ExternalID), append(c.also, "")
		c.decisions, c.tests = append(c.decisions, l.Distribute.Decisions()), append(c.tests, oneIf(l.Test))
		c.integrations = append(c.integrations, l.IntegrationID)
		c.attributions, c.consents = append(c.attributions, string(l.Attribution)), append(c.consents, string(l.Consent))
		keys := keysOf(w.ID, w.Region, l.Name, l.Email, l.Phone)
		c.e164s, c.emailKeys, c.words = append(c.e164s, keys.e164), append(c.emailKeys, keys.email), append(c.words, keys.words)
	}
	return c, nil
}

// pick gives some of the leads.
func (c leadColumns) pick(places []int) leadColumns {
	return leadColumns{
		ids: pick(c.ids, places), sources: pick(c.sources, places), integrations: pick(c.integrations, places),
		names: pick(c.names, places), emails: pick(c.emails, places), phones: pick(c.phones, places),
		fields: pick(c.fields, places), channels: pick(c.channels, places), origins: pick(c.origins, places),
		externals: pick(c.externals, places), also: pick(c.also, places), e164s: pick(c.e164s, places),
		emailKeys: pick(c.emailKeys, places), words: pick(c.words, places), attributions: pick(c.attributions, places),
		consents: pick(c.consents, places), decisions: pick(c.decisions, places), tests: pick(c.tests, places),
	}
}

func pick[T any](from []T, places []int) []T {
	picked := make([]T, len(places))
	for i, place := range places {
		picked[i] = from[place]
	}
	return picked
}

// oneIf is 1 where b holds, else 0.
func oneIf(b bool) int {
	if b {
		return 1
	}
	return 0
}
