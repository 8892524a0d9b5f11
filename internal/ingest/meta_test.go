package ingest

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/leadwheel/leadwheel/store"
)

const (
	metaSecret = "meta-app-secret-01"
	metaBody   = `{"object":"page","entry":[{"id":"106523998877001","time":1767229200,"changes":[{"field":"leadgen","value":{"leadgen_id":"900100200300401","page_id":"106523998877001","form_id":"770011223344556","ad_id":"120210000000000021","adgroup_id":"120210000000000021","created_time":1767229195}}]}]}`
	metaSigned = "sha256=4d719f9aed5e07d92b31beac1f804fea07ff2743c267c035626078c1dbece7bc"
	// metaEscaped is signed as it came. Written anew it would be other bytes, with another signature.
	metaEscaped       = `{"object":"page","entry":[{"id":"1","time":1767229200,"changes":[{"field":"leadgen","value":{"leadgen_id":"2","note":"Caf\u00e9 A\/B"}}]}]}`
	metaEscapedSigned = "sha256=1fb6f306590da7af689f14290eb94a87a8ecc883724fc095aea7af25b4dc75c9"
	// metaLeadBody is a lead as the Graph API gives it.
	metaLeadBody = `{"id":"900100200300401","created_time":"2026-01-01T00:59:55+0000","form_id":"770011223344556","platform":"ig","is_organic":false,"field_data":[{"name":"full_name","values":["Aisyah Tan"]},{"name":"phone_number","values":["+60123456789"]},{"name":"which_unit?","values":["Condo","Villa"]}],"custom_disclaimer_responses":[{"checkbox_key":"optional_1","is_checked":"1"},{"checkbox_key":"optional_2","is_checked":""}]}`
)

func metaRequest(body, signature string) Request {
	return Request{Header: http.Header{metaSignature: {signature}}, Body: []byte(body)}
}

func TestOddInput3MetaVerifiesTheBytesAsTheyCame(t *testing.T) {
	t.Parallel()
	secrets := Secrets{Secret: metaSecret}
	for body, signature := range map[string]string{metaBody: metaSigned, metaEscaped: metaEscapedSigned} {
		if err := (meta{}).Verify(secrets, metaRequest(body, signature)); err != nil {
			t.Error(err)
		}
	}
	for name, signature := range map[string]string{
		"none": "", "no prefix": strings.TrimPrefix(metaSigned, "sha256="), "sha1": "sha1=" + metaSigned[7:47], "short": metaSigned[:40],
		"upper case": "SHA256=" + metaSigned[7:], "of another": metaEscapedSigned,
	} {
		if err := (meta{}).Verify(secrets, metaRequest(metaBody, signature)); Unsigned(err) == nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	written := strings.NewReplacer(`\u00e9`, "é", `\/`, "/").Replace(metaEscaped)
	if err := (meta{}).Verify(secrets, metaRequest(written, metaEscapedSigned)); Unsigned(err) == nil {
		t.Error("a body written anew is taken for the one that was signed")
	}
	if err := (meta{}).Verify(Secrets{}, metaRequest(metaBody, metaSigned)); !errors.Is(err, errNoSecret) {
		t.Error("without a secret:", err)
	}
}

func TestOddInput1MetaChallenge(t *testing.T) {
	t.Parallel()
	secrets := Secrets{VerifyToken: "T"}
	ask := func(query string) (string, error) {
		values, err := url.ParseQuery(query)
		if err != nil {
			t.Fatal(err)
		}
		c, err := (meta{}).Challenge(secrets, values)
		return string(c.Body), err
	}
	for _, challenge := range []string{"1158201444", "98765432109876543210"} {
		if got, err := ask("hub.mode=subscribe&hub.verify_token=T&hub.challenge=" + challenge); got != challenge || err != nil {
			t.Errorf("answered %q, %v", got, err)
		}
	}
	for _, query := range []string{"", "hub.mode=subscribe&hub.challenge=1&hub.verify_token=x", "hub.challenge=1&hub.verify_token=T"} {
		if got, err := ask(query); Unsigned(err) == nil {
			t.Errorf("%q is answered %q, %v", query, got, err)
		}
	}
	secrets = Secrets{}
	if _, err := ask("hub.mode=subscribe&hub.challenge=1&hub.verify_token="); Unsigned(err) == nil {
		t.Error("an integration without a verify_token takes the empty one")
	}
}

func TestMetaNotifications(t *testing.T) {
	t.Parallel()
	change := func(value string) string { return `{"field":"leadgen","value":` + value + `}` }
	page := func(changes ...string) string {
		return `{"object":"page","entry":[{"id":1,"changes":[` + strings.Join(changes, ",") + `]}]}`
	}
	tests := []struct {
		name, body, want, note string
		attribution            Attribution
	}{
		{"one lead", metaBody, "900100200300401", "", Attribution{"page_id": "106523998877001", "form_id": "770011223344556", "ad_id": "120210000000000021", "adgroup_id": "120210000000000021"}},
		{"odd input 6: no ads", metaEscaped, "2", "", Attribution{}},
		{"odd input 5: numbers of 19 digits", page(change(`{"leadgen_id":7412345678901234567,"form_id":9007199254740993}`)), "7412345678901234567", "", Attribution{"form_id": "9007199254740993"}},
		{"the same lead twice", page(change(`{"leadgen_id":"1"}`), change(`{"leadgen_id":1}`)), "1", "", nil},
		{"what is no lead among leads", page(`{"field":"feed","value":"x"}`, change(`{"leadgen_id":"1"}`), change(`null`), change(`{"leadgen_id":"../me"}`)), "1", "2 of its changes name no lead", nil},
		{"no lead", page(`{"field":"feed","value":{}}`), "", "1 of its changes are not about leads", nil},
		{"another object", `{"object":"user","entry":[{"changes":[{"field":"leadgen","value":{"leadgen_id":"1"}}]}]}`, "", `it is about "user", and leads come from a page`, nil},
		{"nothing", `{"object":"page"}`, "", "", nil},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			p, err := meta{}.Parse(store.IntegrationSettings{}, Request{Body: []byte(test.body)})
			var ids []string
			for _, f := range p.Fetches {
				ids = append(ids, f.ID)
				if diff := cmp.Diff(test.attribution, f.Attribution); diff != "" && test.attribution != nil {
					t.Error(diff)
				}
			}
			if strings.Join(ids, " ") != test.want || p.Note != test.note || err != nil {
				t.Errorf("leads %q, note %q, %v", ids, p.Note, err)
			}
		})
	}
	for _, body := range []string{"", "<html>", "[]", "{}{}", page(change(`{"leadgen_id":""}`))} {
		var unmapped *UnmappedError
		if p, err := (meta{}).Parse(store.IntegrationSettings{}, Request{Body: []byte(body)}); !errors.As(err, &unmapped) {
			t.Errorf("%q is read as %+v, %v", body, p, err)
		}
	}
}

