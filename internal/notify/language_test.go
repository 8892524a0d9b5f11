package notify_test

import (
	"strings"
	"testing"
	"time"

	"github.com/leadwheel/leadwheel/internal/notify"
	"github.com/leadwheel/leadwheel/store"
)

// TestMessagesAreInTheMembersLanguage writes one of each kind in Malay.
func TestMessagesAreInTheMembersLanguage(t *testing.T) {
	t.Parallel()
	m := message("", one())
	m.Recipient.Language = "ms"
	got := notify.Write(m, now)
	const want = `Prospek baharu: Aisyah
Telefon: +60123456789 · WhatsApp (https://wa.me/60123456789)
E-mel: a@example.com
Sumber: Spring
Kempen: KL villas
Units: Condo, Villa
Ready?: ya
ad: 7412345678901234567
Diterima: Ahd 1 Mac 2026, 19:55 +08 (5 minit yang lalu)`
	if got.Text != want || got.Subject != "Prospek baharu: Aisyah" {
		t.Errorf("subject %q, text:\n%s\nwant:\n%s", got.Subject, got.Text, want)
	}
	for kind, subject := range map[store.NotificationKind]string{
		store.NotifyReminder: "Susulan: Aisyah", store.NotifyAnswer: "Jawab segera: Aisyah", store.NotifyOffer: "Tawaran: Aisyah",
		store.NotifyUnanswered: "Tidak dijawab: Aisyah", store.NotifyNotAccepted: "Tidak diterima: Aisyah", store.NotifyUndone: "Diambil balik: Aisyah",
	} {
		m.Kind = kind
		got := notify.Write(m, now)
		if got.Subject != subject || !strings.HasPrefix(got.Text, subject) {
			t.Errorf("%s: subject %q, text:\n%s", kind, got.Subject, got.Text)
		}
		for _, english := range []string{"Follow up", "Phone:", "E-mail:", "accept", "answer", "lead ", "Taken"} {
			if strings.Contains(got.Text, english) {
				t.Errorf("%s says %q:\n%s", kind, english, got.Text)
			}
		}
	}
	m.Kind, m.Leads, m.Total = store.NotifyLeads, append(m.Leads, one()), 200
	if got := notify.Write(m, now); got.Subject != "200 prospek baharu" || !strings.HasSuffix(got.Text, "… dan 198 lagi") {
		t.Errorf("subject %q, text:\n%s", got.Subject, got.Text)
	}
	m = message("A lead: {{.name}}, {{.age}}", one()) // a workspace's own words are its own
	m.Recipient.Language = "ms"
	if got := notify.Write(m, now); got.Text != "A lead: Aisyah, 5 minit yang lalu" {
		t.Errorf("by a template of its own: %q", got.Text)
	}
	if got, err := notify.Trial("", "Aina", "Acme", time.UTC, "ms"); err != nil || !strings.HasPrefix(got.Text, "Ini ujian: tiada prospek sedemikian.\n\nProspek baharu: ") {
		t.Errorf("a trial: %v, %s", err, got.Text)
	}
}
