package store

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"github.com/google/uuid"
	"github.com/jmoiron/sqlx"

	"github.com/leadwheel/leadwheel/internal/lead"
	"github.com/leadwheel/leadwheel/internal/route"
)

// A Distribution says who gets a lead, the next receiver of a group or each of some members, and when: now, where it has
// neither Pace nor At. The zero value means nobody.
type Distribution struct {
	GroupID   uuid.UUID
	MemberIDs []uuid.UUID
	// Route has the workspace's rules say which group it is.
	Route bool
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
	return d.GroupID == other.GroupID && d.Route == other.Route && slices.Equal(d.MemberIDs, other.MemberIDs) &&
		d.Pace == other.Pace && d.At.Equal(other.At) && d.Seed == other.Seed
}

// None reports whether nobody gets the lead.
func (d Distribution) None() bool {
	return d.GroupID == uuid.Nil && len(d.MemberIDs) == 0 && !d.Route
}

// Decisions is the number of pending leads that one lead needs.
func (d Distribution) Decisions() int {
	if d.GroupID != uuid.Nil || d.Route {
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
	// ImportID is the import that it comes in with.
	ImportID uuid.UUID
	// Test leads are stored, and never distributed.
	Test bool
	// Attribution and Consent are JSON objects of what brought the lead in, and of what the person agreed to.
	Attribution, Consent json.RawMessage
	// Guessed says what of it was told by its content alone, or does not fit, in sentences for the event that brought it; it is not
	// stored with the lead.
	Guessed string

	// keys are what it is found by and matched with, nil where that is not worked out yet: see Ready.
	keys *contactKeys
	// verdict is what the rules say of it, nil where they are not asked.
	verdict *route.Verdict
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
	w, err := t.Workspace(ctx, workspace)
	if err != nil {
		return nil, err
	}
	leads = w.allReady(leads)
	if err := t.route(ctx, w, leads); err != nil {
		return nil, fmt.Errorf("asking the rules about %d leads: %w", len(leads), err)
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
		case d.Scheduled() && !refused && !d.Route:
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

// decisionsFor lists the pending leads that a distribution of a lead needs. What still is to go by the rules, no rule takes.
func decisionsFor(id uuid.UUID, d Distribution) []pendingLead {
	switch {
	case d.GroupID != uuid.Nil:
		return []pendingLead{{lead: id, group: d.GroupID}}
	case d.Route:
		return []pendingLead{{lead: id, refused: lead.NoRule}}
	}
	pending := make([]pendingLead, len(d.MemberIDs))
	for i, m := range d.MemberIDs {
		pending[i] = pendingLead{lead: id, member: m}
	}
	return pending
}

// insertLeads inserts those leads whose external id is new, or another person's, and finds the others.
func (t *Tx) insertLeads(ctx context.Context, w Workspace, leads []NewLead) ([]AddedLead, error) {
	rows, err := t.leadRows(leads)
	if err != nil {
		return nil, err
	}
	if err := t.recogniseErased(ctx, w.ID, rows); err != nil {
		return nil, err
	}
	inserted, err := t.insertRows(ctx, w.ID, rows)
	if err != nil {
		return nil, err
	}
	added := make([]AddedLead, len(leads))
	places := make([]int, len(leads))
	for i, r := range rows {
		added[i].ID, places[i] = r.id, i
	}
	if len(inserted) == len(leads) {
		return added, nil
	}
	return added, t.settleKnown(ctx, w, leads, rows, missing(places, rows, inserted), added)
}

// insertRows inserts those leads whose external id nobody holds, with their tally, and returns their ids. Where one external
// id stands in them twice, the first is inserted.
func (t *Tx) insertRows(ctx context.Context, workspace uuid.UUID, rows []leadRow) ([]uuid.UUID, error) {
	from, args := unnest("n", []any{workspace, uuid.Nil, t.now()}, leadColumns(rows)...)
	var inserted []uuid.UUID
	var known string
	if slices.ContainsFunc(rows, func(l leadRow) bool { return l.external != "" }) { // else nothing can be known, and looking would cost a record of the log each
		known = "ON CONFLICT (workspace_id, origin, external_id) WHERE external_id IS NOT NULL DO NOTHING"
	}
	err := sqlx.SelectContext(ctx, t.q, &inserted, `
		WITH stored AS (
			INSERT INTO leads (workspace_id, lead_id, name, email, phone, fields, source_id, channel, origin, external_id, also_id,
				decisions, phone_e164, email_key, words, integration_id, test, attribution,
				consent, import_id, rules_version, rule, rules_broken, created_at, updated_at)
			SELECT $1, lead_id, nullif(name, ''), nullif(email, ''), nullif(phone, ''), fields, nullif(source_id, $2), channel,
				origin, nullif(external_id, ''), nullif(also_id, ''), decisions, nullif(e164, ''), nullif(email_key, ''),
				array_to_tsvector(string_to_array(words, ' ')), nullif(integration_id, $2), coalesce(test, 0) = 1, attribution, consent,
				nullif(import_id, $2), rules_version, nullif(rule, ''), rules_broken, $3, $3
			FROM `+from+`
			ORDER BY origin, external_id, ordinal -- the same in every transaction, or two could wait for each other
			`+known+`
			RETURNING lead_id
		), tally AS (
			INSERT INTO lead_tallies (workspace_id, leads, ids)
			SELECT $1, count(*), bit_xor(uuid_hash_extended(lead_id, 0)) FROM stored HAVING count(*) > 0
		)
		SELECT lead_id FROM stored`, args...)
	return inserted, translate(err)
}

// A leadRow is a new lead as it is inserted.
type leadRow struct {
	*NewLead
	id uuid.UUID
	// external is its external id, empty where another lead holds that; then also is it.
	external, also string
}

func (t *Tx) leadRows(leads []NewLead) ([]leadRow, error) {
	rows := make([]leadRow, len(leads))
	for i := range leads {
		l := &leads[i]
		id, err := t.newID()
		if err != nil {
			return nil, err
		}
		rows[i] = leadRow{NewLead: l, id: id, external: l.ExternalID}
	}
	return rows, nil
}

func leadColumns(rows []leadRow) []column {
	texted := func(of func(*leadRow) string) array { return texts(pluck(rows, of)) }
	return []column{
		{"lead_id", uuids(pluck(rows, func(l *leadRow) uuid.UUID { return l.id }))},
		{"name", texted(func(l *leadRow) string { return l.Name })},
		{"email", texted(func(l *leadRow) string { return l.Email })},
		{"phone", texted(func(l *leadRow) string { return l.Phone })},
		{"fields", jsonbs(pluck(rows, func(l *leadRow) string { return cmp.Or(string(l.Fields), "{}") }))},
		{"source_id", uuids(pluck(rows, func(l *leadRow) uuid.UUID { return l.SourceID }))},
		{"channel", texted(func(l *leadRow) string { return l.Channel })},
		{"origin", texted(func(l *leadRow) string { return l.Origin })},
		{"external_id", texted(func(l *leadRow) string { return l.external })},
		{"decisions", ints(pluck(rows, func(l *leadRow) int { return l.Distribute.Decisions() }))},
		{"e164", texted(func(l *leadRow) string { return l.keys.e164 })},
		{"email_key", texted(func(l *leadRow) string { return l.keys.email })},
		{"words", texted(func(l *leadRow) string { return l.keys.words })},
		{"integration_id", uuids(unlessEmpty(pluck(rows, func(l *leadRow) uuid.UUID { return l.IntegrationID })))},
		{"test", ints(unlessEmpty(pluck(rows, func(l *leadRow) int { return oneIf(l.Test) })))},
		{"attribution", jsonbs(unlessEmpty(pluck(rows, func(l *leadRow) string { return string(l.Attribution) })))},
		{"consent", jsonbs(unlessEmpty(pluck(rows, func(l *leadRow) string { return string(l.Consent) })))},
		{"import_id", uuids(unlessEmpty(pluck(rows, func(l *leadRow) uuid.UUID { return l.ImportID })))},
		{"rules_version", ints(unlessEmpty(pluck(rows, func(l *leadRow) int { return l.said().Version })))},
		{"rule", texts(unlessEmpty(pluck(rows, func(l *leadRow) string { return l.said().Rule })))},
		{"rules_broken", jsonbs(unlessEmpty(pluck(rows, func(l *leadRow) string { return textOfJSON(l.said().Broken) })))},
		{"also_id", texts(unlessEmpty(pluck(rows, func(l *leadRow) string { return l.also })))},
	}
}

// said is what the rules say of a lead, zero where they are not asked.
func (l *leadRow) said() route.Verdict {
	if l.verdict == nil {
		return route.Verdict{}
	}
	return *l.verdict
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
