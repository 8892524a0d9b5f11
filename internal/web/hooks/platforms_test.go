package hooks_test

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"net/http"
	"strings"
	"testing"

	"github.com/google/uuid"
)

// metaBody names one lead; the signature is over its bytes.
const (
	metaBody   = `{"object":"page","entry":[{"id":"106523998877001","time":1767229200,"changes":[{"field":"leadgen","value":{"leadgen_id":"900100200300401","page_id":"106523998877001","form_id":"770011223344556","ad_id":"120210000000000021","adgroup_id":"120210000000000021","created_time":1767229195}}]}]}`
	metaSigned = "sha256=4d719f9aed5e07d92b31beac1f804fea07ff2743c267c035626078c1dbece7bc"
)

func (d *desk) meta(more object) integration {
	all := object{"secret": "meta-app-secret-01", "verify_token": "T", "access_token": "t", "form_ids": []string{"77"}}
	for name, value := range more {
		all[name] = value
	}
	return d.integrate("meta", all)
}

func TestOddInput1MetaChecksItsAddress(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	i := d.meta(nil)
	ask := func(challenge, token string) reply {
		return i.send("GET", i.url+"?hub.mode=subscribe&hub.challenge="+challenge+"&hub.verify_token="+token, "")
	}
	for _, challenge := range []string{"1158201444", "98765432109876543210"} {
		if got := ask(challenge, "T").is(200); got.body != challenge || !strings.HasPrefix(got.header.Get("Content-Type"), "text/plain") {
			t.Errorf("answered %q as %s", got.body, got.header.Get("Content-Type"))
		}
	}
	if got := ask("<script>", "wrong").is(403); strings.Contains(got.body, "<script>") {
		t.Error("the challenge comes back without the token")
	}
	i.send("GET", i.url, "").is(403)
	d.send("GET", "/hooks/meta/"+strings.Repeat("a", 52), "").is(404)
	g := d.google()
	d.send("GET", g.url, "").is(405)
}

func TestOddInput2MetaDeliveriesThatAreNotSigned(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	i := d.meta(nil)
	for _, signature := range []string{"", "sha1=" + metaSigned[7:47], metaSigned[7:], metaSigned[:30], strings.Replace(metaSigned, "4d", "4e", 1)} {
		i.post(metaBody, "X-Hub-Signature-256", signature).is(401)
	}
	if n := d.count("SELECT count(*) FROM fetches"); n != 0 {
		t.Errorf("%d leads are to be fetched", n)
	}
	i.post(metaBody, "X-Hub-Signature-256", metaSigned).is(200)
	i.post(metaBody, "X-Hub-Signature-256", metaSigned).is(200)
	if got := i.outcomes(); got != "refused refused refused refused refused held duplicate" {
		t.Errorf("the deliveries are %q", got)
	}
	if n := d.count("SELECT count(*) FROM fetches WHERE external_id = '900100200300401'"); n != 1 {
		t.Errorf("%d leads are to be fetched", n)
	}
}

func TestLinkedInChecksItsAddress(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	i := d.integrate("linkedin", object{"secret": "li-client-secret-03"})
	const code = "2f1c8a52-7c0e-4b5e-9a1d-3d6f0e4b9c11"
	got := i.send("GET", i.url+"?challengeCode="+code, "").is(200)
	if o := got.object(); o["challengeCode"] != code || o["challengeResponse"] != "32ebec8806cdf446e30f0cd48a2be2e296738b9db99c5bac0bbc0b35ff42ac6e" ||
		got.header.Get("Content-Type") != "application/json" {
		t.Error(got.body)
	}
	i.send("GET", i.url, "").is(403)
	body := `{"type":"LEAD_ACTION","leadGenFormResponse":"urn:li:leadGenFormResponse:5a3c-9","leadAction":"CREATED"}`
	sign := func(text string) string {
		mac := hmac.New(sha256.New, []byte("li-client-secret-03"))
		mac.Write([]byte(text))
		return hex.EncodeToString(mac.Sum(nil))
	}
	i.post(body, "X-LI-Signature", sign(body)).is(401)
	i.post(body, "X-LI-Signature", sign("hmacsha256="+body)).is(200)
	if got := i.outcomes(); got != "refused held" {
		t.Errorf("the deliveries are %q", got)
	}
}

