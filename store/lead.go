package store

import (
	"cmp"
	"context"
	"encoding/json"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/jmoiron/sqlx"

	"github.com/leadwheel/leadwheel/internal/contact"
	"github.com/leadwheel/leadwheel/internal/lead"
	"github.com/leadwheel/leadwheel/internal/route"
)

// A Contact is who a lead, a copy or a customer is. Empty text means that there is none.
type Contact struct {
	Name  string `db:"name"`
	Email string `db:"email"`
	Phone string `db:"phone"`
	// PhoneE164 is the phone as the store reads it, empty where it cannot.
	PhoneE164 string `db:"phone_e164"`
	// Fields is a JSON object.
	Fields json.RawMessage `db:"fields"`
}

// contactColumns are a Contact's of a record that is known by an alias.
func contactColumns(of string) string {
	return strings.ReplaceAll(`coalesce(r.name, '') AS name, coalesce(r.email, '') AS email, coalesce(r.phone, '') AS phone,
		coalesce(r.phone_e164, '') AS phone_e164, r.fields`, "r.", of+".")
}

// A Lead is a source lead. Empty text means that there is none.
type Lead struct {
	ID uuid.UUID `db:"lead_id"`
	Contact
	SourceID *uuid.UUID `db:"source_id"`
	// DuplicateOf is the earlier lead that it matched when it came in.
	DuplicateOf *uuid.UUID `db:"duplicate_of"`
	// Channel is the way it came in by: api, import, queue or an integration's kind.
	Channel    string `db:"channel"`
	ExternalID string `db:"external_id"`
	// PushChannel is what the program that pushed it through the queue calls itself, empty where none did.
	PushChannel string `db:"push_channel"`
	// IntegrationID is the integration that delivered it, nil where none did.
	IntegrationID *uuid.UUID `db:"integration_id"`
	// Test leads are a platform's tests.
	Test bool `db:"test"`
	// Attribution is what brought it in, such as its campaign_id, and Consent what the person agreed to or not; nil where
	// nothing is known.
	Attribution object[string] `db:"attribution"`
	Consent     object[any]    `db:"consent"`
	CreatedAt   time.Time      `db:"created_at"`
	UpdatedAt   time.Time      `db:"updated_at"`
	// RulesVersion is the rules by which it was decided when it came in, 0 where it was by none, Rule the name of the one that took it,
	// and RulesBroken are those that could not be worked out.
	RulesVersion int                   `db:"rules_version"`
	Rule         string                `db:"rule"`
	RulesBroken  objects[route.Broken] `db:"rules_broken"`
	// ErasedAt is when the person behind it was erased: nothing else is left of it then.
	ErasedAt *time.Time `db:"erased_at"`
}

// A LeadFilter narrows a list of leads; zero fields don't. From is inclusive, To is not.
type LeadFilter struct {
	// IDs narrows to these leads; empty is all of them.
	IDs                 []uuid.UUID
	SourceID            uuid.UUID
	Channel, ExternalID string
	// Email is a whole address, in any spelling.
	Email string
	// PushChannel is what the program that pushed them through the queue calls itself.
	PushChannel string
	// Search finds contacts by words, and by phones in any spelling.
	Search        string
	From, To      time.Time
	IntegrationID uuid.UUID
	// Attribution narrows by campaign, ad set, ad or form, each empty where it doesn't.
	CampaignID, AdSetID, AdID, FormID string
	// Test narrows to tests, or to leads that are none, and Assigned to leads that somebody has, or that nobody has.
	Test, Assigned *bool
}

var leadColumnList = `lead_id, ` + contactColumns("leads") + `,
	` + sourceNow(`leads`) + ` AS source_id, duplicate_of, channel, coalesce(external_id, also_id, '') AS external_id,
	CASE WHEN channel = 'queue' THEN substr(origin, length('queue:') + 1) ELSE '' END AS push_channel,
	integration_id, test, attribution, consent, coalesce(rules_version, 0) AS rules_version, coalesce(rule, '') AS rule, rules_broken,
	created_at, updated_at, erased_at`

// QueueOrigin is whose external ids a program's are that pushes leads through the queue.
func QueueOrigin(channel string) string { return "queue:" + channel }

