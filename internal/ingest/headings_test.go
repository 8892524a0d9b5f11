package ingest

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/leadwheel/leadwheel/internal/lead"
	"github.com/leadwheel/leadwheel/internal/leadfile"
	"github.com/leadwheel/leadwheel/store"
)

// heard reads a file of the options and returns its columns, its leads, and what is said of it.
func heard(o FileOptions, file string) (columns string, leads, said []string) {
	f, err := o.open(strings.NewReader(file), leadfile.Options{})
	if err != nil {
		return "", nil, []string{err.Error()}
	}
	defer f.Close()
	for {
		row, err := f.Next()
		var reject *leadfile.Reject
		switch {
		case errors.As(err, &reject):
			leads = append(leads, "rejected: "+reject.Reason)
			continue
		case err != nil && !errors.Is(err, io.EOF):
			return "", leads, append(said, err.Error())
		case err == nil:
			leads = append(leads, fmt.Sprintf("%s|%s|%s %s", row.Name, row.Email, row.Phone, row.Fields))
			continue
		}
		all, _ := f.Columns()
		var named []string
		for _, c := range all {
			named = append(named, strings.TrimSpace(c.Becomes()+" "+c.By))
		}
		return strings.Join(named, ", "), leads, f.Warnings()
	}
}

func example(t testing.TB, name string) string {
	t.Helper()
	data, err := os.ReadFile("testdata/headings/" + name)
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

func TestHeadingsOfFiles(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ name, file, columns, lead string }{
		{"Google contacts", example(t, "16-google-contacts.csv"), "first name, middle name, last name, field, field, email, field, phone",
			`Aisyah Tan|aisyah@example.com|+60 12-345 6781 {"E-mail 1 - Label":"* Home","Labels":"* myContacts","Phone 1 - Label":"Mobile"}`},
		{"contact no", example(t, "17-contact-no.csv"), "name, phone, email, field", `Aisyah Tan|aisyah@example.com|012-345 6781 {"Remark":"walk-in"}`},
		{"Malay", "Nama Penuh (seperti dalam IC),No. Telefon / HP,Alamat E-mel\nAisyah,0123456781,a@example.com\n", "name, phone, email", "Aisyah|a@example.com|0123456781 {}"},
		{"Chinese", "姓,名,联系电话,电子邮箱,公司名称\n张,伟,0123456781,z@example.com,大公司\n", "last name, first name, phone, email, field", `张伟|z@example.com|0123456781 {"公司名称":"大公司"}`},
		{"German", "Vorname;Name;Tel.-Nr.;E-Mail-Adresse\nJörg;Müller;03012345678;j@example.com\n", "first name, name, phone, email", "Jörg Müller|j@example.com|03012345678 {}"},
		{"Spanish", "Nombre,Apellido paterno,Apellido materno,Celular\nMaría,García,Pérez,5512345678\n", "name, last name, second last name, phone", "María García Pérez||5512345678 {}"},
		{"a phone that looks like one goes first", "Name,Phone,Mobile\nAda,-,0123456781\n", "name, phone, phone", `Ada||0123456781 {"Phone":"-"}`},
		{"an agent's", "Name,Agent phone,Phone,Agent email\nAda,0198765432,0123456781,agent@example.com\n", "name, field, phone, field", `Ada||0123456781 {"Agent email":"agent@example.com","Agent phone":"0198765432"}`},
		{"told by content", "Name,Kolom B,Kolom C\nAda,ada@example.com,0123456781\nBea,,0123456782\n", "name, email content, phone content", "Ada|ada@example.com|0123456781 {}"},
		{"no known heading", "Kolom A,Kolom B\nAda,ada@example.com\n", "field, email content", `|ada@example.com| {"Kolom A":"Ada"}`},
		{"contact is a phone", "Name,Contact\nAda,0123456781\n", "name, phone content", "Ada||0123456781 {}"},
		{"contact is a name", "Contact,Email\nAda Lim,a@example.com\n", "name content, email", "Ada Lim|a@example.com| {}"},
		{"contact is an address", "Name,Contact\nAda,a@example.com\n", "name, email content", "Ada|a@example.com| {}"},
		{"numbers of other kinds", "Name,Order,IC No\nAda,0123456781,901231145678\n", "name, field, field", `Ada|| {"IC No":"901231145678","Order":"0123456781"}`},
	} {
		columns, leads, said := heard(FileOptions{Region: "MY"}, test.file)
		if len(leads) == 0 {
			t.Errorf("%s: %q", test.name, said)
			continue
		}
		if columns != test.columns || leads[0] != test.lead {
			t.Errorf("%s: the columns are %s\nand the lead %s", test.name, columns, leads[0])
		}
	}
}