// lookedAt is what of a lead a test looks at.
func lookedAt(l Lead) string {
	c, err := l.Answers.settle(false)
	if err != nil {
		return err.Error()
	}
	attribution, err := json.Marshal(l.Attribution)
	if err != nil {
		return err.Error()
	}
	return fmt.Sprintf("%s: %s|%s|%s|%s %s %v test=%v", l.ID, c.name, c.email, c.phone, c.fields, attribution, l.Consent, l.Test)
}

func TestMetaLeads(t *testing.T) {
	t.Parallel()
	tests := []struct{ name, body, want string }{
		{"as documented", metaLeadBody, `900100200300401: Aisyah Tan||+60123456789|{"which_unit?":["Condo","Villa"]} ` +
			`{"form_id":"770011223344556","is_organic":"false","platform":"ig","submitted_at":"2026-01-01T00:59:55Z"} map[optional_1:true optional_2:false] test=false`},
		{"odd input 5: ids as numbers", `{"id":7412345678901234567,"ad_id":120210000000000021,"campaign_id":120210000000000023,"campaign_name":"Jan","field_data":[{"name":"email","values":"a@b.c"}],"vehicle":"suv"}`,
			`7412345678901234567: |a@b.c||{"vehicle":"suv"} {"ad_id":"120210000000000021","campaign_id":"120210000000000023","campaign_name":"Jan"} map[] test=false`},
		{"odd input 6: no answers", `{"id":"1","field_data":[{"name":"email","values":[]},{"name":"city"}]}`, `1: ||| {} map[] test=false`},
		{"odd input 7: a test", `{"id":"1","field_data":[{"name":"full_name","values":["<test lead: dummy data for full_name>"]}]}`, `1: <test lead: dummy data for full_name>||| {} map[] test=true`},
		{"odd input 7: a test by its address", `{"id":"1","field_data":[{"name":"email","values":["test@fb.com"]}]}`, `1: |test@fb.com|| {} map[] test=true`},
		{"time in another form", `{"id":"1","created_time":1767229195,"field_data":[{"name":"email","values":["a@b.c"]}]}`, `1: |a@b.c|| {"submitted_at":"2026-01-01T00:59:55Z"} map[] test=false`},
	}
	for _, test := range tests {
		l, err := meta{}.lead([]byte(test.body))
		if err != nil {
			t.Fatal(test.name, err)
		}
		if diff := cmp.Diff(test.want, lookedAt(l)); diff != "" {
			t.Error(test.name, diff)
		}
	}
	for _, body := range []string{"", "[]", "{}", `{"id":""}`, `{"id":"1","field_data":{}}`} {
		if l, err := (meta{}).lead([]byte(body)); err == nil {
			t.Errorf("%q is read as %+v", body, l)
		}
	}
}