// SourceLead returns a lead, ErrNotFound where there is none or it was deleted.
func (q Queries) SourceLead(ctx context.Context, workspace, id uuid.UUID) (Lead, error) {
	var l Lead
	err := sqlx.GetContext(often(ctx), q.q, &l, `
		SELECT `+leadColumnList+` FROM leads
		WHERE workspace_id = $1 AND lead_id = $2 AND deleted_at IS NULL`, workspace, id)
	return l, translate(err)
}

// LeadOrShell is SourceLead, and also returns what is left of a lead whose person was erased: whoever pushes it again is
// answered with that.
func (q Queries) LeadOrShell(ctx context.Context, workspace, id uuid.UUID) (Lead, error) {
	var l Lead
	err := sqlx.GetContext(often(ctx), q.q, &l, `
		SELECT `+leadColumnList+` FROM leads
		WHERE workspace_id = $1 AND lead_id = $2 AND (deleted_at IS NULL OR erased_at IS NOT NULL)`, workspace, id)
	return l, translate(err)
}

// PushedLead returns a lead that AddLeads answered, also one that was deleted a moment after.
func (q Queries) PushedLead(ctx context.Context, workspace, id uuid.UUID) (Lead, error) {
	var l Lead
	err := sqlx.GetContext(often(ctx), q.q, &l, `
		SELECT `+leadColumnList+` FROM leads WHERE workspace_id = $1 AND lead_id = $2`, workspace, id)
	return l, translate(err)
}

// SourceLeads lists a page of leads that are not deleted, newest first.
func (q Queries) SourceLeads(ctx context.Context, workspace uuid.UUID, f LeadFilter, p Page) ([]Lead, error) {
	l, err := q.leadList(ctx, workspace, f, p)
	if err != nil {
		return nil, err
	}
	var all []Lead
	err = l.read(ctx, q, &all, "SELECT "+leadColumnList+" FROM", "leads", "")
	return all, err
}

// leadOrigins are the origins of workspace $1, each read by one step in the index that holds their ids apart.
const leadOrigins = `
	WITH RECURSIVE origins AS (
		(SELECT origin FROM leads WHERE workspace_id = $1 AND external_id IS NOT NULL ORDER BY origin LIMIT 1)
		UNION ALL
		SELECT (SELECT l.origin FROM leads l WHERE l.workspace_id = $1 AND l.external_id IS NOT NULL AND l.origin > o.origin
			ORDER BY l.origin LIMIT 1)
		FROM origins o WHERE o.origin IS NOT NULL
	) SELECT origin FROM origins WHERE origin IS NOT NULL`

func (q Queries) leadList(ctx context.Context, workspace uuid.UUID, f LeadFilter, p Page) (*list, error) {
	l, named, err := q.listOfPeople(ctx, "leads", "lead_id", workspace, p, peopleFilter{f.SourceID, f.Search, f.From, f.To})
	if err != nil {
		return nil, err
	}
	if len(f.IDs) > 0 {
		l.others = append(l.others, "lead_id = ANY("+l.arg(uuids(f.IDs))+"::uuid[])")
	}
	if f.ExternalID != "" {
		id := l.arg(cmp.Or(contact.ID(f.ExternalID), f.ExternalID))
		l.others = append(l.others, `lead_id IN (
			SELECT e.lead_id FROM (`+leadOrigins+`) o JOIN leads e ON e.workspace_id = $1 AND e.origin = o.origin AND e.external_id = `+id+`
			UNION ALL SELECT e.lead_id FROM leads e WHERE e.workspace_id = $1 AND e.also_id = `+id+`)`)
	}
	if f.Email != "" {
		l.others = append(l.others, `lead_id IN (SELECT e.lead_id FROM leads e WHERE e.workspace_id = $1 AND e.email_key = `+l.arg(contact.Email(f.Email))+`)`)
	}
	if f.PushChannel != "" {
		l.withText("channel", string(lead.WayQueue))
		l.others = append(l.others, "origin = "+l.arg(QueueOrigin(f.PushChannel)))
	}
	l.withText("attribution IS NOT NULL AND attribution ->> 'ad_id'", f.AdID)
	l.withText("attribution IS NOT NULL AND attribution ->> 'adset_id'", f.AdSetID)
	l.withText("attribution IS NOT NULL AND attribution ->> 'form_id'", f.FormID)
	l.withText("attribution IS NOT NULL AND attribution ->> 'campaign_id'", f.CampaignID)
	l.withID("integration_id", f.IntegrationID)
	l.withSource(named)
	l.withText("channel", f.Channel)
	l.withTimes("created_at", f.From, f.To)
	l.others = append(l.others, "deleted_at IS NULL")
	if f.Test != nil {
		l.others = append(l.others, map[bool]string{true: "test", false: "NOT test"}[*f.Test])
	}
	if f.Assigned != nil {
		l.others = append(l.others, map[bool]string{true: "", false: "NOT "}[*f.Assigned]+
			"EXISTS (SELECT 1 FROM assigned_leads a WHERE a.workspace_id = $1 AND a.source_lead_id = lead_id AND a.withdrawn_at IS NULL)")
	}
	return l, nil
}

