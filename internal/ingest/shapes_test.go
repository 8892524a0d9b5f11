package ingest

import (
	"strings"
	"testing"

	"github.com/leadwheel/leadwheel/store"
)

// What stands beside many leads is not stored many times where it is long.
func TestWhatStandsBesideManyLeadsIsBounded(t *testing.T) {
	t.Parallel()
	many := "[" + strings.Repeat(`{"name":"A"},`, 2000) + `{"name":"A"}]`
	long := strings.Repeat("x", 50_000)
	for _, body := range []string{
		`{"form":"f1","note":"` + long + `","leads":` + many + `}`,
		"form=f1&note=" + long + "&data=" + many,
	} {
		p, err := generic{}.Parse(store.IntegrationSettings{}, Request{Body: []byte(body)})
		if err != nil || len(p.Leads) != 2001 {
			t.Fatalf("%d leads, %v", len(p.Leads), err)
		}
		for _, l := range p.Leads {
			made, _, err := newLead(store.Hook{}, l)
			if err != nil || string(made.Fields) != `{"form":"f1"}` {
				t.Fatalf("one has %d bytes of fields, %v", len(made.Fields), err)
			}
		}
	}
}
