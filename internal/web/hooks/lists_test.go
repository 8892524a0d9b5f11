package hooks_test

import (
	"strconv"
	"strings"
	"testing"
)

const (
	listed  = `{"name":"Ada","email":"a@example.com"},{"name":"Bea","phone":"+60123456781"}`
	persons = "Ada|a@example.com\nBea|+60123456781|+60123456781"
	things  = `[{"name":"Widget","price":1},{"name":"Gadget","price":2}]`
)

// lists are deliveries of several leads, and some of one beside lists of something else.
var lists = []shape{
	{"a list within data", `{"data":{"items":[` + listed + `]}}`, plainJSON, persons, nil},
	{"rows of a result", `{"result":{"rows":[` + listed + `]}}`, plainJSON, persons, nil},
	{"lists of lists", `[[{"name":"Ada","email":"a@example.com"}],[{"name":"Bea","phone":"+60123456781"}]]`, plainJSON, persons, nil},
	{"a list of lists by a name", `{"leads":[[{"name":"Ada","email":"a@example.com"}],[{"name":"Bea","phone":"+60123456781"}]]}`, plainJSON, persons, nil},
	{"rows under a header", `[["Name","Email","Phone"],["Ada","a@example.com",null],["Bea",null,"+60123456781"]]`, plainJSON, persons, nil},
	{"rows under a header within", `{"result":{"values":[["Name","Email","Phone"],["Ada","a@example.com"],["Bea","","+60123456781"]]}}`, plainJSON, persons, nil},
	{"rows and their columns", `{"columns":["name","email","phone"],"data":[["Ada","a@example.com",""],["Bea","","+60123456781"]]}`, plainJSON, persons, nil},
	{"rows and objects for columns", `{"fields":[{"id":"1","label":"Name"},{"id":"2","label":"Email"}],"rows":[["Ada","a@example.com"]]}`, plainJSON, "Ada|a@example.com", nil},
	{"rows, a line each", "[\"Name\",\"Email\"]\n[\"Ada\",\"a@example.com\"]", plainJSON, "Ada|a@example.com", nil},
	{"rows without a header", `[["x","a@example.com"],["y","+60123456781"]]`, plainJSON, "a@example.com\n+60123456781|+60123456781", nil},
	{"columns", `{"name":["Ada","Bea"],"email":["a@example.com","b@example.com"]}`, plainJSON, "Ada|a@example.com\nBea|b@example.com", nil},
	{"numbered columns", `{"name":{"0":"Ada","1":"Bea"},"email":{"0":"a@example.com","1":"b@example.com"}}`, plainJSON, "Ada|a@example.com\nBea|b@example.com", nil},
	{"numbered leads", `{"leads":{"1":{"name":"Ada","email":"a@example.com"},"2":{"name":"Bea","phone":"+60123456781"}}}`, plainJSON, persons, nil},
	{"numbers alone", `{"0":{"name":"Ada","email":"a@example.com"},"1":{"name":"Bea","phone":"+60123456781"}}`, plainJSON, persons, nil},
	{"numbers beside other things", `{"0":{"name":"Ada","email":"a@example.com"},"1":{"name":"Bea","phone":"+60123456781"},"form_id":"f"}`, plainJSON, persons, nil},
	{"numbers in their order", `{"10":{"name":"Bea","phone":"+60123456781"},"9":{"name":"Ada","email":"a@example.com"}}`, plainJSON, persons, nil},
	{"names with numbers", `{"lead1":{"name":"Ada","email":"a@example.com"},"lead2":{"name":"Bea","phone":"+60123456781"}}`, plainJSON, persons, nil},
	{"keys of records", `{"leads":{"-NxAbCdEfGhIjKlMnOp":{"name":"Ada","email":"a@example.com"},"-NxAbCdEfGhIjKlMnOq":{"name":"Bea","phone":"+60123456781"}}}`, plainJSON, persons, nil},
	{"new leads", `{"new_leads":[` + listed + `]}`, plainJSON, persons, nil},
	{"new and other leads", `{"newLeads":[{"name":"Ada","email":"a@example.com"}],"old_leads":[{"name":"Bea","phone":"+60123456781"}]}`, plainJSON, persons, nil},
	{"a body in a payload", `{"payload":{"body":[` + listed + `]}}`, plainJSON, persons, nil},
	{"a text of JSON in a payload", `{"payload":{"body":"[` + strings.ReplaceAll(listed, `"`, `\"`) + `]"}}`, plainJSON, persons, nil},
	{"texts of JSON", `{"leads":["{\"name\":\"Ada\",\"email\":\"a@example.com\"}","{\"name\":\"Bea\",\"phone\":\"+60123456781\"}"]}`, plainJSON, persons, nil},
	{"lists of each entry", `{"entry":[{"id":1,"leads":[{"name":"Ada","email":"a@example.com"}]},{"id":2,"leads":[{"name":"Bea","phone":"+60123456781"}]}]}`, plainJSON, persons, nil},
	{"very deep", strings.Repeat(`{"a":`, 12) + `[` + listed + `]` + strings.Repeat("}", 12), plainJSON, persons, nil},
	{"nodes of edges", `{"data":{"leads":{"edges":[{"node":{"name":"Ada","email":"a@example.com"}},{"node":{"name":"Bea","phone":"+60123456781"}}]}}}`, plainJSON, persons, nil},
	{"a value of leads", `{"leads":[{"name":"Ada","email":"a@example.com","value":5},{"name":"Bea","phone":"+60123456781","value":6}]}`, plainJSON, persons, nil},
	{"names and values as a list", `[{"name":"email","value":"a@example.com"},{"name":"full name","value":"Ada"}]`, plainJSON, "Ada|a@example.com", nil},
	{"names and values by another name", `{"submission_fields":[{"label":"Name","value":"Ada"},{"label":"Email","value":"a@example.com"}]}`, plainJSON, "Ada|a@example.com", nil},
	{"addresses in a list", `{"people":[{"name":"Ada","email":[{"value":"a@example.com","primary":true}]},{"name":"Bea","phones":[{"type":"mobile","number":"+60123456781"}]}]}`, plainJSON, persons, nil},
	{"beside who sends it", `{"email":"owner@example.com","leads":[` + listed + `]}`, plainJSON, persons, nil},
	{"beside a team", `{"team":[{"email":"t@example.com"},{"email":"u@example.com"}],"recipients":[{"email":"r@example.com"}],"rows":[` + listed + `]}`, plainJSON, persons, nil},
	{"XML deeper", `<r><result><rows><row><name>Ada</name><email>a@example.com</email></row><row><name>Bea</name><phone>+60123456781</phone></row></rows></result></r>`, text, persons, nil},
	{"an order", `{"customer":{"name":"Ada","email":"a@example.com"},"items":` + things + `}`, plainJSON, "Ada|a@example.com", nil},
	{"an order within", `{"data":{"order":{"line_items":` + things + `,"billing":{"first_name":"Ada","email":"a@example.com"},"shipping":{"email":"a@example.com"}}}}`, plainJSON, "Ada|a@example.com", nil},
	{"an order whose items come first", `{"data":` + things + `,"who":{"name":"Ada","email":"a@example.com"}}`, plainJSON, "Ada|a@example.com", nil},
	{"who brings others", `{"name":"Ada","email":"a@example.com","guests":[{"name":"B","email":"b@example.com"},{"name":"C","email":"c@example.com"}]}`, plainJSON, "Ada|a@example.com", nil},
	{"orders of leads", `{"leads":[{"name":"Ada","email":"a@example.com","items":` + things + `},{"name":"Bea","phone":"+60123456781","items":` + things + `}]}`, plainJSON, persons, nil},
	{"what somebody did", `{"event":"x","lead":{"name":"Ada","email":"a@example.com","events":[{"type":"open","email":"a@example.com"},{"type":"click","email":"a@example.com"}]}}`, plainJSON, "Ada|a@example.com", nil},
	{"people and products", `{"people":[{"name":"Ada"},{"name":"Bea"}],"products":` + things + `}`, plainJSON, "Ada\nBea", nil},
}

