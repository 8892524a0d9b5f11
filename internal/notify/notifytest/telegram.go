// Package notifytest plays the providers of messages for tests: real servers on loopback that can misbehave.
package notifytest

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"
)

// BotToken is the token of the bot that Telegram plays for.
const BotToken = "123456:test-token"

// Sent is a message that Telegram took.
type Sent struct {
	Chat, Text, Mode string
	At               time.Time
}

// A Reply is what Telegram answers to a sendMessage: a status and a body.
type Reply struct {
	Status int
	Body   string
	// CutOff breaks the connection instead, after taking the message where Taken is set.
	CutOff, Taken bool
}

// Refusal is a reply as the Bot API gives it.
func Refusal(code int, description, parameters string) *Reply {
	if parameters == "" {
		parameters = "{}"
	}
	return &Reply{Status: code, Body: fmt.Sprintf(`{"ok":false,"error_code":%d,"description":%q,"parameters":%s}`, code, description, parameters)}
}

// A Telegram plays the Bot API.
type Telegram struct {
	URL string

	mu      sync.Mutex
	sent    []Sent
	calls   int
	answer  func(n int, m Sent) *Reply
	updates []string
	next    int64
	polled  chan struct{}
	webhook string
	polls   int // the calls of getUpdates so far; the last ends the others
	ended   int
}

// NewTelegram starts a Bot API. It takes every message until Answer says otherwise.
func NewTelegram(tb testing.TB) *Telegram {
	t := &Telegram{polled: make(chan struct{})}
	server := httptest.NewServer(http.HandlerFunc(t.serve))
	tb.Cleanup(server.Close)
	t.URL = server.URL
	return t
}

// Answer has f answer the n-th sendMessage, from 1; nil takes it.
func (t *Telegram) Answer(f func(n int, m Sent) *Reply) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.answer, t.calls = f, 0
}

// Webhook has the bot deliver elsewhere what people write to it.
func (t *Telegram) Webhook(url string) { t.mu.Lock(); t.webhook = url; t.mu.Unlock() }

// Conflicts counts the getUpdates that were ended by another: of two processes that ask, each ends the other's.
func (t *Telegram) Conflicts() int {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.ended
}

// Sent lists the messages that were taken.
func (t *Telegram) Sent() []Sent {
	t.mu.Lock()
	defer t.mu.Unlock()
	return append([]Sent(nil), t.sent...)
}

// Calls counts the sendMessages since the last Answer.
func (t *Telegram) Calls() int {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.calls
}

// Write has somebody write to the bot.
func (t *Telegram) Write(chat int64, text string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.next++
	t.updates = append(t.updates, fmt.Sprintf(`{"update_id":%d,"message":{"message_id":1,"date":1,"chat":{"id":%d,"type":"private"},"text":%q}}`,
		t.next, chat, text))
	t.wake()
}

func (t *Telegram) serve(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Type", "application/json")
	method, known := strings.CutPrefix(r.URL.Path, "/bot"+BotToken+"/")
	if !known {
		w.WriteHeader(http.StatusUnauthorized)
		_, _ = fmt.Fprint(w, `{"ok":false,"error_code":401,"description":"Unauthorized"}`)
		return
	}
	switch method {
	case "getMe":
		_, _ = fmt.Fprint(w, `{"ok":true,"result":{"id":123456,"is_bot":true,"username":"leads_bot"}}`)
	case "getWebhookInfo":
		t.mu.Lock()
		defer t.mu.Unlock()
		_, _ = fmt.Fprintf(w, `{"ok":true,"result":{"url":%q}}`, t.webhook)
	case "sendMessage":
		t.sendMessage(w, r)
	case "getUpdates":
		t.getUpdates(w, r)
	default:
		http.NotFound(w, r)
	}
}

func (t *Telegram) sendMessage(w http.ResponseWriter, r *http.Request) {
	var in struct {
		Chat json.Number `json:"chat_id"`
		Text string      `json:"text"`
		Mode string      `json:"parse_mode"`
	}
	if err := json.NewDecoder(r.Body).Decode(&in); err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	m := Sent{in.Chat.String(), in.Text, in.Mode, time.Now()}
	t.mu.Lock()
	defer t.mu.Unlock()
	t.calls++
	var reply *Reply
	if t.answer != nil {
		reply = t.answer(t.calls, m)
	}
	switch {
	case reply == nil:
		t.sent = append(t.sent, m)
		_, _ = fmt.Fprint(w, `{"ok":true,"result":{"message_id":1}}`)
	case reply.CutOff:
		if reply.Taken {
			t.sent = append(t.sent, m)
		}
		panic(http.ErrAbortHandler)
	default:
		w.WriteHeader(reply.Status)
		_, _ = fmt.Fprint(w, reply.Body)
	}
}

func (t *Telegram) getUpdates(w http.ResponseWriter, r *http.Request) {
	var in struct {
		Offset int64 `json:"offset"`
	}
	if err := json.NewDecoder(r.Body).Decode(&in); err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	first := t.next - int64(len(t.updates)) + 1
	for ; len(t.updates) > 0 && first < in.Offset; first++ {
		t.updates = t.updates[1:]
	}
	t.polls++
	mine := t.polls
	t.wake()
	for len(t.updates) == 0 && t.polls == mine && t.webhook == "" {
		news := t.polled
		t.mu.Unlock()
		select {
		case <-news:
		case <-r.Context().Done():
			t.mu.Lock()
			return
		}
		t.mu.Lock()
	}
	if t.polls != mine || t.webhook != "" {
		t.ended++
		w.WriteHeader(http.StatusConflict)
		_, _ = fmt.Fprint(w, `{"ok":false,"error_code":409,"description":"Conflict: terminated by other getUpdates request; make sure that only one bot instance is running"}`)
		return
	}
	_, _ = fmt.Fprintf(w, `{"ok":true,"result":[%s]}`, strings.Join(t.updates, ","))
}

// wake has those who wait for news look again.
func (t *Telegram) wake() {
	close(t.polled)
	t.polled = make(chan struct{})
}
