package api_test

import (
	"strings"
	"testing"
)

// TestOddAddressesOfMembersAreRefused saves chats and addresses that nothing can be sent to, when a member is made and when they are
// changed, by name and by the field that is wrong. The store's test has all the spellings.
func TestOddAddressesOfMembersAreRefused(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	aina := s.post("/v1/members", `{"name":"Aina","email":"aina@example.com","telegram_chat_id":"42"}`).is(201).id()
	for field, odd := range map[string][]string{
		"email":            {"aina", "a@b?bcc=c@example.com", "a?b@example.com", "a@example.com\r\nBcc: b@example.com", "Aina <a@example.com>", "a\tb@example.com", "a@localhost"},
		"telegram_chat_id": {"@channel", "0", "1e5", "4\n2", "=1+1", "https://t.me/x", "9223372036854775808", "４２"},
	} {
		for _, text := range odd {
			s.post("/v1/members", map[string]any{"name": "x", field: text}).refuses(422, "invalid_request", "body."+field)
			s.patch("/v1/members/"+aina, map[string]any{field: text}).refuses(422, "invalid_request", "body."+field)
		}
	}
	if got := s.get("/v1/members/" + aina).is(200); got.at("email") != "aina@example.com" || got.at("telegram_chat_id") != "42" || len(s.get("/v1/members").items()) != 1 {
		t.Errorf("something was saved: %s", got.body)
	}
	s.patch("/v1/members/"+aina, `{"email":null,"telegram_chat_id":null}`).is(200)
	s.patch("/v1/members/"+aina, `{"telegram_chat_id":"-1001234567890"}`).is(200)
	if strings.Contains(s.logs.String(), "bcc=") {
		t.Error("an address is in the log")
	}
}
