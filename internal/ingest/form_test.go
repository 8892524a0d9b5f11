package ingest

import (
	"bytes"
	"encoding/json"
	"io"
	"mime/multipart"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/leadwheel/leadwheel/internal/lead"
	"github.com/leadwheel/leadwheel/store"
)

// A formPart is a field of a multipart form.
type formPart struct{ name, value, file string }

// multipartBody writes a multipart form, and its content type.
func multipartBody(t testing.TB, parts ...formPart) (contentType, body string) {
	t.Helper()
	var b bytes.Buffer
	w := multipart.NewWriter(&b)
	for _, p := range parts {
		create := func() (io.Writer, error) { return w.CreateFormField(p.name) }
		if p.file != "" {
			create = func() (io.Writer, error) { return w.CreateFormFile(p.name, p.file) }
		}
		f, err := create()
		if err == nil {
			_, err = f.Write([]byte(p.value))
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return w.FormDataContentType(), b.String()
}

func TestForms(t *testing.T) {
	t.Parallel()
	const urlencoded = "application/x-www-form-urlencoded"
	multi, multiBody := multipartBody(t, formPart{name: "your-name", value: "Ada"}, formPart{name: "fields[email]", value: "a@example.com"},
		formPart{name: "cv", value: "%PDF", file: "cv.pdf"}, formPart{name: "unit[]", value: "Condo"}, formPart{name: "unit[]", value: "Villa"})
	raw := `{"slug":"submit/1","q3_name":{"first":"Aisyah","last":"Tan"},"q4_email":"a@example.com","q5_phone":{"full":"(012) 345-6789"},"q6_units":["Condo","Villa"],"event_id":"x"}`
	jotform, jotformBody := multipartBody(t, formPart{name: "formID", value: "2401"}, formPart{name: "submissionID", value: "5871"},
		formPart{name: "rawRequest", value: raw}, formPart{name: "pretty", value: "Name:Aisyah Tan"}, formPart{name: "upload", value: "x", file: "a.png"})
	_, brokenBody := multipartBody(t, formPart{name: "submissionID", value: "5871"}, formPart{name: "email", value: "a@example.com"}, formPart{name: "rawRequest", value: "{not JSON"})
	adf := `<?xml version="1.0"?><?adf version="1.0"?><adf><prospect><id source="x">77</id><requestdate>yesterday</requestdate><vehicle interest="buy" status="new"><make>Perodua</make></vehicle><customer><contact><name part="first">Aisyah</name><name part="last">Tan</name><email>a@example.com</email><phone type="voice">012-345 6789</phone></contact><comments>A & B</comments></customer><vendor><contact><name part="full">Dealer</name></contact></vendor></prospect></adf>`
	for _, test := range []struct {
		name, kind, body string
		want             made
	}{
		{"urlencoded", urlencoded, "first_name=Ada&last_name=Bell&email=a%40example.com&unit%5B%5D=Condo&unit%5B%5D=Villa&utm_source=ig&gclid=Cj0&consent=on&note=a+b", made{
			Name: "Ada Bell", Email: "a@example.com", Fields: object{"unit": []any{"Condo", "Villa"}, "note": "a b"},
			Attribution: object{"utm_source": "ig", "gclid": "Cj0", "click_id": "Cj0"}, Consent: object{"consent": true},
		}},
		{"odd input 15: a semicolon", urlencoded, "name=A;B&email=x", made{Name: "A;B", Email: "x"}},
		{"odd input 15: percent signs", urlencoded, "name=%zz+100%&email=a%40b&x=%", made{Name: "%zz 100%", Email: "a@b", Fields: object{"x": "%"}}},
		{"odd input 16: NUL and Latin-1", urlencoded, "name=Jos%E9%00&city=Z%FCrich%80", made{Name: "José", Fields: object{"city": "Zürich€"}}},
		{"odd input 17: plain text", "text/plain", "name=Ada Bell\r\nemail=a@example.com\r\nnote=x=y\r\n", made{Name: "Ada Bell", Email: "a@example.com", Fields: object{"note": "x=y"}}},
		{"odd input 17: no content type", "", "name=Ada&phone=012", made{Name: "Ada", Phone: "012"}},
		{"odd input 17: JSON by another name", urlencoded, `{"name":"Ada","n":1.50}`, made{Name: "Ada", Fields: object{"n": json.Number("1.50")}}},
		{"odd input 17: a form by the name of multipart", "multipart/form-data", "name=Ada", made{Name: "Ada"}},
		{"odd input 17: multipart without its boundary", "", multiBody, made{
			Name: "Ada", Email: "a@example.com", Fields: object{"cv": "cv.pdf", "unit": []any{"Condo", "Villa"}},
		}},
		{"multipart", multi, multiBody, made{Name: "Ada", Email: "a@example.com", Fields: object{"cv": "cv.pdf", "unit": []any{"Condo", "Villa"}}}},
		{"multipart that breaks off", multi, multiBody[:strings.Index(multiBody, "Villa")], made{
			Name: "Ada", Email: "a@example.com", Fields: object{"cv": "cv.pdf", "unit": "Condo"},
		}},
		{"jotform", jotform, jotformBody, made{
			Name: "Aisyah Tan", Email: "a@example.com", Phone: "(012) 345-6789", ID: "5871",
			Fields: object{"units": []any{"Condo", "Villa"}}, Attribution: object{"form_id": "2401"},
		}},
		{"odd input 21: jotform that is no JSON", "", brokenBody, made{Email: "a@example.com", Fields: object{"rawRequest": "{not JSON", "submissionID": "5871"}}},
		{"salesforce", urlencoded, "oid=00D1&first_name=Ada&last_name=Bell&company=Acme&lead_source=Web&Campaign_ID=7010&00N5g=x", made{
			Name: "Ada Bell", Source: "Web", Fields: object{"oid": "00D1", "company": "Acme", "00N5g": "x"}, Attribution: object{"campaign_id": "7010"},
		}},
		{"ADF", "application/x-adf+xml", adf, made{
			Name: "Aisyah Tan", Email: "a@example.com", Phone: "012-345 6789",
			Fields: object{"id": "77", "requestdate": "yesterday", "vehicle make": "Perodua", "customer comments": "A & B", "vendor contact name": "Dealer"},
		}},
	} {
		settings := store.IntegrationSettings{HiddenFields: []string{"consent", "submissionID", "form_id", "lead_source", "Campaign_ID"}}
		got, err := parse(t, lead.KindForm, settings, requestFor(test.body, "Content-Type", test.kind))
		if diff := cmp.Diff([]made{test.want}, got); diff != "" || err != nil {
			t.Errorf("%s: %v (-want +got):\n%s", test.name, err, diff)
		}
	}
}

func TestQueryIsOnlyAttribution(t *testing.T) {
	t.Parallel()
	r := requestFor("phone=012", "Content-Type", "application/x-www-form-urlencoded")
	r.Query = "name=q&email=q%40example.com&utm_campaign=Jan&fbclid=f1" // odd input 15
	got, err := parse(t, lead.KindForm, store.IntegrationSettings{}, r)
	want := []made{{Phone: "012", Attribution: object{"utm_campaign": "Jan", "fbclid": "f1", "click_id": "f1"}}}
	if diff := cmp.Diff(want, got); diff != "" || err != nil {
		t.Error(err, diff)
	}
}

func TestHoneypotAndRedirect(t *testing.T) {
	t.Parallel()
	settings := store.IntegrationSettings{Honeypot: "website", RedirectURL: "https://shop.example/thanks?x=1"}
	for body, want := range map[string]string{
		"name=A":                "https://shop.example/thanks?x=1",
		"name=A&_next=%2Fother": "https://shop.example/other",
		"name=A&retURL=https%3A%2F%2Fshop.example%2Fb":           "https://shop.example/b",
		"name=A&redirect=https%3A%2F%2Fevil.example%2F":          "https://shop.example/thanks?x=1",
		"name=A&redirect=%2F%2Fevil.example%2F":                  "https://shop.example/thanks?x=1",
		"name=A&redirect=%2F%5Cevil.example":                     "https://shop.example/thanks?x=1",
		"name=A&redirect=javascript%3Aalert(1)":                  "https://shop.example/thanks?x=1",
		"name=A&redirect=https%3A%2F%2Fshop.example%40evil.com/": "https://shop.example/thanks?x=1",
	} {
		p, err := form{}.Parse(settings, requestFor(body))
		if err != nil || p.Redirect != want || len(p.Leads) != 1 {
			t.Errorf("%s goes to %q with %d leads: %v", body, p.Redirect, len(p.Leads), err)
		}
	}
	if p, err := (form{}).Parse(settings, requestFor("name=A&Website=spam")); err != nil || len(p.Leads) != 0 || p.Note == "" {
		t.Errorf("a filled honeypot gave %+v, %v", p, err)
	}
	if p, err := (form{}).Parse(settings, requestFor("name=A&website=")); err != nil || len(p.Leads) != 1 {
		t.Errorf("an empty honeypot gave %+v, %v", p, err)
	}
}

func TestOddInput18JSON(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name, body string
		want       []made
	}{
		{"byte order mark", "\ufeff{\"name\":\"Ada\"}", []made{{Name: "Ada"}}},
		{"NUL", `{"name":"A\u0000da","x":"\\u0000"}`, []made{{Name: "Ada", Fields: object{"x": `\u0000`}}}},
		{"NUL in the raw", "{\"name\":\"A\x00da\"}", []made{{Name: "Ada"}}},
		{"not UTF-8", "{\"name\":\"Jos\xe9\"}", []made{{Name: "Jos\uFFFD"}}},
		{"lone surrogate", `{"name":"A\ud800"}`, []made{{Name: "A\uFFFD"}}},
		{"duplicate keys", `{"name":"Ada","name":"Bea"}`, []made{{Name: "Bea"}}},
		{"a second object", `{"name":"Ada"} {"name":"Bea"}`, []made{{Name: "Ada"}, {Name: "Bea"}}},
		{"an array at the top", `[{"name":"Ada"},{"email":"b@c"}]`, []made{{Name: "Ada"}, {Email: "b@c"}}},
		{"what is no object", `["x",3]`, []made{{Fields: object{"value": "x"}}, {Fields: object{"value": json.Number("3")}}}},
		{"odd input 5: ids of any type", `{"name":"Ada","external_id":7412345678901234567,"campaign_id":120210000000000021}`, []made{{
			Name: "Ada", ID: "7412345678901234567", Attribution: object{"campaign_id": "120210000000000021"},
		}}},
		{"numbers that the database refuses", `{"name":"Ada","n":1e999999}`, []made{{Name: "Ada", Fields: object{"n": "1e999999"}}}},
		{"nothing in it", `{"name":null,"email":[],"phone":{},"x":""}`, []made{{}}},
		{"two of a role", `{"phone":"1","mobile":"2","phones":["3"]}`, []made{{Phone: "1", Fields: object{"mobile": "2", "phones": []any{"3"}}}}},
		{"many values of a role", `{"email":["a@b","c@d"]}`, []made{{Email: "a@b", Fields: object{"email": []any{"a@b", "c@d"}}}}},
	} {
		got, err := parse(t, lead.KindGeneric, store.IntegrationSettings{}, requestFor(test.body))
		if diff := cmp.Diff(test.want, got); diff != "" || err != nil {
			t.Errorf("%s: %v (-want +got):\n%s", test.name, err, diff)
		}
	}
	for _, body := range []string{"", " ", "null{", `{"a":` + strings.Repeat("[", 10_001) + strings.Repeat("]", 10_001) + "}"} {
		if got, err := parse(t, lead.KindGeneric, store.IntegrationSettings{}, requestFor(body, "Content-Type", "application/json")); err == nil {
			t.Errorf("%.20q gave %v", body, got)
		}
	}
}

func TestMapping(t *testing.T) {
	t.Parallel()
	settings := store.IntegrationSettings{Mapping: map[string]string{"name": "data.who.0.full", "phone": "data.tel", "external_id": "meta.id"}}
	got, err := parse(t, lead.KindGeneric, settings, requestFor(`{"data":{"who":[{"full":"Ada"}],"tel":60123,"size":2},"meta":{"id":9007199254740993},"name":"list"}`))
	want := []made{{Name: "Ada", Phone: "60123", ID: "9007199254740993", Fields: object{"data": object{"who": nil, "size": json.Number("2")}, "name": "list"}}}
	delete(want[0].Fields["data"].(object), "who")
	if diff := cmp.Diff(want, got); diff != "" || err != nil {
		t.Error(err, diff)
	}
	got, err = parse(t, lead.KindForm, store.IntegrationSettings{Mapping: map[string]string{"name": "q1"}}, requestFor("q1=Ada&name=x"))
	if diff := cmp.Diff([]made{{Name: "Ada", Fields: object{"name": "x"}}}, got); diff != "" || err != nil {
		t.Error(err, diff)
	}
}

func TestWhatIsTooLargeIsCut(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("é", 300)
	got, err := parse(t, lead.KindGeneric, store.IntegrationSettings{}, requestFor(`{"name":"`+long+`","big":"`+strings.Repeat("x", 70_000)+`","small":"y","external_id":"`+strings.Repeat("i", 3000)+`"}`))
	if err != nil || len(got) != 1 {
		t.Fatal(got, err)
	}
	l := got[0]
	if l.Name != strings.Repeat("é", 200) || l.Fields["name"] != long || l.Fields["small"] != "y" || l.Fields["big"] != nil || l.Fields[leftOut] == nil {
		t.Errorf("cut to %.300v", l)
	}
	if !strings.HasPrefix(l.ID, "sha256:") && len(l.ID) > maxExternalID {
		t.Errorf("the id is %.100q", l.ID)
	}
}