// TestLeadsAreFoundWhereverTheyStand sends lists of leads in all the shapes that programs write them in.
func TestLeadsAreFoundWhereverTheyStand(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	for _, test := range lists {
		t.Run(test.about, func(t *testing.T) {
			i := d.integrate("generic", nil)
			i.send("POST", i.url, test.body, "Content-Type", test.kind).is(200)
			var got []string
			for _, l := range d.leads("integration_id=" + i.id) {
				got = append(got, shown(l))
			}
			if all := strings.Join(got, "\n"); all != test.want {
				t.Errorf("the leads are %q, want %q; the deliveries %v", all, test.want, i.events())
			}
			event := i.events()[0]
			if event["made"] != float64(1+strings.Count(test.want, "\n")) || event["not_made"] != 0.0 {
				t.Errorf("the delivery tells %v", event)
			}
			if got := i.replay(event["id"]).is(200).object()["outcome"]; got != "duplicate" {
				t.Errorf("read again it is %v", got)
			}
		})
	}
}

// What of a list is no lead is counted where it stands, however deep that is.
func TestWhatOfAListIsNoLeadIsCounted(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	for body, want := range map[string][2]int{
		`{"data":{"items":[{"name":"Ada","email":"a@example.com"},{"note":"x"},{"name":"Bea","email":"b@example.com"}]}}`: {2, 1},
		`{"data":[["Name","Email"],["Ada","a@example.com"],["",""],["Bea","b@example.com"]]}`:                             {2, 1},
		`{"leads":{"1":{"email":"a@example.com"},"2":{"note":"x"},"3":{"email":"b@example.com"}}}`:                        {2, 1},
		`{"email":"owner@example.com","leads":[{"email":"a@example.com"},{"note":"x"}]}`:                                  {1, 1},
		`[[{"email":"a@example.com"},{"note":"x"}],[{"email":"b@example.com"}],7]`:                                        {2, 2},
	} {
		i := d.integrate("generic", nil)
		i.post(body).is(200)
		event := i.events()[0]
		if event["made"] != float64(want[0]) || event["not_made"] != float64(want[1]) || len(event["reasons"].([]any)) == 0 {
			t.Errorf("%s\nis told as %v made, %v not made: %v", body, event["made"], event["not_made"], event["reasons"])
		}
	}
	i := d.integrate("generic", nil)
	i.post(`{"data":{"items":[` + strings.Repeat(`{"name":"A"},`, 5000) + `{"name":"A"}]}}`).is(413)
	i.post(`{"result":{"rows":[["Name"]` + strings.Repeat(`,["A"]`, 5001) + `]}}`).is(413)
	i.post(`{"leads":{` + numbered(5001) + `}}`).is(413)
	if got := i.outcomes(); got != "refused refused refused" {
		t.Errorf("lists that are too long are %s", got)
	}
}

