package api_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// fieldFiles are files like those that users of other programs had trouble with, and what becomes of them: how the import
// ends, its leads in the order of their names, and what its warnings, its rejects or its error say.
var fieldFiles = []struct{ file, counts, leads, says string }{
	{"20-float-phone.csv", "completed: 1 = 1 + 0 + 0", "Budi||628123456789||{}", ""},
	{"22-exact-e.csv", "completed: 2 = 2 + 0 + 0", "Ada||60123456781|+60123456781|{}\nBea||60123456782|+60123456782|{}", ""},
	{"23-exceljs-formula-row.xlsx", "completed: 3 = 2 + 0 + 1", `|cyd@example.com|||{}` + "\n" + `Aisyah Tan|aisyah@example.com|+60123456789|+60123456789|{"Link": "site", "Score": "3", "Joined": "2026-01-01 08:00:00"}`, "3,\"The row's name, email and phone are formulas"},
	{"25-exceljs-errors.xlsx", "completed: 2 = 2 + 0 + 0", "|cyd@example.com|||{}\nAda Lim|ada@example.com|0123456781|+60123456781|{}", "error of a spreadsheet, such as #N/A, were taken for empty in 1 row (line 2)"},
	{"27-exceljs-totals.xlsx", "completed: 2 = 2 + 0 + 0", `Ada|a@example.com|||{"Amount": "10"}` + "\n" + `Bea|b@example.com|||{"Amount": "20"}`, "totals of the sheet's tables were left out (line 4)"},
	{"29-workbook2.xlsx", "completed: 1 = 1 + 0 + 0", "Ada|a@example.com|60123456789|+60123456789|{}", ""},
	{"31-bloated-styles.xlsx", "completed: 2 = 2 + 0 + 0", `Aisyah Tan|aisyah@example.com|60123456789|+60123456789|{"Paid": "TRUE", "Joined": "2026-01-01"}` + "\n_x0041_ escaped|bea@example.com|0198887777|+60198887777|{}", ""},
	{"33-number-formats.xlsx", "completed: 1 = 1 + 0 + 0", `Ada Lim||0123456789|+60123456789|{"NRIC": "010203-14-5678", "Price": "RM350,000.00", "Visit": "2026-03-04", "Postcode": "01234", "Call time": "25:30", "Commission": "5.5%"}`, ""},
	{"35-libreoffice.ods", "failed: 0 = 0 + 0 + 0", "", "OpenDocument spreadsheet (.ods), of LibreOffice for instance; open it there, save it as XLSX or CSV"},
	{"37-gbk.csv", "completed: 3 = 3 + 0 + 0", `张伟|zw@example.com|0123456781|+60123456781|` + "\n" + `李娜|ln@example.com|0123456782|+60123456782|` + "\n" + `王芳|wf@example.com|0123456783|+60123456783|`, "taken for GB18030"},
	{"62-double-bom.csv", "completed: 1 = 1 + 0 + 0", "Ada Lim|ada@example.com|0123456781|+60123456781|{}", ""},
	{"64-ctrl-z.csv", "completed: 1 = 1 + 0 + 0", "Ada Lim|ada@example.com|||{}", ""},
	{"66-backslash.csv", "completed: 2 = 2 + 0 + 0", `Ada Lim|ada@example.com|||{"message": "He said \"call\", twice"}` + "\n" + `Bea Tan|bea@example.com|0123456782|+60123456782|{"message": "none"}`, ""},
	{"68-title-rows.csv", "completed: 1 = 1 + 0 + 0", "Ada Lim|ada@example.com|0123456781|+60123456781|{}", "above the header was left out (lines 1 and 2)"},
	{"70-long-note.csv", "completed: 1 = 1 + 0 + 0", "Ada Lim|ada@example.com|||", ""},
	{"75-bare-cr.csv", "completed: 2 = 2 + 0 + 0", `Ada Lim|ada@example.com|||{"notes": "first\nsecond"}` + "\n" + `Bea Tan|bea@example.com|||{"notes": "x"}`, ""},
	{"76-trailing-commas.csv", "completed: 1 = 1 + 0 + 0", "Ada Lim|ada@example.com|||{}", ""},
	{"80-spaces.csv", "completed: 1 = 1 + 0 + 0", "Ada Lim|ada@example.com|0123456781|+60123456781|{}", ""},
	{"81-prefixed.xlsx", "completed: 2 = 2 + 0 + 0", "Aisyah Tan|", ""},
	{"82-absolute-targets.xlsx", "completed: 1 = 1 + 0 + 0", "Ada|", ""},
	{"83-crcrlf.csv", "completed: 1 = 1 + 0 + 0", "Ada Lim|ada@example.com|||{}", ""},
	{"84-cr-only.csv", "completed: 1 = 1 + 0 + 0", `Ada Lim|ada@example.com|||{"notes": "a\nb"}`, ""},
	{"85-phone-only.csv", "completed: 1 = 1 + 0 + 0", "Ada||0123456781|+60123456781|{}", ""},
	{"91-strict.xlsx", "completed: 2 = 2 + 0 + 0", "Aisyah Tan|", ""},
	{"92-phonetic-chartsheet.xlsx", "completed: 1 = 1 + 0 + 0", `村田 太郎|a@example.com|||{"Score": "3"}`, ""},
	{"94-plain-meta.csv", "completed: 1 = 1 + 0 + 0", "Eve Tan||+60123456785|+60123456785|{}", ""},
	{"ok-populate.xlsx", "completed: 1 = 1 + 0 + 0", "Ada|", ""},
}