// EditLead changes a lead in place; edit sees the current state, and may be called twice. Copies given out keep what they have.
func (t *Tx) EditLead(ctx context.Context, workspace, id uuid.UUID, edit func(*Lead) error) (Lead, error) {
	closed, err := t.closeForWords(ctx, workspace, id, edit)
	if err != nil {
		return Lead{}, err
	}
	l, err := t.leadToEdit(ctx, workspace, id, "FOR NO KEY UPDATE")
	if err != nil {
		return l, err
	}
	before := l
	if err := edit(&l); err != nil {
		return l, err
	}
	if err := t.checkPick(ctx, workspace, before.SourceID, l.SourceID, OfferLeads); err != nil {
		return l, err
	}
	keys, err := t.keysOf(ctx, workspace, l.Name, l.Email, l.Phone)
	if err != nil {
		return l, err
	}
	if !before.foundAs(l.Contact, keys) {
		if !closed { // somebody else edited it between the two looks
			err = t.closeGate(ctx, workspace)
		}
		if err == nil {
			err = t.leaveWords(ctx, workspace, before)
		}
		if err != nil {
			return l, err
		}
	}
	var former []int
	if before.Email != l.Email || before.Phone != l.Phone {
		former = contact.Identify(before.Email, before.Phone, keys.region).Keys()
	}
	if before.Name != "" && before.Name != l.Name {
		former = append(former, contact.NameMark(before.Name))
	}
	l.PhoneE164, l.UpdatedAt = keys.e164, t.after(before.UpdatedAt)
	update, args := append(contactRow(l.contact(), keys), row{
		{"words", expr{wordsPlace, keys.words}}, {"email_key", nullText(keys.email)}, {"updated_at", l.UpdatedAt},
		{"former", expr{"CASE WHEN cardinality(?::int[]) > 0 THEN former || ?::int[] ELSE former END", ints(former)}},
	}...).update("leads", "workspace_id = $1 AND lead_id = $2", workspace, id)
	if _, err := t.q.ExecContext(ctx, update, args...); err != nil {
		return l, translate(err)
	}
	changed := before.contact().changed(l.contact())
	return l, t.tellUpdated(ctx, workspace, id, uuid.Nil, changed)
}

// leadToEdit reads a lead that is not deleted, with a lock where one is named.
func (t *Tx) leadToEdit(ctx context.Context, workspace, id uuid.UUID, lock string) (l Lead, err error) {
	err = sqlx.GetContext(ctx, t.q, &l, `
		SELECT `+leadColumnList+` FROM leads WHERE workspace_id = $1 AND lead_id = $2 AND deleted_at IS NULL `+lock, workspace, id)
	return l, translate(err)
}

func (l Lead) contact() contactFields {
	return contactFields{name: l.Name, email: l.Email, phone: l.Phone, fields: l.Fields, source: l.SourceID}
}

// DeleteLead deletes a lead softly: it is not listed any more, what is pending for it fails with its reason, and copies
// given out stay.
func (t *Tx) DeleteLead(ctx context.Context, workspace, id uuid.UUID) error {
	result, err := t.q.ExecContext(ctx, `
		UPDATE leads SET deleted_at = `+afterSQL("$3", "leads")+`, updated_at = `+afterSQL("$3", "leads")+`
		WHERE workspace_id = $1 AND lead_id = $2 AND deleted_at IS NULL`, workspace, id, t.now())
	if err := oneRow(result, err); err != nil {
		return err
	}
	if err := t.hurryOffers(ctx, workspace, `p.lead_id = $3`, id); err != nil {
		return err
	}
	return t.tellDeleted(ctx, workspace, []uuid.UUID{id})
}
