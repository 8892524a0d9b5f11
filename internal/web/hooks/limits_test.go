package hooks_test

import (
	"bufio"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/leadwheel/leadwheel/internal/web/hooks"
)

// TestSlowBodiesAreCutOff sends a body byte by byte, as who would tie up a server does.
func TestSlowBodiesAreCutOff(t *testing.T) {
	t.Parallel()
	d := newDesk(t, func(o *hooks.Deps) { o.BodyTimeout = 300 * time.Millisecond })
	i := d.google()
	conn, err := (&net.Dialer{}).DialContext(t.Context(), "tcp", strings.TrimPrefix(d.url, "http://"))
	d.must(err)
	defer conn.Close()
	began := time.Now()
	_, err = fmt.Fprintf(conn, "POST %s HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\n", i.url)
	d.must(err)
	go func() {
		tick := time.NewTicker(50 * time.Millisecond)
		defer tick.Stop()
		for range tick.C {
			if _, err := conn.Write([]byte(" ")); err != nil {
				return
			}
		}
	}()
	d.must(conn.SetReadDeadline(time.Now().Add(waitLong)))
	response, err := http.ReadResponse(bufio.NewReader(conn), nil)
	d.must(err)
	defer response.Body.Close()
	if response.StatusCode != http.StatusServiceUnavailable || !response.Close {
		t.Errorf("answered %s, and the connection stays: %t", response.Status, !response.Close)
	}
	if took := time.Since(began); took > 5*time.Second {
		t.Errorf("it was cut off after %s", took)
	}
	i.post(googleBody).is(200) // others are not held up
}

func TestAddressesBehindAProxy(t *testing.T) {
	t.Parallel()
	d := newDesk(t, func(o *hooks.Deps) {
		o.AddressRate, o.Proxies = 1, []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}
	})
	i := d.integrate("generic", nil)
	for _, from := range []string{"198.51.100.1", "198.51.100.2", "2001:db8::1"} {
		i.post(`{"name":"Ada"}`, "X-Forwarded-For", "8.8.8.8, "+from).is(200)
		i.post(`{"name":"Ada"}`, "X-Forwarded-For", "9.9.9.9, "+from).is(429)
	}
}

// TestOldDeliveriesAreDeleted deletes what was delivered long ago, in steps. A lead that is delivered once more is known all the
// same.
func TestOldDeliveriesAreDeleted(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	i, m := d.google(), d.meta(nil)
	i.post(googleBody).is(200)
	i.post(strings.Replace(googleBody, "k-9d2f", "wrong", 1)).is(401)
	i.post(strings.NewReplacer("Aisyah Tan", "", "+60123456789", "").Replace(googleBody)).is(200)
	d.call("PATCH", "/v1/integrations/"+i.id, object{"enabled": false}).is(200)
	i.post(strings.Replace(googleBody, "gl-7f3a-0001", "gl-2", 1)).is(200)
	m.post(metaBody, "X-Hub-Signature-256", metaSigned).is(200)
	if got := i.outcomes() + " " + m.outcomes(); got != "lead refused unmapped held held" {
		t.Fatalf("the deliveries are %q", got)
	}
	if _, err := d.DB.ExecContext(t.Context(), `UPDATE integration_events SET received_at = received_at - interval '31 days'`); err != nil {
		t.Fatal(err)
	}
	d.call("PATCH", "/v1/integrations/"+i.id, object{"enabled": true}).is(200)
	i.post(`{"google_key":"k-9d2f","lead_id":"gl-3","user_column_data":[{"column_id":"EMAIL","string_value":"b@example.com"}]}`).is(200)
	before := d.Store.Now().Add(-30 * 24 * time.Hour)
	for _, want := range []int64{3, 2, 0} {
		if n, err := d.Store.DeleteOldEvents(t.Context(), before, 3); n != want || err != nil {
			t.Errorf("%d were deleted, want %d: %v", n, want, err)
		}
	}
	i.post(googleBody).is(200)
	m.post(metaBody, "X-Hub-Signature-256", metaSigned).is(200)
	if got := i.outcomes() + ", " + m.outcomes(); got != "lead duplicate, duplicate" {
		t.Errorf("the deliveries are %q", got)
	}
	if n := d.count(`SELECT count(*) FROM fetches`); n != 1 {
		t.Errorf("%d leads are to be fetched", n)
	}
	if n := len(d.leads()); n != 2 {
		t.Errorf("%d leads", n)
	}
}

// TestOddInput23CopiesOfOneLead has a lead come from the platform, in the platform's file, and by another way round.
func TestOddInput23CopiesOfOneLead(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	d.call("PATCH", "/v1/workspace", object{"duplicates": object{"policy": "reject", "days": 30}}).is(200)
	i, zap := d.google(), d.integrate("generic", nil)
	i.post(googleBody).is(200)
	file := d.send("POST", "/v1/imports?integration_id="+i.id+"&group_id="+d.group.String(), "Lead ID,Full Name,Phone\nl:gl-7f3a-0001,Aisyah Tan,p:+60123456789\n",
		"Authorization", "Bearer "+d.key, "Content-Type", "text/csv").is(202).object()
	if file["duplicates"] != 1.0 {
		t.Errorf("the file ended as %v", file)
	}
	for range 2 {
		zap.post(`{"full_name":"Aisyah Tan","phone_number":"012-345 6789"}`, "Idempotency-Key", "zap-1").is(200)
	}
	d.distribute()
	all := d.leads()
	if len(all) != 2 || all[1]["duplicate_of"] != all[0]["id"] || all[1]["phone_e164"] != "+60123456789" {
		t.Errorf("the leads are %v", all)
	}
	if n := d.count(`SELECT count(*) FROM assigned_leads`); n != 1 {
		t.Errorf("it was given out %d times", n)
	}
	if n := d.count(`SELECT count(*) FROM history WHERE reason = 'duplicate'`); n != 1 {
		t.Errorf("history tells of %d duplicates", n)
	}
}