func TestFilesWithAMapping(t *testing.T) {
	t.Parallel()
	const file = "Given,Family,Reach at,Code,Phone,Mail to,No.\nAda,Lim,19 8765432,+60,0123456781,a@example.com,A7\nBea,,,,,b@example.com,A8\n"
	mapping := Mapping{"name": {"given", "FAMILY"}, "phone": {"Code", "Reach at"}, "email": {"mail_to"}, "external_id": {"No."}}
	columns, leads, said := heard(FileOptions{Mapping: mapping}, file)
	want := []string{`Ada Lim|a@example.com|+60 19 8765432 {"Phone":"0123456781"}`, `Bea|b@example.com| {}`}
	if diff := cmp.Diff(want, leads); diff != "" || columns != "name mapping, name mapping, phone mapping, phone mapping, field, email mapping, external_id mapping" {
		t.Error(columns, diff)
	}
	if len(said) != 1 || !strings.Contains(said[0], `"Phone"`) {
		t.Errorf("it is said that %q", said)
	}
	_, _, said = heard(FileOptions{Mapping: Mapping{"phone": {"Telephone 9"}}}, file)
	if len(said) != 1 || !strings.Contains(said[0], `"Telephone 9"`) || !strings.Contains(said[0], `"Reach at"`) {
		t.Errorf("a heading that is not there: %q", said)
	}
}

func TestColumnsOfContactsThatBecomeFieldsAreNamed(t *testing.T) {
	t.Parallel()
	_, _, said := heard(FileOptions{Region: "MY"}, "Name,Phone,Email,Spouse mobile,Agent email,Order\nAda,0123456781,a@example.com,0198765432,agent@example.com,0123456799\n")
	if len(said) != 2 || !strings.Contains(said[0], `"Agent email"`) || !strings.Contains(said[1], `"Spouse mobile"`) || strings.Contains(said[1], "Order") {
		t.Errorf("it is said that %q", said)
	}
	_, _, said = heard(FileOptions{Region: "MY"}, "Name,Kolom B\nAda,0123456781\n")
	if len(said) != 1 || !strings.Contains(said[0], `"Kolom B" was taken for the lead's phone by what is in it`) {
		t.Errorf("it is said that %q", said)
	}
}

func TestRowsAreNoHeader(t *testing.T) {
	t.Parallel()
	_, leads, said := heard(FileOptions{Region: "MY"}, "Ada,ada@example.com\nBea,bea@example.com\n")
	if len(leads) > 0 || len(said) != 1 || !strings.Contains(said[0], "The first line must be a header") {
		t.Errorf("read as %q, %q", leads, said)
	}
}

