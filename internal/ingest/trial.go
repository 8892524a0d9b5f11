package ingest

import (
	"context"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"github.com/google/uuid"
	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"

	"github.com/leadwheel/leadwheel/internal/lead"
	"github.com/leadwheel/leadwheel/store"
)

// trialHeader marks, among a delivery's headers, one that Try made. No sender's header gets there.
const trialHeader = "Leadwheel-Trial"

// The person in a delivery that Try makes: addresses and numbers of this kind are nobody's.
const (
	trialName  = "Test Lead"
	trialEmail = "test.lead@example.com"
	trialPhone = "+12025550100"
)

// A trial is a delivery as a kind's platform sends it.
type trial struct {
	Secrets
	settings store.IntegrationSettings
	id       string
	at       time.Time
}

// trials make them, by kind. Where a platform only tells of a lead, answer is the lead as it then gives it.
var trials = map[lead.Kind]func(t trial) (q Request, answer any, err error){
	lead.KindGoogle: func(t trial) (Request, any, error) {
		column := func(id, value string) map[string]any { return map[string]any{"column_id": id, "string_value": value} }
		q, err := jsonRequest(map[string]any{
			"lead_id": t.id, "google_key": t.Secret, "is_test": true, "api_version": "1.0",
			"user_column_data": []any{column("FULL_NAME", trialName), column("EMAIL", trialEmail), column("PHONE_NUMBER", trialPhone)},
		})
		return q, nil, err
	},
	lead.KindMeta: func(t trial) (Request, any, error) {
		q, err := jsonRequest(map[string]any{"object": "page", "entry": []any{map[string]any{
			"changes": []any{map[string]any{"field": "leadgen", "value": map[string]any{"leadgen_id": t.id}}},
		}}})
		q.Header.Set(metaSignature, "sha256="+hex.EncodeToString(hmacSHA256(t.Secret, q.Body)))
		field := func(name, value string) map[string]any {
			return map[string]any{"name": name, "values": []string{value}}
		}
		return q, map[string]any{"id": t.id, "created_time": t.at.Format(metaTime), "field_data": []any{
			field("full_name", trialName), field("email", trialEmail), field("phone_number", trialPhone),
		}}, err
	},
	lead.KindTikTok: func(t trial) (Request, any, error) {
		change := func(field, value string) map[string]any { return map[string]any{"field": field, "value": value} }
		q, err := jsonRequest(map[string]any{"object": tiktokLead, "entry": []any{map[string]any{"id": t.id, "changes": []any{
			change("name", trialName), change("email", trialEmail), change("phone_number", trialPhone),
		}}}})
		q.Header.Set(tiktokSignature, hex.EncodeToString(hmacSHA256(t.Secret, q.Body)))
		return q, nil, err
	},
	lead.KindLinkedIn: func(t trial) (Request, any, error) {
		q, err := jsonRequest(map[string]any{"type": "LEAD_ACTION", "leadAction": "CREATED", "leadGenFormResponse": "urn:li:leadGenFormResponse:" + t.id})
		q.Header.Set(linkedInSignature, hex.EncodeToString(hmacSHA256(t.Secret, []byte(linkedInPrefix), q.Body)))
		answer := func(id int, text string) map[string]any {
			return map[string]any{"questionId": id, "answerDetails": map[string]any{"textQuestionAnswer": map[string]any{"answer": text}}}
		}
		question := func(id int, name string) map[string]any {
			return map[string]any{"questionId": id, "predefinedField": name}
		}
		return q, map[string]any{
			"id": t.id, "testLead": true, "submittedAt": t.at.UnixMilli(),
			"formResponse": map[string]any{"answers": []any{answer(1, trialName), answer(2, trialEmail), answer(3, trialPhone)}},
			"form":         map[string]any{"content": map[string]any{"questions": []any{question(1, "FULL_NAME"), question(2, "EMAIL"), question(3, "PHONE_NUMBER")}}},
		}, err
	},
	lead.KindTypeform: func(t trial) (Request, any, error) {
		answer := func(kind, ref string, value string) map[string]any {
			return map[string]any{"type": kind, kind: value, "field": map[string]any{"id": ref, "ref": ref, "type": kind}}
		}
		q, err := jsonRequest(map[string]any{"event_type": "form_response", "form_response": map[string]any{
			"token": t.id, "submitted_at": t.at.Format(time.RFC3339),
			"answers": []any{answer("text", "name", trialName), answer("email", "email", trialEmail), answer("phone_number", "phone", trialPhone)},
		}})
		q.Header.Set(typeformSignature, "sha256="+base64.StdEncoding.EncodeToString(hmacSHA256(t.Secret, q.Body)))
		return q, nil, err
	},
	lead.KindSnapchat: func(t trial) (Request, any, error) {
		q, err := jsonRequest(t.named(map[string]any{"lead_id": t.id}))
		q.Header.Set(snapTime, strconv.FormatInt(t.at.Unix(), 10))
		q.Header.Set(snapSignature, hex.EncodeToString(hmacSHA256(t.Secret, []byte(q.Header.Get(snapTime)+"."), q.Body)))
		return q, nil, err
	},
	lead.KindGeneric: func(t trial) (Request, any, error) {
		q, err := jsonRequest(t.named(map[string]any{"external_id": t.id, "is_test": true}))
		if err != nil || t.Secret == "" {
			return q, nil, err
		}
		return q, nil, q.sign(t)
	},
	lead.KindForm: func(t trial) (Request, any, error) {
		sent := url.Values{SubmissionField: {t.id}}
		for name, value := range t.named(nil) {
			sent.Set(name, fmt.Sprint(value))
		}
		return Request{Header: http.Header{"Content-Type": {"application/x-www-form-urlencoded"}}, Body: []byte(sent.Encode())}, nil, nil
	},
}

