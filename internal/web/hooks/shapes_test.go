package hooks_test

import (
	"bytes"
	"compress/flate"
	"compress/gzip"
	"compress/zlib"
	"fmt"
	"io"
	"strings"
	"testing"

	"github.com/klauspost/compress/zstd"
	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/japanese"
	"golang.org/x/text/encoding/korean"
	"golang.org/x/text/encoding/simplifiedchinese"
	"golang.org/x/text/encoding/traditionalchinese"
	"golang.org/x/text/encoding/unicode"

	"github.com/leadwheel/leadwheel/internal/web/hooks"
)

// packed is a body as a sender packs it.
func packed(t testing.TB, body string, open func(io.Writer) (io.WriteCloser, error)) string {
	t.Helper()
	var b bytes.Buffer
	w, err := open(&b)
	if err == nil {
		_, err = io.WriteString(w, body)
	}
	if err == nil {
		err = w.Close()
	}
	if err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func zipped(t testing.TB, body string) string {
	return packed(t, body, func(w io.Writer) (io.WriteCloser, error) { return gzip.NewWriter(w), nil })
}

func zstandard(t testing.TB, body string) string {
	return packed(t, body, func(w io.Writer) (io.WriteCloser, error) { return zstd.NewWriter(w) })
}

func in(t testing.TB, e encoding.Encoding, text string) string {
	t.Helper()
	b, err := e.NewEncoder().String(text)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// shown is what a test looks at of a lead.
func shown(l map[string]any) string {
	var all []string
	for _, name := range []string{"name", "email", "phone", "phone_e164"} {
		if l[name] != nil {
			all = append(all, fmt.Sprint(l[name]))
		}
	}
	return strings.Join(all, "|")
}

// A shape is a delivery, and the leads that are in it, a line each.
type shape struct {
	about, body, kind string
	want              string
	more              []string
}

const ada, adas = `{"name":"Ada Lim","email":"ada@example.com"}`, "Ada Lim|ada@example.com"
const text, plainJSON = "text/plain", "application/json"

// encodings are deliveries in charsets of all kinds, packed, and put together from text.
func encodings(t testing.TB) []shape {
	return []shape{
		{"latin1", field(t, "39-latin1.json"), plainJSON, "René Muñoz|rene@example.com", nil},
		{"latin1 declared", field(t, "39-latin1.json"), plainJSON + "; charset=ISO-8859-1", "René Muñoz|rene@example.com", nil},
		{"latin1 declared of what is UTF-8", `{"name":"René"}`, plainJSON + "; charset=ISO-8859-1", "René", nil},
		{"windows-1251", in(t, charmap.Windows1251, `{"name":"Анна"}`), plainJSON + "; charset=windows-1251", "Анна", nil},
		{"gb18030", in(t, simplifiedchinese.GB18030, `{"name":"张伟"}`), plainJSON + "; charset=gb18030", "张伟", nil},
		{"GBK that nobody declares", in(t, simplifiedchinese.GBK, `{"name":"张伟","city":"北京"}`), plainJSON, "张伟", nil},
		{"Big5 that nobody declares", in(t, traditionalchinese.Big5, `{"name":"陳大文","city":"台北市"}`), plainJSON, "陳大文", nil},
		{"Shift_JIS", in(t, japanese.ShiftJIS, `{"name":"山田 表"}`), plainJSON + "; charset=Shift_JIS", "山田 表", nil},
		{"Korean that nobody declares", in(t, korean.EUCKR, `{"name":"김철수","message":"안녕하세요 전화 주세요"}`), plainJSON, "김철수", nil},
		{"ISO-2022-JP", in(t, japanese.ISO2022JP, `{"name":"山田"}`), plainJSON + "; charset=iso-2022-jp", "山田", nil},
		{"utf-16", field(t, "41-utf16.json"), plainJSON, "张伟|zw@example.com", nil},
		{"utf-16 without a mark", in(t, unicode.UTF16(unicode.LittleEndian, unicode.IgnoreBOM), ada), plainJSON + "; charset=utf-16", adas, nil},
		{"utf-16 big", in(t, unicode.UTF16(unicode.BigEndian, unicode.UseBOM), ada), plainJSON, adas, nil},
		{"utf-16 form", in(t, unicode.UTF16(unicode.LittleEndian, unicode.IgnoreBOM), "name=Ada&email=ada@example.com"), urlencoded, "Ada|ada@example.com", nil},
		{"utf-16 declared of what is UTF-8", ada, plainJSON + "; charset=utf-16", adas, nil},
		{"unknown charset", ada, plainJSON + "; charset=klingon", adas, nil},
		{"form in shift_jis", "name=%8ER%93c&email=y@example.com", urlencoded + "; charset=shift_jis", "山田|y@example.com", nil},
		{"form in gbk that nobody declares", "name=%D5%C5%CE%B0", urlencoded, "张伟", nil},
		{"line end in a string", field(t, "42-newline.json"), plainJSON, adas, nil},
		{"NaN", field(t, "44-nan.json"), plainJSON, adas, nil},
		{"trailing comma and NUL", `{"name":"Ada Lim","email":"ada@example.com",}` + "\x00", plainJSON, adas, nil},
		{"undefined", `{"name":"Ada Lim","email":"ada@example.com","x":undefined,"y":}`, plainJSON, adas, nil},
		{"Python", `{'name': 'Ada Lim', 'email': 'ada@example.com', 'x': None, 'ok': True}`, plainJSON, adas, nil},
		{"JSON in JSON", field(t, "45-double.json"), plainJSON, adas, nil},
		{"list of JSON in JSON", `["{\"name\":\"Ada Lim\",\"email\":\"ada@example.com\"}"]`, plainJSON, adas, nil},
		{"gzip", field(t, "46-gzip.json.gz"), plainJSON, adas, []string{"Content-Encoding", "gzip"}},
		{"gzip without saying so", field(t, "46-gzip.json.gz"), plainJSON, adas, nil},
		{"gzip that a proxy unpacked", ada, plainJSON, adas, []string{"Content-Encoding", "gzip"}},
		{"Zstandard", zstandard(t, ada), plainJSON, adas, []string{"Content-Encoding", "zstd"}},
		{"Zstandard that a proxy unpacked", ada, plainJSON, adas, []string{"Content-Encoding", "zstd"}},
		{"zlib", field(t, "48-deflate.json.zz"), plainJSON, adas, []string{"Content-Encoding", "deflate"}},
		{"raw deflate", packed(t, ada, func(w io.Writer) (io.WriteCloser, error) { return flate.NewWriter(w, 9) }), plainJSON, adas, []string{"Content-Encoding", "deflate"}},
		{"packed twice", zipped(t, packed(t, ada, func(w io.Writer) (io.WriteCloser, error) { return zlib.NewWriter(w), nil })), plainJSON, adas, []string{"Content-Encoding", "deflate, gzip"}},
		{"packed form in latin1", zipped(t, "name=Ren%E9"), urlencoded, "René", []string{"Content-Encoding", "x-gzip"}},
	}
}

// shapes are deliveries that say in their own ways what is what.
func shapes(t testing.TB) []shape {
	return []shape{
		{"form that says JSON", field(t, "49-form-as-json.form"), plainJSON, "Ada Lim|ada@example.com|+60123456781|+60123456781", nil},
		{"JSON that says form", ada, urlencoded, adas, nil},
		{"JSON that says multipart", ada, "multipart/form-data; boundary=x", adas, nil},
		{"JSON escaped as a whole", "%7B%22name%22%3A%22Ada%20Lim%22%2C%22email%22%3A%22ada%40example.com%22%7D=", urlencoded, adas, nil},
		{"payload", field(t, "51-payload.form"), urlencoded, adas, nil},
		{"payload of two", `data=[{"name":"Ada"},{"name":"Bea"}]&form=f1`, urlencoded, "Ada\nBea", nil},
		{"data.json", `data.json={"email":["ada@example.com"],"first_name":["Ada"]}`, urlencoded, "Ada|ada@example.com", nil},
		{"rawRequest without numbers", `rawRequest={"name":{"first":"Ada","last":"Lim"},"email":"ada@example.com"}&formID=1`, urlencoded, adas, nil},
		{"HubSpot", field(t, "55-hubspot.json"), plainJSON, "Aisyah Tan|aisyah@example.com|0123456781|", nil},
		{"labels", `{"fields":[{"label":"Your Name","value":"Ada Lim"},{"label":"Email","value":"ada@example.com"}]}`, plainJSON, adas, nil},
		{"Tally", `{"data":{"responseId":"r","fields":[{"key":"q1","label":"Wie?","type":"INPUT_EMAIL","value":"ada@example.com"},{"key":"q2","label":"Full name","type":"INPUT_TEXT","value":"Ada Lim"}]}}`, plainJSON, adas, nil},
		{"properties", `{"vid":7,"properties":{"email":{"value":"ada@example.com"},"firstname":{"value":"Ada"},"lastname":{"value":"Lim"}}}`, plainJSON, adas, nil},
		{"Elementor", `{"form":{"id":"a","name":"Contact"},"fields":{"name":{"id":"name","type":"text","title":"Name","value":"Ada Lim","raw_value":"Ada Lim"},"field_1":{"id":"field_1","type":"email","title":"Wo?","value":"ada@example.com"}}}`, plainJSON, adas, nil},
		{"field_data", `{"id":"7","field_data":[{"name":"full_name","values":["Ada Lim"]},{"name":"email","values":["ada@example.com"]}]}`, plainJSON, adas, nil},
		{"LinkedIn's like", `{"formResponse":{"answers":[{"name":"firstName","answer":"Ada"},{"name":"lastName","answer":"Lim"},{"name":"emailAddress","answer":"ada@example.com"}]}}`, plainJSON, adas, nil},
		{"Calendly", `{"event":"invitee.created","payload":{"name":"Ada Lim","email":"ada@example.com","questions_and_answers":[{"question":"Budget","answer":"5"}]}}`, plainJSON, adas, nil},
		{"Webflow", `{"triggerType":"form_submission","payload":{"name":"Contact form","data":{"Name":"Ada Lim","Email":"ada@example.com"}}}`, plainJSON, adas, nil},
		{"names in parts", field(t, "57-nameobject.json"), plainJSON, "Aisyah Tan|aisyah@example.com", nil},
		{"names in parts with a value", `{"Name":{"value":{"first":"Ada","last":"Lim"},"field_type":"name"},"Email":{"value":"ada@example.com","field_type":"email"}}`, plainJSON, adas, nil},
		{"nested", field(t, "59-nested.json"), plainJSON, "Aisyah Tan|aisyah@example.com", nil},
		{"an agent's address is not the person's", `{"agent":{"email":"agent@example.com"},"contact":{"email":"ada@example.com","name":"Ada Lim"}}`, plainJSON, adas, nil},
		{"list in an object", `{"form_id":"f1","leads":[{"name":"Ada"},{"name":"Bea"}]}`, plainJSON, "Ada\nBea", nil},
		{"plus", field(t, "60-plus.form"), urlencoded, "Foreign Guest|guest@example.com|+6591234567|+6591234567", nil},
		{"a number with a space before it", "name=Ada&phone=+0123456781", urlencoded, "Ada|0123456781|+60123456781", nil},
		{"words for nothing beside one that is there", `{"name":"null","email":"ada@example.com","phone":"N/A","x":"None"}`, plainJSON, "ada@example.com", nil},
		{"XML", field(t, "77-json.xml"), "application/xml", adas, nil},
		{"XML of names and values", `<form><field name="Full Name">Ada Lim</field><field name="email" value="ada@example.com"/></form>`, text, adas, nil},
		{"XML of two", `<?xml version="1.0" encoding="ISO-8859-1"?><leads><lead><name>Ren` + "\xe9" + `</name></lead><lead id="2"><name>Bea</name></lead></leads>`, "text/xml", "René\nBea", nil},
	}
}

// TestShapes sends leads in all the shapes that senders are known to send, and some more.
func TestShapes(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	for _, test := range append(encodings(t), shapes(t)...) {
		t.Run(test.about, func(t *testing.T) {
			i := d.integrate("generic", nil)
			i.send("POST", i.url, test.body, append([]string{"Content-Type", test.kind}, test.more...)...).is(200)
			var got []string
			for _, l := range d.leads("integration_id=" + i.id) {
				got = append(got, strings.TrimSuffix(shown(l), "|"))
			}
			want := strings.Split(test.want, "\n")
			if all := strings.Join(got, "\n"); all != test.want && !strings.HasPrefix(all, strings.TrimSuffix(want[0], "|")+"|") || len(got) != len(want) {
				t.Errorf("the leads are %q, want %q; the deliveries %v", got, want, i.events())
			}
			event := i.events()[0]
			if event["made"] != float64(len(want)) || event["not_made"] != 0.0 {
				t.Errorf("the delivery tells %v", event)
			}
			if got := i.replay(event["id"]).is(200).object()["outcome"]; got != "duplicate" { // what is kept can be read again
				t.Errorf("read again it is %v", got)
			}
		})
	}
}

// What cannot be taken is refused so that its sender sees it, and kept with the reason where something came in.
func TestWhatIsNotTakenIsSaid(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	i := d.integrate("generic", nil)
	i.post("x", "Content-Encoding", "br").is(415)
	i.post("x", "Content-Encoding", "gzip, gzip, gzip, gzip").is(415)
	i.post("x", "Content-Encoding", "deflate").is(400)
	i.post(zipped(t, `{"name":"Ada"}`)[:20], "Content-Encoding", "gzip").is(400)
	i.post(zipped(t, `{"name":"`+strings.Repeat("a", hooks.MaxBody)+`"}`), "Content-Encoding", "gzip").is(413)
	bomb := packed(t, strings.Repeat("a", 64<<20), func(w io.Writer) (io.WriteCloser, error) { return zlib.NewWriter(w), nil })
	i.post(bomb, "Content-Encoding", "deflate").is(413)
	i.post(zstandard(t, strings.Repeat("a", 64<<20)), "Content-Encoding", "zstd").is(413)
	i.post(zstandard(t, `{"name":"Ada"}`)[:12], "Content-Encoding", "zstd").is(400)
	i.post("\x28\xb5\x2f\xfd\x00\xa0", "Content-Encoding", "zstd").is(400) // whose window is 3 TiB
	i.post("[" + strings.Repeat(`{"name":"A"},`, 5000) + `{"name":"A"}]`).is(413)
	i.post("<a>" + strings.Repeat("<b/>", 30_000) + "</a>").is(413)
	if n := len(d.leads()); n != 0 {
		t.Errorf("%d leads", n)
	}
	if events := i.events(); len(events) != 11 || strings.ReplaceAll(i.outcomes(), "refused", "") != strings.Repeat(" ", 10) || events[0]["detail"] == nil {
		t.Errorf("the deliveries are %v", events)
	}
	for _, body := range []string{`hello`, field(t, "73-words.json"), `{"name":"-","phone":"undefined"}`, `{"product":{"name":"Condo"}}`, `<a/>`} {
		if got := i.post(body).is(200).object()["outcome"]; got != "unmapped" {
			t.Errorf("%s is %v", body, got)
		}
	}
	i.post(field(t, "71-1001.json")).is(200)
	if n := d.count(`SELECT count(*) FROM leads`); n != 1001 {
		t.Errorf("%d of 1001 leads", n)
	}
}

// The signature is over what was sent, packed as it was.
func TestPackedBodiesAreSignedAsTheyAreSent(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	i := d.integrate("tiktok", object{"secret": "s"})
	body := `{"object":1,"entry":[{"id":7,"changes":[{"field":"name","value":"Ada"}]}]}`
	sent := zipped(t, body)
	i.post(sent, "Content-Encoding", "gzip", "X-Open-Signature", signed("s", body)).is(401)
	i.post(sent, "Content-Encoding", "gzip", "X-Open-Signature", signed("s", sent)).is(200)
	d.only()
	event := i.events()[1]
	if got := d.call("GET", fmt.Sprintf("/v1/integrations/%s/events/%v", i.id, event["id"]), nil).object()["body"]; got != body {
		t.Errorf("kept is %v", got)
	}
	google := d.google()
	google.post(zipped(t, googleBody), "Content-Encoding", "gzip").is(200)
	google.post(googleBody, "Content-Encoding", "br").is(415)
	if n := d.count(`SELECT count(*) FROM integration_events WHERE outcome = 'lead' AND position('k-9d2f'::bytea IN body) > 0`); n != 0 {
		t.Error("the key is kept")
	}
}

func TestMappingOfNamesWithDots(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	i := d.integrate("generic", object{"mapping": object{"name": "1.3", "email": "2", "phone": "3"}})
	i.post(field(t, "53-gravity.json")).is(200)
	i.post(`{"entry":{"1.3":"Bea","1":{"3":"no"}},"2":"b@example.com"}`).is(200)
	d.call("PATCH", "/v1/integrations/"+i.id, object{"mapping": object{"name": "a.b.c.d", "email": "x.0.y.z"}}).is(200)
	i.post(`{"a.b":{"c.d":"Cyd"},"x":[{"y.z":"c@example.com"}]}`).is(200)
	all := d.leads()
	if shown(all[0]) != "Aisyah|aisyah@example.com|012-345 6781|+60123456781" || shown(all[1]) != "b@example.com" || shown(all[2]) != "Cyd|c@example.com" {
		t.Errorf("the leads are %v", all)
	}
}

// A key holds for a day, and for what was sent with it.
func TestAnIdempotencyKeyStandsForOneBody(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	i, other, form := d.integrate("generic", nil), d.integrate("generic", nil), d.integrate("form", nil)
	first := i.post(field(t, "10-samekey-0.json"), "Idempotency-Key", "k").is(200)
	if again := i.post(field(t, "10-samekey-0.json"), "Idempotency-Key", "k").is(200); again.body != first.body {
		t.Errorf("answered %s, and before %s", again.body, first.body)
	}
	i.post(field(t, "10-samekey-1.json"), "Idempotency-Key", "k").is(422)
	if got := i.outcomes(); got != "lead duplicate refused" || len(i.events()[1]["lead_ids"].([]any)) != 1 {
		t.Errorf("the deliveries are %q: %v", got, i.events())
	}
	i.replay(i.events()[2]["id"]).is(200) // somebody decides that it is a lead all the same
	other.post(field(t, "10-samekey-1.json"), "Idempotency-Key", "k").is(200)
	form.send("POST", form.url, "name=Ada", "Content-Type", urlencoded, "Idempotency-Key", "k").is(200)
	form.send("POST", form.url, "name=Bea", "Content-Type", urlencoded, "Idempotency-Key", "k").is(422)
	if l := d.leads(); len(l) != 4 || l[0]["external_id"] != nil {
		t.Fatalf("the leads are %v", l)
	}
	if n, err := d.Store.DeleteOldArrivalKeys(t.Context(), d.Store.Now()); n != 0 || err != nil {
		t.Errorf("%d keys are deleted: %v", n, err)
	}
	_, err := d.DB.ExecContext(t.Context(), `UPDATE delivery_keys SET expires_at = expires_at - interval '24 hours'`)
	d.must(err)
	i.post(field(t, "10-samekey-2.json"), "Idempotency-Key", "k").is(200)
	if n, err := d.Store.DeleteOldArrivalKeys(t.Context(), d.Store.Now()); n != 2 || err != nil {
		t.Errorf("%d keys are deleted: %v", n, err)
	}
	if n := len(d.leads()); n != 5 {
		t.Errorf("%d leads", n)
	}
	// What made nothing holds no key: it is sent again once it is right.
	other.post(`{"who":"?"}`, "Idempotency-Key", "k2").is(200)
	other.post(`{"name":"Dan"}`, "Idempotency-Key", "k2").is(200)
}

func TestOneKeyManyTimesAtOnce(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	i := d.integrate("generic", nil)
	statuses := make(chan int, 20)
	for n := range 20 {
		go func() {
			r, err := i.try("POST", i.url, fmt.Sprintf(`{"name":"Lead %d"}`, n%2), "Content-Type", "application/json", "Idempotency-Key", "k")
			if err != nil {
				r.status = 0
			}
			statuses <- r.status
		}()
	}
	got := make(map[int]int)
	for range 20 {
		got[<-statuses]++
	}
	d.only()
	if got[200] != 10 || got[422] != 10 {
		t.Errorf("answered %v", got)
	}
}

// The same order sent again under a new message id is the same lead, and an id of a message is no lead's.
func TestAMappedIDWinsOverAHeader(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	i := d.integrate("generic", object{"mapping": object{"external_id": "order.no"}})
	i.post(`{"name":"Ada","order":{"no":"o-1"}}`, "Webhook-Id", "m1").is(200)
	i.post(`{"name":"Ada","order":{"no":"o-1"},"try":2}`, "Webhook-Id", "m2", "Idempotency-Key", "x").is(200)
	if l := d.only(); l["external_id"] != "o-1" {
		t.Errorf("the lead is %v", l)
	}
	i.post(`{"name":"Bea"}`, "Webhook-Id", "m3").is(200)
	i.post(`{"name":"Bea"}`, "Webhook-Id", "m3").is(200)
	i.post(`{"name":"Cyd"}`, "Webhook-Id", "m3").is(200) // a sender whose ids are all the same
	if got := i.outcomes(); got != "lead duplicate lead duplicate lead" {
		t.Errorf("the deliveries are %q", got)
	}
	form := d.integrate("form", nil)
	for n := range 2 {
		form.send("POST", form.url, "name=Dan&external_id=f-1", "Content-Type", urlencoded, "Idempotency-Key", fmt.Sprint(n)).is(200)
	}
	if got := form.outcomes(); got != "lead duplicate" {
		t.Errorf("the form's deliveries are %q", got)
	}
}