func numbered(n int) string {
	var b strings.Builder
	for i := range n {
		if i > 0 {
			b.WriteByte(',')
		}
		b.WriteString(`"` + strconv.Itoa(i) + `":{"email":"a@example.com"}`)
	}
	return b.String()
}

// A mapping is followed in each of a list, unless it finds somebody in what stands around it.
func TestMappingsReachIntoLists(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	i := d.integrate("generic", object{"mapping": object{"name": "wer", "phone": "reach.at", "external_id": "id"}})
	i.post(`{"id":"delivery-1","data":{"items":[{"id":"1","wer":"Ada","reach":{"at":"+60123456781"}},{"wer":"Bea","reach":{"at":"+60123456782"}},{"wer":"Cyd"}]}}`).is(200)
	i.post(`{"wer":"Dee","items":[{"name":"Widget"},{"name":"Gadget"}]}`).is(200)
	var got []string
	for _, l := range d.leads() {
		got = append(got, shown(l))
	}
	if want := "Ada|+60123456781|+60123456781 Bea|+60123456782|+60123456782 Cyd Dee"; strings.Join(got, " ") != want {
		t.Errorf("the leads are %q, want %q", got, want)
	}
	if all := d.leads(); all[0]["external_id"] != "1" || all[1]["external_id"] != nil || all[2]["external_id"] != nil {
		t.Errorf("the id of the delivery is that of its leads: %v", all)
	}
}
