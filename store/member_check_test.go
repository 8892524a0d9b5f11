package store_test

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/leadwheel/leadwheel/store"
)

// TestOddAddressesAreRefused saves members with addresses and chats that nothing can be sent to, or that say more than that,
// when they are made and when they are changed. What they had before may stay.
func TestOddAddressesAreRefused(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	save := func(m store.Member) (made, changed error) {
		_, made = w.Store.CreateMember(t.Context(), w.workspace, m)
		changed = w.tx(func(ctx context.Context, t *store.Tx) error {
			_, err := t.EditMember(ctx, w.workspace, w.members['A'], func(a *store.Member) error {
				a.Email, a.TelegramChatID = m.Email, m.TelegramChatID
				return nil
			})
			return err
		})
		return made, changed
	}
	for field, odd := range map[string][]string{
		"email": {
			"a", "@example.com", "a@", "a@localhost", "a@b", "Aina <a@example.com>", "<a@example.com>", "a@example.com, b@example.com",
			"a@example.com\r\nBcc: b@example.com", "a@example.com?bcc=b@example.com", "a b@example.com", "\"a b\"@example.com", "a@exa mple.com",
			"a@example.com.", "a@example..com", "a@.com", ".a@example.com", "a..b@example.com", "a@[127.0.0.1]", "mailto:a@example.com",
			"a\x00@example.com", "a\u202e@example.com", " a@example.com", "a@example.com ", "a(comment)@example.com", "a@-example.com",
			strings.Repeat("a", 65) + "@example.com", "a@" + strings.Repeat("b.", 130) + "example.com", "a@example.com;b@example.com", "a@b@example.com",
			"a?b@example.com", "a@example.com\t", "a\u0085@example.com", "a%0d%0abcc:b@example.com@example.com", "\uFEFFa@example.com", "a@example.com\u2028",
		},
		"telegram_chat_id": {
			"0", "-0", "+1", "01", "-01", "1.0", "1e5", "0x10", " 1", "1 ", "--1", "-", "abc", "@channel", "https://t.me/x", "1,2", "1\n2", "１２",
			"4503599627370496", "-4503599627370496", "9223372036854775807", "92233720368547758070", "\u202e1", "null", "{}",
		},
	} {
		for _, text := range odd {
			m := store.Member{Name: "M"}
			if field == "email" {
				m.Email = text
			} else {
				m.TelegramChatID = text
			}
			made, changed := save(m)
			for how, err := range map[string]error{"made": made, "changed": changed} {
				var refused *store.FieldError
				if !errors.As(err, &refused) || refused.Field != field {
					t.Errorf("%s, %s %q: %v", how, field, text, err)
				}
			}
		}
	}
	for _, m := range []store.Member{
		{Email: "a@example.com"}, {Email: "a.b+c@mail.example.co.id"}, {Email: "o'neil@example.com"}, {Email: "info@bücher.example"}, {Email: "阿雅@例え.jp"},
		{TelegramChatID: "1"}, {TelegramChatID: "7012345678"}, {TelegramChatID: "-1001234567890"}, {TelegramChatID: "4503599627370495"}, {},
	} {
		m.Name = "M"
		if made, changed := save(m); made != nil || changed != nil {
			t.Errorf("%+v: %v, %v", m, made, changed)
		}
	}
	w.DB.MustExec(`UPDATE members SET email = 'a@intranet', telegram_chat_id = '@channel' WHERE member_id = $1`, w.members['B'])
	w.member('B', func(m *store.Member) { m.Name = "New" })
}
