package lead_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/leadwheel/leadwheel/internal/lead"
)

func TestChooseChannels(t *testing.T) {
	t.Parallel()
	const tg, mail = lead.Telegram, lead.Email
	type all = []lead.Channel
	for name, c := range map[string]struct{ choice, reach, want all }{
		"nobody is reached":             {nil, nil, nil},
		"the default is Telegram":       {nil, all{tg, mail}, all{tg}},
		"else e-mail":                   {nil, all{mail}, all{mail}},
		"both":                          {all{mail, tg}, all{tg, mail}, all{tg, mail}},
		"the one that is chosen":        {all{mail}, all{tg, mail}, all{mail}},
		"what is chosen does not reach": {all{tg}, all{mail}, all{mail}},
		"they don't want any":           {all{}, all{tg, mail}, nil},
	} {
		if diff := cmp.Diff(c.want, lead.ChooseChannels(c.choice, c.reach)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
}

func TestUntil(t *testing.T) {
	t.Parallel()
	night := lead.Hours{From: 22 * 60, To: 7 * 60}
	for at, want := range map[string]string{
		"2026-06-01T22:00:00+02:00": "2026-06-02T07:00:00+02:00",
		"2026-06-02T06:59:59+02:00": "2026-06-02T07:00:00+02:00",
		"2026-06-02T07:00:00+02:00": "",
		"2026-06-02T21:59:59+02:00": "",
		"2026-10-24T23:00:00+02:00": "2026-10-25T07:00:00+01:00", // the night is an hour longer
		"2026-03-29T01:00:00+01:00": "2026-03-29T07:00:00+02:00", // and one shorter
	} {
		zone, err := time.LoadLocation("Europe/Berlin")
		if err != nil {
			t.Fatal(err)
		}
		moment, err := time.Parse(time.RFC3339, at)
		if err != nil {
			t.Fatal(err)
		}
		got := ""
		if end := night.Until(moment, zone); !end.IsZero() {
			got = end.In(zone).Format(time.RFC3339)
		}
		if got != want {
			t.Errorf("at %s the night lasts until %q, want %q", at, got, want)
		}
	}
}