func TestFilesFromTheField(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	for _, test := range fieldFiles {
		t.Run(test.file, func(t *testing.T) {
			file, err := os.ReadFile(filepath.Join("../../leadfile/testdata/field", test.file))
			if err != nil {
				t.Fatal(err)
			}
			workspace, key := s.newWorkspace(test.file)
			r := s.upload(key, "", string(file)).is(202)
			if got := r.counts(); got != test.counts {
				t.Errorf("%s, not %s", got, test.counts)
			}
			said := r.body + s.do(key, "GET", "/v1/imports/"+r.id()+"/rejects", nil).is(200).body
			if !strings.Contains(said, test.says) || test.says == "" && fmt.Sprint(r.at("warnings")) != "[]" {
				t.Errorf("it says %s, not %q", said, test.says)
			}
			var leads []string
			if err := s.DB.Select(&leads, `SELECT concat_ws('|', coalesce(name, ''), coalesce(email, ''), coalesce(phone, ''), coalesce(phone_e164, ''), fields)
				FROM leads WHERE workspace_id = $1 ORDER BY name COLLATE "C" NULLS FIRST`, workspace); err != nil {
				t.Fatal(err)
			}
			want := strings.Split(test.leads, "\n")
			if !strings.Contains(test.counts, fmt.Sprintf("= %d +", len(leads))) {
				t.Errorf("%d leads", len(leads))
			}
			for i, l := range leads {
				if i < len(want) && !strings.HasPrefix(l, want[i]) {
					t.Errorf("a lead is %q, not %q", l, want[i])
				}
			}
		})
	}
}

// A row of a platform's export is the lead that the platform delivered, whatever a spreadsheet put around its id.
func TestFileOfALeadThatWasDelivered(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	for file, id := range map[string]string{"01-guard-eq.csv": "900100200300401", "04-zero-width.csv": "900100200300404", "94-plain-meta.csv": "900100200300405"} {
		form := s.post("/v1/integrations", map[string]any{"name": file, "kind": "generic", "mapping": map[string]string{"external_id": "id"}}).is(201)
		s.do("", "POST", form.at("url").(string), map[string]any{"id": id, "full_name": "Somebody"}).is(200)
		data, err := os.ReadFile(filepath.Join("../../leadfile/testdata/field", file))
		if err != nil {
			t.Fatal(err)
		}
		r := s.upload(s.admin, "?integration_id="+form.id(), string(data)).is(202)
		if got := r.counts(); got != "completed: 1 = 0 + 1 + 0" {
			t.Errorf("%s: %s", file, r.body)
		}
	}
}
