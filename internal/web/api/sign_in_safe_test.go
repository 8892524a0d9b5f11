package api_test

import (
	"context"
	"log/slog"
	"testing"

	"github.com/leadwheel/leadwheel/internal/lead"
	"github.com/leadwheel/leadwheel/internal/notify"
	"github.com/leadwheel/leadwheel/internal/web/api"
)

// A postbox has to whom something was posted.
type postbox chan string

func (p postbox) Post(_ context.Context, to string, _ notify.Content) error {
	p <- to
	return nil
}

// A manager may say where a member's messages go. Were an admin's links sent there, a manager could become one.
func TestNoLinkOfAnAdminGoesWhereAManagerSays(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	sent := make(postbox, 10)
	s.serveBy(slog.New(slog.DiscardHandler), func(d *api.Deps) { d.Posters = map[lead.Channel]notify.Poster{lead.Telegram: sent} })
	member := func(name string) string { return s.post("/v1/members", map[string]any{"name": name}).is(201).id() }
	boss, siew := member("Boss"), member("Siew Ling")
	for _, p := range []map[string]any{
		{"name": "Boss", "email": "boss@example.com", "role": "admin", "member_id": boss},
		{"name": "Boss too", "email": "lead@example.com", "role": "manager", "member_id": boss},
		{"name": "Siew Ling", "email": "siew@example.com", "role": "agent", "member_id": siew},
	} {
		s.post("/v1/people", p).is(201)
	}
	mira := s.signedIn(s.post("/v1/people", `{"name":"Mira","email":"mira@example.com","role":"manager"}`).is(201))
	s.do(mira, "PATCH", "/v1/members/"+boss, `{"telegram_chat_id":"666"}`).is(200)
	s.do(mira, "PATCH", "/v1/members/"+siew, `{"telegram_chat_id":"42"}`).is(200)
	for _, email := range []string{"boss@example.com", "lead@example.com", "siew@example.com"} { // sent one after another
		s.do("", "POST", "/v1/sign-in/link", map[string]any{"email": email}).is(202)
	}
	if to := <-sent; to != "42" {
		t.Errorf("the first link went to %s, want the agent's alone", to)
	}
}