// named is the person under the names at which the integration looks for them, with what else there is.
func (t trial) named(more map[string]any) map[string]any {
	all := map[string]any{}
	mapping := mappingOf(t.settings)
	for target, value := range map[string]string{"name": trialName, "email": trialEmail, "phone": trialPhone, "external_id": t.id} {
		switch places := mapping[target]; {
		case len(places) > 0:
			all[places[0]] = value
		case target != "external_id":
			all[target] = value
		}
	}
	for name, value := range more {
		all[name] = value
	}
	return all
}

func jsonRequest(body any) (Request, error) {
	data, err := json.Marshal(body)
	return Request{Header: http.Header{"Content-Type": {"application/json"}}, Body: data}, err
}

// sign signs a request as Standard Webhooks are.
func (q *Request) sign(t trial) error {
	key, err := WebhookKey(t.Secret)
	if err != nil {
		return nil //nolint:nilerr // it is refused for this, as whatever comes
	}
	signer, err := standardwebhooks.NewWebhookRaw(key)
	if err != nil {
		return err
	}
	signature, err := signer.Sign(t.id, t.at, q.Body)
	q.Header.Set(webhookID, t.id)
	q.Header.Set(webhookTimestamp, strconv.FormatInt(t.at.Unix(), 10))
	q.Header.Set(webhookSignature, signature)
	return err
}

// ErrPaused is for a test that an integration would keep for later.
var ErrPaused = errors.New("the integration is paused, so that what comes waits; resume it and send the test again")

// Try takes in a lead that it makes up, the way of what the integration's platform delivers: signed with the secret, verified, read by
// the settings and stored with its body. The lead is a test, which is not distributed. It returns what became of it, or ErrPaused.
func (r *Receiver) Try(ctx context.Context, t *store.Tx, workspace, integration uuid.UUID) (store.Event, error) {
	h, err := t.HookOf(ctx, workspace, integration)
	if err != nil {
		return store.Event{}, err
	}
	if !h.Enabled {
		return store.Event{}, ErrPaused
	}
	made := trials[h.Kind]
	if made == nil {
		return store.Event{}, fmt.Errorf("integrations of kind %q: %w", h.Kind, store.ErrNotFound)
	}
	secrets, err := OpenSecrets(r.box, h.Integration)
	if err != nil {
		return store.Event{}, fmt.Errorf("opening the secrets of integration %s: %w", h.ID, err)
	}
	id, err := uuid.NewV7()
	if err != nil {
		return store.Event{}, err
	}
	one := trial{secrets, h.Settings, "test-" + id.String(), r.store.Now()}
	q, answer, err := made(one)
	if err != nil {
		return store.Event{}, err
	}
	q.At, q.trial = one.at, true
	e := &store.Event{ID: id, IntegrationID: h.ID, ReceivedAt: q.At, Headers: keptHeaders(h.Kind, q.Header), Body: Redacted(h.Kind, q.Body)}
	d, err := r.read(h, q, e, false, false)
	if err != nil {
		return store.Event{}, err
	}
	if err := d.readTrial(h, answer); err != nil {
		return store.Event{}, err
	}
	if _, err := d.findSources(ctx, t.Queries, h); err != nil {
		return store.Event{}, err
	}
	_, err = t.AddArrivals(ctx, workspace, lead.QueueFresh, []store.Arrival{d.Arrival})
	return *e, err
}

// readTrial makes the lead of which a delivery only tells, from what its platform would give.
func (d *arrival) readTrial(h store.Hook, answer any) error {
	if answer == nil || len(d.Fetches) == 0 {
		return nil
	}
	given, err := json.Marshal(answer)
	if err != nil {
		return err
	}
	f := d.Fetches[0]
	return d.readAnswers(h, map[int]store.FetchedAnswer{f.Place: {Place: f.Place, ExternalID: f.ExternalID, Answer: given}})
}
