package store

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"reflect"
	"slices"
	"strings"

	"github.com/google/uuid"

	"github.com/leadwheel/leadwheel/internal/lead"
)

// A happening is something that webhooks may be told of: id is its own, copied and changed are empty where it is about no
// copy, or not about a change.
type happening struct {
	id           uuid.UUID
	event        lead.WebhookEvent
	lead, copied uuid.UUID
	changed      []string
}

// tell owes what has happened to the webhooks that want to know of it. It is part of the transaction in which it happens,
// so that nothing is told that did not, and nothing that did is left out.
func (t *Tx) tell(ctx context.Context, workspace uuid.UUID, all []happening) error {
	if len(all) == 0 {
		return nil
	}
	ids, leads, copies := make([]uuid.UUID, len(all)), make([]uuid.UUID, len(all)), make([]uuid.UUID, len(all))
	events, changed := make([]string, len(all)), make([]string, len(all))
	for i, h := range all {
		ids[i], leads[i], copies[i] = h.id, h.lead, h.copied
		events[i], changed[i] = string(h.event), strings.Join(h.changed, ",")
	}
	result, err := t.q.ExecContext(ctx, `
		INSERT INTO webhook_deliveries (workspace_id, webhook_id, delivery_id, event, lead_id, assigned_lead_id, changed,
			happened_at, send_at)
		SELECT $1, w.webhook_id, h.id, h.event, h.lead_id, nullif(h.copied, $2), string_to_array(nullif(h.changed, ''), ','), $3, $3
		FROM webhooks w
		JOIN unnest($4::uuid[], $5::text[], $6::uuid[], $7::uuid[], $8::text[]) AS h (id, event, lead_id, copied, changed)
			ON h.event = ANY(w.events)
		WHERE w.workspace_id = $1 AND w.enabled AND w.deleted_at IS NULL`,
		workspace, uuid.Nil, t.now(), uuids(ids), texts(events), uuids(leads), uuids(copies), texts(changed))
	if err != nil {
		return fmt.Errorf("noting what webhooks are to be told: %w", translate(err))
	}
	owed, err := result.RowsAffected()
	t.left.Webhooks = t.left.Webhooks || owed > 0
	return err
}

// tellReceived tells of leads that were stored.
func (t *Tx) tellReceived(ctx context.Context, workspace uuid.UUID, added []AddedLead) error {
	var all []happening
	for _, a := range added {
		if !a.Existing {
			all = append(all, happening{id: a.ID, event: lead.WebhookReceived, lead: a.ID})
		}
	}
	return t.tell(ctx, workspace, all)
}

// tellOutcomes tells of recorded decisions.
func (t *Tx) tellOutcomes(ctx context.Context, workspace uuid.UUID, decisions []decision) error {
	all := make([]happening, len(decisions))
	for i, d := range decisions {
		all[i] = happening{id: d.history, event: lead.WebhookAssigned, lead: d.LeadID, copied: d.copy}
		if d.reason != "" {
			all[i].event, all[i].copied = lead.WebhookFailed, uuid.Nil
		}
	}
	return t.tell(ctx, workspace, all)
}

// tellUpdated tells that fields of a lead, or of a copy of it, were changed, if any were.
func (t *Tx) tellUpdated(ctx context.Context, workspace, sourceLead, copied uuid.UUID, changed []string) error {
	if len(changed) == 0 {
		return nil
	}
	id, err := uuid.NewV7()
	if err != nil {
		return err
	}
	return t.tell(ctx, workspace, []happening{{id: id, event: lead.WebhookUpdated, lead: sourceLead, copied: copied, changed: changed}})
}

// tellDeleted tells that leads were deleted.
func (t *Tx) tellDeleted(ctx context.Context, workspace uuid.UUID, leads []uuid.UUID) error {
	ends := make([]happening, len(leads))
	for i, id := range leads {
		ends[i] = happening{event: lead.WebhookDeleted, lead: id}
	}
	return t.tellEnds(ctx, workspace, "deleted_at", ends)
}

// tellEnds tells that something was deleted or taken back. It is told as a change as well, of the field that says when: webhooks knew it by
// that before there was an event for it.
func (t *Tx) tellEnds(ctx context.Context, workspace uuid.UUID, changed string, ends []happening) error {
	ids, err := t.newIDs(2 * len(ends))
	if err != nil {
		return err
	}
	var all []happening
	for i, end := range ends {
		change := happening{id: ids[2*i], event: lead.WebhookUpdated, lead: end.lead, copied: end.copied, changed: []string{changed}}
		end.id = ids[2*i+1]
		all = append(all, change, end)
	}
	return t.tell(ctx, workspace, all)
}

// contactFields are what a lead and a copy of it have in common, and may be changed in both.
type contactFields struct {
	name, email, phone string
	fields             json.RawMessage
	source             *uuid.UUID
}

// contactRow is them as a row has them, with the keys that go with them but the words.
func contactRow(c contactFields, keys contactKeys) row {
	return row{
		{"name", nullText(c.name)}, {"email", nullText(c.email)}, {"phone", nullText(c.phone)}, {"fields", string(c.fields)},
		{"source_id", c.source}, {"phone_e164", nullText(keys.e164)},
	}
}

// changed names the fields in which they differ, as the API does.
func (c contactFields) changed(now contactFields) (names []string) {
	for name, same := range map[string]bool{
		"name": c.name == now.name, "email": c.email == now.email, "phone": c.phone == now.phone,
		"fields":    sameJSON(c.fields, now.fields),
		"source_id": c.source == now.source || c.source != nil && now.source != nil && *c.source == *now.source,
	} {
		if !same {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names
}

// sameJSON reports whether two texts are the same JSON, however it is written.
func sameJSON(a, b json.RawMessage) bool {
	if bytes.Equal(a, b) {
		return true
	}
	var values [2]any
	for i, text := range []json.RawMessage{a, b} {
		d := json.NewDecoder(bytes.NewReader(text))
		d.UseNumber()
		if d.Decode(&values[i]) != nil {
			return false
		}
	}
	return reflect.DeepEqual(values[0], values[1])
}