func TestReconcileAndANewToken(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	i := d.meta(nil)
	path := "/v1/integrations/" + i.id
	health := func() object { return d.call("GET", path, nil).is(200).object()["health"].(object) }
	d.call("POST", path+"/reconcile", nil).is(202)
	if n := d.count("SELECT count(*) FROM integrations WHERE reconcile_at <= now() AND reconcile IS NOT NULL"); n != 1 {
		t.Error("nothing is to be looked through")
	}
	i.post(metaBody, "X-Hub-Signature-256", metaSigned).is(200)
	d.must(d.Store.SetHealth(t.Context(), d.workspace, uuidOf(t, i.id), "token_dead", d.Store.Now().Add(3600e9), 1))
	if h := health(); h["state"] != "token_dead" || h["held"] != 1.0 {
		t.Errorf("the health is %v", h)
	}
	d.call("PATCH", path, object{"name": "Ads"}).is(200)
	if h := health(); h["state"] != "token_dead" {
		t.Errorf("another name makes the health %v", h)
	}
	if h := d.call("PATCH", path, object{"access_token": "new"}).is(200).object()["health"].(object); h["state"] != "ok" || h["held"] != 0.0 {
		t.Errorf("another token makes the health %v", h)
	}
	for _, other := range []integration{d.meta(object{"form_ids": []string{}}), d.google()} {
		d.call("POST", "/v1/integrations/"+other.id+"/reconcile", nil).is(http.StatusUnprocessableEntity)
	}
}

// A lead that came in a file and the delivery that tells of it are one lead, whichever comes first.
func TestAFileAndADeliveryOfTheSameLead(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	i := d.google()
	i.post(googleBody).is(200)
	file := func(query, body string) object {
		return d.send("POST", "/v1/imports?"+query, body, "Authorization", "Bearer "+d.key, "Content-Type", "text/csv").is(202).object()
	}
	of := "integration_id=" + i.id
	again := file(of, "Lead ID,Full Name,Campaign ID\ngl-7f3a-0001,Aisyah Tan,c:10000000001\ngl-2,Bea,c:5\n")
	if again["imported"] != 1.0 || again["duplicates"] != 1.0 || again["integration_id"] != i.id {
		t.Errorf("the file ended as %v", again)
	}
	if got := d.leads("campaign_id=5", "integration_id="+i.id); len(got) != 1 || got[0]["external_id"] != "gl-2" {
		t.Errorf("by campaign there are %v", got)
	}
	i.post(strings.Replace(googleBody, "gl-7f3a-0001", "gl-2", 1)).is(200)

	m := d.meta(nil)
	export := "id\tform_id\tfull_name\tphone_number\nl:900100200300401\tf:770011223344556\tAisyah Tan\tp:+60123456789\nl:8\tf:7\t<test lead: dummy data for full_name>\t\n"
	if got := file("integration_id="+m.id+"&group_id="+d.group.String(), export); got["imported"] != 2.0 {
		t.Errorf("the file ended as %v", got)
	}
	m.post(metaBody, "X-Hub-Signature-256", metaSigned).is(200)
	if got := i.outcomes() + ", " + m.outcomes(); got != "lead duplicate, duplicate" {
		t.Errorf("the deliveries are %q", got)
	}
	if got := d.leads("test=true"); len(got) != 1 || d.count("SELECT count(*) FROM fetches") != 0 {
		t.Errorf("the tests are %v", got)
	}
	if got := file("integration_id="+m.id, "id,name\n900100200300401,Aisyah Tan\n"); got["duplicates"] != 1.0 {
		t.Errorf("the file ended as %v", got)
	}
	for _, id := range []string{"x", uuid.NewString()} {
		d.send("POST", "/v1/imports?integration_id="+id, "name\nAda\n", "Authorization", "Bearer "+d.key, "Content-Type", "text/csv").is(422)
	}
}

func uuidOf(t *testing.T, text string) uuid.UUID {
	t.Helper()
	id, err := uuid.Parse(text)
	if err != nil {
		t.Fatal(err)
	}
	return id
}
