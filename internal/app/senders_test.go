package app_test

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"net/http"
	"net/url"
	"strings"
)

// A sender is a platform or a form that delivers to an integration.
type sender struct {
	kind, path string
	// write is a delivery's body, and the headers it goes with.
	write func(name string, number int) (body string, headers map[string]string)
}

// deliver delivers a lead and returns the answer's status.
func (s sender) deliver(ctx context.Context, client *http.Client, server, name string, number int) (int, error) {
	body, headers := s.write(name, number)
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, server+s.path, strings.NewReader(body))
	if err != nil {
		return 0, err
	}
	r.Header.Set("Content-Type", "application/json")
	for name, value := range headers {
		r.Header.Set(name, value)
	}
	response, err := client.Do(r)
	if err != nil {
		return 0, err
	}
	return response.StatusCode, response.Body.Close()
}

const senderSecret = "shared-secret"

func mac(body string) []byte {
	m := hmac.New(sha256.New, []byte(senderSecret))
	m.Write([]byte(body))
	return m.Sum(nil)
}

// integrateAll makes an integration of each kind, and what delivers to it.
func (s *scene) integrateAll() []sender {
	s.t.Helper()
	senders := []sender{
		{kind: "google", write: func(name string, number int) (string, map[string]string) {
			return fmt.Sprintf(`{"lead_id":"%d","google_key":%q,"user_column_data":[{"column_id":"FULL_NAME","string_value":%q}]}`, number, senderSecret, name), nil
		}},
		{kind: "meta", write: func(_ string, number int) (string, map[string]string) {
			body := fmt.Sprintf(`{"object":"page","entry":[{"changes":[{"field":"leadgen","value":{"leadgen_id":"%d"}}]}]}`, number)
			return body, map[string]string{"X-Hub-Signature-256": "sha256=" + hex.EncodeToString(mac(body))}
		}},
		{kind: "tiktok", write: func(name string, number int) (string, map[string]string) {
			body := fmt.Sprintf(`{"object":1,"entry":[{"id":%d,"changes":[{"field":"name","value":%q}]}]}`, number, name)
			return body, map[string]string{"X-Open-Signature": hex.EncodeToString(mac(body))}
		}},
		{kind: "typeform", write: func(name string, number int) (string, map[string]string) {
			body := fmt.Sprintf(`{"event_type":"form_response","form_response":{"form_id":"f","token":"t%d","answers":[{"type":"text","text":%q,"field":{"id":"a","ref":"name"}}]}}`, number, name)
			return body, map[string]string{"Typeform-Signature": "sha256=" + base64.StdEncoding.EncodeToString(mac(body))}
		}},
		{kind: "generic", write: func(name string, number int) (string, map[string]string) {
			return fmt.Sprintf(`{"external_id":"%d","name":%q}`, number, name), nil
		}},
		{kind: "form", write: func(name string, number int) (string, map[string]string) {
			values := url.Values{"name": {name}, "_submission": {fmt.Sprint("submission-", number)}}
			return values.Encode(), map[string]string{"Content-Type": "application/x-www-form-urlencoded"}
		}},
	}
	for n := range senders {
		body := map[string]any{"kind": senders[n].kind, "name": senders[n].kind, "group_id": s.group}
		switch senders[n].kind {
		case "meta":
			body["secret"], body["access_token"] = senderSecret, "t"
		case "google", "tiktok", "typeform":
			body["secret"] = senderSecret
		}
		var made struct{ URL string }
		if status, err := s.post("/v1/integrations", body, &made); err != nil || status != http.StatusCreated {
			s.t.Fatal(senders[n].kind, status, err)
		}
		senders[n].path = made.URL
	}
	return senders
}
