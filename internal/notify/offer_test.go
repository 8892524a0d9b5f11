package notify_test

import (
	"strings"
	"testing"
	"time"

	"github.com/leadwheel/leadwheel/internal/notify"
	"github.com/leadwheel/leadwheel/store"
)

// TestMessagesOfOffersAndToThoseInCharge writes what members are offered, and what whoever is in charge is told.
func TestMessagesOfOffersAndToThoseInCharge(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 11, 23, 2, 0, 0, 0, time.UTC)
	by := now.Add(15 * time.Minute)
	to := store.Recipient{Name: "Ben", Timezone: "Asia/Kuala_Lumpur", WorkspaceName: "acme"}
	one := store.MessageLead{Name: "Aina <b>", Place: "Ipoh", By: &by, At: now, Link: "https://leads.example.com/my/"}
	for _, test := range []struct {
		m             store.Message
		subject, text string
	}{
		{store.Message{Kind: store.NotifyOffer, Recipient: to, Leads: []store.MessageLead{one}, Total: 1}, "Offer: Aina <b>",
			"Offer: Aina <b>\nIpoh\nThe first to accept it gets it, until Mon 23 Nov 2026, 10:15 +08.\nAccept it (https://leads.example.com/my/)"},
		{store.Message{Kind: store.NotifyOffer, Recipient: to, Leads: []store.MessageLead{one, one}, Total: 2}, "2 leads on offer", ""},
		{store.Message{Kind: store.NotifyUnanswered, Recipient: to, Leads: []store.MessageLead{{Name: "Aina", Phone: "0123", Holder: "Mia", At: now}}, Total: 1},
			"Not answered: Aina", "Not answered: Aina\nMia has it since Mon 23 Nov 2026, 10:00 +08, and has not answered it in time. It stays there until somebody acts on it."},
		{store.Message{Kind: store.NotifyNotAccepted, Recipient: to, Leads: []store.MessageLead{{Name: "Aina", At: now}}, Total: 1},
			"Not accepted: Aina", "Not accepted: Aina\nIt has been offered since Mon 23 Nov 2026, 10:00 +08, and nobody accepted it in time. It stays there until somebody acts on it."},
	} {
		got := notify.Write(&test.m, now)
		if got.Subject != test.subject || test.text != "" && strings.TrimSpace(got.Text) != test.text {
			t.Errorf("%s: %q\n%s", test.m.Kind, got.Subject, got.Text)
		}
	}
}