func TestQuestionsAndKeys(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name    string
		mapping Mapping
		body    string
		want    made
	}{
		{"HubSpot's names", nil, `{"email":"aisyah@example.com","firstname":"Aisyah","lastname":"Tan","phone":"0123456781"}`, made{Name: "Aisyah Tan", Email: "aisyah@example.com", Phone: "0123456781"}},
		{"a name of parts", nil, example(t, "57-nameobject.json"), made{Name: "Aisyah Tan", Email: "aisyah@example.com"}},
		{"a name of given and family", nil, `{"name":{"given":"Aisyah","middle":"Mei","family":"Tan"}}`, made{Name: "Aisyah Mei Tan"}},
		{"a phone of parts", nil, `{"name":"Ada","phone":{"country_code":"+60","number":"123456781"}}`, made{Name: "Ada", Phone: "+60 123456781"}},
		{"a mapping of two parts", Mapping{"name": {"contact.first_name", "contact.last_name"}, "email": {"contact.email"}}, example(t, "59-nested.json"), made{Name: "Aisyah Tan", Email: "aisyah@example.com"}},
		{"names with dots", Mapping{"name": {"1.3", "1.6"}, "email": {"2"}, "phone": {"3"}, "external_id": {"id"}}, example(t, "53-gravity.json"),
			made{Name: "Aisyah Tan", Email: "aisyah@example.com", Phone: "012-345 6781", ID: "31", Attribution: object{"form_id": "2"}}},
		{"one name with a dot", Mapping{"name": {"1.3"}, "email": {"2"}, "phone": {"3"}, "external_id": {"id"}}, example(t, "53-gravity.json"),
			made{Name: "Aisyah", Email: "aisyah@example.com", Phone: "012-345 6781", ID: "31", Attribution: object{"form_id": "2"}, Fields: object{"1.6": "Tan"}}},
		{"Gravity Forms without a mapping", nil, `{"1.3":"Aisyah","1.6":"Tan","2":"aisyah@example.com","3":"+60123456781"}`, made{Name: "Aisyah Tan", Email: "aisyah@example.com", Phone: "+60123456781"}},
		{"an address by Gravity Forms' numbers", nil, `{"5":"a@example.com","4.1":"1 Jalan A","4.3":"KL","4.6":"Malaysia"}`, made{Email: "a@example.com", Fields: object{"4.1": "1 Jalan A", "4.3": "KL", "4.6": "Malaysia"}}},
		{"told by content", nil, `{"q17":"ada@example.com","q18":"+60123456781","agent":"agent@example.com","to":"sales@example.com"}`,
			made{Email: "ada@example.com", Phone: "+60123456781", Fields: object{"agent": "agent@example.com", "to": "sales@example.com"}}},
		{"only somebody else's", nil, `{"name":"Ada","agent_email":"agent@example.com"}`, made{Name: "Ada", Fields: object{"agent_email": "agent@example.com"}}},
		{"contact", nil, `{"name":"Ada","contact":"012-345 6781"}`, made{Name: "Ada", Phone: "012-345 6781"}},
		{"brackets", nil, `{"fields[name]":"Ada","fields[contact][email]":"a@example.com"}`, made{Name: "Ada", Email: "a@example.com"}},
		{"Japanese", nil, `{"お名前（必須）":"村田 太郎","電話番号":"0312345678","メールアドレス":"m@example.com"}`, made{Name: "村田 太郎", Phone: "0312345678", Email: "m@example.com"}},
	} {
		s := store.IntegrationSettings{HiddenFields: []string{"form_id"}}
		for target, places := range test.mapping {
			if len(places) > 1 {
				s.Joined = map[string][]string{target: places}
			} else if s.Mapping == nil {
				s.Mapping = map[string]string{target: places[0]}
			} else {
				s.Mapping[target] = places[0]
			}
		}
		for _, kind := range []lead.Kind{lead.KindGeneric, lead.KindForm} {
			got, err := parse(t, kind, s, requestFor(test.body))
			if err != nil || len(got) != 1 {
				t.Errorf("%s: %v, %v", test.name, got, err)
				continue
			}
			for where, left := range got[0].Fields { // what a mapping has taken everything out of
				if empty, is := left.(object); is && len(empty) == 0 {
					delete(got[0].Fields, where)
				}
			}
			if len(got[0].Fields) == 0 {
				got[0].Fields = nil
			}
			if diff := cmp.Diff(test.want, got[0]); diff != "" {
				t.Errorf("%s by %s (-want +got):\n%s", test.name, kind, diff)
			}
		}
	}
}

// metaAnswers is a lead of Meta's of which only the answers matter.
func metaAnswers(t *testing.T, answers map[string]string) Lead {
	t.Helper()
	var data []object
	for name, value := range answers {
		data = append(data, object{"name": name, "values": []string{value}})
	}
	body, err := json.Marshal(object{"id": "7001", "field_data": data})
	if err != nil {
		t.Fatal(err)
	}
	l, err := meta{}.lead(body)
	if err != nil {
		t.Fatal(err)
	}
	return l
}

func TestFormsOfMetaInOtherLanguages(t *testing.T) {
	t.Parallel()
	for _, names := range [][3]string{
		{"nama_penuh", "emel", "nombor_telefon"}, {"nama_lengkap", "alamat_email", "nomor_telepon"}, {"nombre_completo", "correo_electrónico", "número_de_teléfono"},
		{"姓名", "电子邮件", "手机号码"}, {"全名", "電子郵件", "電話號碼"}, {"名前", "メールアドレス", "電話番号"}, {"nome_completo", "e-mail", "celular"},
		{"nom_complet", "adresse_e-mail", "numéro_de_téléphone"}, {"vollständiger_name", "e-mail-adresse", "telefonnummer"}, {"họ_và_tên", "địa_chỉ_email", "số_điện_thoại"},
		{"ชื่อ-นามสกุล", "อีเมล", "หมายเลขโทรศัพท์"}, {"முழு_பெயர்", "மின்னஞ்சல்", "தொலைபேசி_எண்"}, {"الاسم_الكامل", "البريد_الإلكتروني", "رقم_الهاتف"}, {"이름", "이메일", "전화번호"},
	} {
		l := metaAnswers(t, map[string]string{names[0]: "Aisyah Tan", names[1]: "a@example.com", names[2]: "0123456781", "which_unit?": "condo"})
		n, _, err := newLead(store.Hook{}, l)
		if err != nil || n.Name != "Aisyah Tan" || n.Email != "a@example.com" || n.Phone != "0123456781" {
			t.Errorf("%v are read as %q, %q, %q, %v", names, n.Name, n.Email, n.Phone, err)
		}
	}
	h := store.Hook{Integration: store.Integration{Settings: store.IntegrationSettings{Mapping: map[string]string{"name": "Ποιος είσαι;", "external_id": "order_no"}}}}
	n, _, err := newLead(h, metaAnswers(t, map[string]string{"ποιος είσαι": "Eleni", "order_no": "A7"}))
	if err != nil || n.Name != "" || n.ExternalID != "A7" {
		t.Errorf("another question is read as %q, %q, %v", n.Name, n.ExternalID, err)
	}
	n, _, err = newLead(h, metaAnswers(t, map[string]string{"ποιος είσαι;": "Eleni"}))
	if err != nil || n.Name != "Eleni" || n.ExternalID != "7001" {
		t.Errorf("the mapped question is read as %q, %q, %v", n.Name, n.ExternalID, err)
	}
}