func TestOddInput8RefusalsOfTheGraph(t *testing.T) {
	t.Parallel()
	code := func(n int) string {
		return fmt.Sprintf(`{"error":{"message":"m","type":"OAuthException","code":%d,"error_subcode":33}}`, n)
	}
	tests := []struct {
		status int
		body   string
		want   refusal
	}{
		{400, code(4), refusedThrottled}, {400, code(17), refusedThrottled}, {400, code(32), refusedThrottled}, {400, code(613), refusedThrottled},
		{400, code(80005), refusedThrottled}, {429, "{}", refusedThrottled}, {429, "<html>", refusedThrottled},
		{400, code(190), refusedToken}, {401, code(190), refusedToken}, {400, code(102), refusedToken}, {401, "{}", refusedToken},
		{403, code(10), refusedPermission}, {403, code(200), refusedPermission}, {403, code(299), refusedPermission},
		{500, code(1), refusedNow}, {503, code(2), refusedNow}, {400, code(341), refusedNow}, {400, code(368), refusedNow},
		{400, code(100), refusedLead}, {404, "{}", refusedLead}, {400, code(99999), refusedLead}, {500, code(99999), refusedNow},
		{500, "<html>", refusedNow}, {502, "", refusedNow}, {400, "<html>", refusedNow}, {200, "<html>", refusedNow}, {302, "", refusedNow},
	}
	for _, test := range tests {
		if got := refusedByGraph(test.status, http.Header{}, []byte(test.body)); got == nil || got.refusal != test.want {
			t.Errorf("%d %s is read as %+v, want %d", test.status, test.body, got, test.want)
		}
	}
	if got := refusedByGraph(200, http.Header{}, []byte(metaLeadBody)); got != nil {
		t.Errorf("a lead is read as %v", got)
	}
	usage := http.Header{graphUsage: {`{"1":[{"type":"leadgen","estimated_time_to_regain_access":3}],"2":[{"estimated_time_to_regain_access":19},{}]}`}}
	if got := refusedByGraph(400, usage, []byte(code(80005))); got.wait.Minutes() != 19 {
		t.Errorf("the wait is %v", got.wait)
	}
}

// FuzzMeta holds that no delivery and no answer makes a panic, and that what is read of them can be stored.
func FuzzMeta(f *testing.F) {
	for _, seed := range []string{metaBody, metaEscaped, metaLeadBody, `{"data":[` + metaLeadBody + `]}`, `{"object":"page","entry":[{"changes":[{"field":"leadgen","value":{"leadgen_id":7}}]}]}`, "{}", `{"error":{"code":190}}`} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		p, err := meta{}.Parse(store.IntegrationSettings{}, Request{Body: body})
		checkParsed(t, p, err)
		if l, err := (meta{}).lead(body); err == nil {
			checkParsed(t, Parsed{Leads: []Lead{l}}, nil)
		}
		if refused := refusedByGraph(400, http.Header{graphUsage: {string(body)}}, body); refused == nil || refused.wait < 0 {
			t.Fatalf("a refusal is read as %v", refused)
		}
	})
}

func checkParsed(t *testing.T, p Parsed, err error) {
	t.Helper()
	var unmapped *UnmappedError
	if err != nil && !errors.As(err, &unmapped) {
		t.Fatal(err)
	}
	for _, f := range p.Fetches {
		if !platformID.MatchString(f.ID) {
			t.Fatalf("%q is to be fetched", f.ID)
		}
	}
	for _, l := range p.Leads {
		made, _, err := newLead(store.Hook{}, l)
		if err != nil {
			t.Fatal(err)
		}
		for _, text := range []string{made.Name, made.Email, made.Phone, string(made.Fields), string(made.Attribution), string(made.Consent)} {
			if strings.ToValidUTF8(text, "") != text || strings.ContainsRune(text, 0) {
				t.Fatalf("the database will refuse %q", text)
			}
		}
	}
}

// TestMetaEchoesNumbersOnly asks for other things than challenges to come back, which a browser would take for ours.
func TestMetaEchoesNumbersOnly(t *testing.T) {
	t.Parallel()
	for _, challenge := range []string{"", "<script>alert(1)</script>", "1 2", "-1", "1e5", "1\r\nSet-Cookie: x", "１２", strings.Repeat("1", 101), "sha256=00"} {
		c, err := (meta{}).Challenge(Secrets{VerifyToken: "T"}, url.Values{
			"hub.mode": {"subscribe"}, "hub.verify_token": {"T"}, "hub.challenge": {challenge},
		})
		if Unsigned(err) == nil || c.Body != nil {
			t.Errorf("%q comes back as %q, %v", challenge, c.Body, err)
		}
	}
}