func TestQuestionsOfTypeform(t *testing.T) {
	t.Parallel()
	body := func(title, ref string) Request {
		return requestFor(`{"event_type":"form_response","form_response":{"token":"t1","definition":{"fields":[{"id":"f1","title":"` + title + `"}]},
			"answers":[{"type":"text","text":"Aisyah Tan","field":{"id":"f1","type":"short_text","ref":"` + ref + `"}},{"type":"email","email":"a@example.com","field":{"id":"f2","type":"email","ref":"r2"}}]}}`)
	}
	for _, title := range []string{"What's your name?", "¿Cómo te llamas?", "您的姓名"} {
		got, err := parse(t, lead.KindTypeform, store.IntegrationSettings{}, body(title, "r1"))
		if err != nil || len(got) != 1 || got[0].Name != "Aisyah Tan" || got[0].Email != "a@example.com" {
			t.Errorf("%q is read as %+v, %v", title, got, err)
		}
	}
	parsed, err := typeform{}.Parse(store.IntegrationSettings{}, body("Whom do we have the pleasure with?", "r1"))
	if err != nil {
		t.Fatal(err)
	}
	for _, place := range []string{"Whom do we have the pleasure with?", "r1", "f1", "whom do we have the pleasure with?"} {
		h := store.Hook{Integration: store.Integration{Settings: store.IntegrationSettings{Mapping: map[string]string{"name": place}}}}
		l := parsed.Leads[0]
		l.Answers = append(Answers(nil), l.Answers...)
		if n, _, err := newLead(h, l); err != nil || n.Name != "Aisyah Tan" {
			t.Errorf("mapped by %q the name is %q, %v", place, n.Name, err)
		}
	}
}

func TestWhatIsGuessedIsSaid(t *testing.T) {
	t.Parallel()
	n, _, err := newLead(store.Hook{}, metaAnswers(t, map[string]string{"q17": "a@example.com"}))
	if err != nil || n.Email != "a@example.com" || !strings.Contains(n.Guessed, `"q17"`) || !strings.Contains(n.Guessed, "email") {
		t.Errorf("it is %q, and said is %q, %v", n.Email, n.Guessed, err)
	}
}

func TestMappingsThatCannotBeFollowed(t *testing.T) {
	t.Parallel()
	for text, about := range map[string]string{
		`{`: "mapping", `[]`: "mapping", `null`: "mapping", `{"surname2":"Full name"}`: "mapping.surname2", `{"name":""}`: "mapping.name", `{"name":[]}`: "mapping.name",
		`{"name":null}`: "mapping.name", `{"phone":7}`: "mapping.phone", `{"phone":["a"," "]}`: "mapping.phone", `{"email":["a","b","c","d","e","f","g","h","i","j","k"]}`: "mapping.email",
	} {
		_, err := ParseMapping(text)
		var refused *store.FieldError
		if !errors.As(err, &refused) || refused.Field != about || refused.Message == "" {
			t.Errorf("%s gives %v", text, err)
		}
	}
}

func FuzzMapping(f *testing.F) {
	f.Add(`{"name":["1.3","1.6"],"phone":"3"}`, example(f, "53-gravity.json"), "Given,Family,3\nAda,Lim,0123456781\n")
	f.Add(`{"name":"a.0.b","email":["contact.email"]}`, example(f, "59-nested.json"), example(f, "16-google-contacts.csv"))
	f.Add(`{"external_id":"name"}`, example(f, "57-nameobject.json"), example(f, "17-contact-no.csv"))
	f.Add(`{}`, example(f, "55-hubspot.json"), "Kolom A,Kolom B\nAda,ada@example.com\n")
	f.Fuzz(func(t *testing.T, mapping, body, file string) {
		m, err := ParseMapping(mapping)
		if err != nil {
			return
		}
		heard(FileOptions{Mapping: m, Region: "MY"}, file)
		for _, kind := range []lead.Kind{lead.KindGeneric, lead.KindForm, lead.KindSnapchat} {
			if _, err := parse(t, kind, store.IntegrationSettings{Joined: m}, requestFor(body)); err != nil {
				continue
			}
		}
	})
}
