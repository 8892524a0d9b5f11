package ingest_test

import (
	"archive/zip"
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/iotest"
	"unicode/utf16"

	"github.com/google/go-cmp/cmp"

	"github.com/leadwheel/leadwheel/internal/ingest"
	"github.com/leadwheel/leadwheel/internal/leadfile"
)

// readFile reads a whole file as readCSV does, with external ids that are the file's own before the name, and warnings
// at the end.
func readFile(src io.Reader) []string {
	f, err := ingest.Open(src)
	if err != nil {
		return []string{"end: " + err.Error()}
	}
	defer f.Close()
	var out []string
	for {
		row, err := f.Next()
		var reject *leadfile.Reject
		switch {
		case err == nil:
			id := row.ExternalID + " "
			if strings.HasPrefix(id, "row:") {
				id = ""
			}
			out = append(out, fmt.Sprintf("%d: %s%s|%s|%s|%s|%s", row.Line, id, row.Name, row.Email, row.Phone, row.Source, row.Fields)+string(row.Attribution)+map[bool]string{true: " test"}[row.Test])
		case errors.As(err, &reject):
			out = append(out, fmt.Sprintf("%d! %s", reject.Line, reject.Reason))
		case errors.Is(err, io.EOF):
			return append(out, f.Warnings()...)
		default:
			return append(out, "end: "+err.Error())
		}
	}
}

// zipped is an archive of files, given as names and contents.
func zipped(t testing.TB, files ...string) []byte {
	t.Helper()
	var b bytes.Buffer
	w := zip.NewWriter(&b)
	for i := 0; i < len(files); i += 2 {
		f, err := w.Create(files[i])
		if err == nil {
			_, err = io.WriteString(f, files[i+1])
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// workbook is the least that makes an Excel file of one sheet.
func workbook(t testing.TB, rows string, parts ...string) []byte {
	const office = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
	return zipped(t, append([]string{
		"xl/workbook.xml", `<workbook xmlns:r="` + office + `"><sheets><sheet name="Leads" sheetId="1" r:id="rId1"/></sheets></workbook>`,
		"xl/_rels/workbook.xml.rels", `<Relationships><Relationship Id="rId1" Type="` + office + `/worksheet" Target="worksheets/sheet1.xml"/>` +
			`<Relationship Id="rId2" Type="` + office + `/sharedStrings" Target="/xl/sharedStrings.xml"/></Relationships>`,
		"xl/worksheets/sheet1.xml", "<worksheet><sheetData>" + rows + "</sheetData></worksheet>",
	}, append(parts, "xl/sharedStrings.xml", `<sst><si><t>name</t></si><si><r><t>A</t></r><r><t>da</t></r><rPh><t>no</t></rPh></si></sst>`)...)...)
}

// The files in testdata are as the named programs write them.
func TestWorkbooksOfOtherPrograms(t *testing.T) {
	t.Parallel()
	for name, want := range map[string][]string{
		"openpyxl": {
			`2: 900100200300401 Aisyah Tan||+60123456789||{"Born":"1990-05-17","Budget":"0.1","Paid":"TRUE"}{"submitted_at":"2026-01-01 00:59:55","form_id":"770011223344556"}`,
			`4: 900100200300402 张伟 🙂||60198887777||{"Budget":"1234567","Paid":"FALSE"}`,
			`6: 900100200300403 ||012-345 6789||{}`, // a formula that nobody has worked out
			`Only the first sheet, "Leads", was read; save the others as files of their own to import them (1).`,
			"Formulas whose results the file does not hold were taken for empty in 1 row (line 6); to have them, open the file in a spreadsheet program, save it, and send it again.",
		},
		"exceljs": {
			`2: 1 Aisyah Tan||60123456789||{"note":"bold and not","when":"2026-01-01 00:59:55"}`,
			`3: 2 Bea||+60198887777||{"note":"2"}`,
		},
		"stream": {`2: Ada & <b>||1||{}`},
		"excelize": {
			`2: Aisyah Tan|a@example.com|60123456789||{"Amount":"60123456789","Joined":"2026-01-01 00:59:53"}`,
			"3! The row has 8 cells, but the header names 5 columns; put quotation marks around a cell that holds the delimiter.",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			file, err := os.ReadFile(filepath.Join("../leadfile/testdata/files", name+".xlsx"))
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(want, readFile(iotest.HalfReader(bytes.NewReader(file)))); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestWorkbooksThatAreOdd(t *testing.T) {
	t.Parallel()
	const header = `<row r="3"><c t="s"><v>0</v></c><c t="inlineStr"><is><t>lead id</t></is></c><c t="str"><v>note</v></c></row>`
	tests := []struct {
		name, rows string
		want       []string
	}{
		{"shared and own texts", header + `<row><c t="s"><v>1</v></c><c><v>9007199254740993</v></c><c t="e"><v>#N/A</v></c></row><row r="9"><c r="A9" t="s"><v>1</v></c><c r="C9"><v>1.5E3</v></c></row>`,
			[]string{`4: Ada||||{}`, `9: Ada||||{"note":"1500"}`, "Cells that hold an error of a spreadsheet, such as #N/A, were taken for empty in 1 row (line 4)."}},
		{"escapes and repeated header", header + header + `<row><c t="str"><v>A_x000D_&#10;b_x0041_ _xZ</v></c></row>`, []string{"5: A\nbA _xZ||||{}"}},
		{"a text that is not there", header + `<row><c t="s"><v>7</v></c></row>`, []string{"end: " + damaged}},
		{"elements that are not closed", header + `<row><c t="s"><v>1</v></c></row><row><c t="s"><v>1</v>`, []string{"4: Ada||||{}", "end: " + damaged}},
		{"nested too deep", header + strings.Repeat("<a>", 40), []string{"end: " + damaged}},
		{"a text without end", header + `<row><c t="str"><v>` + strings.Repeat("x", 2<<20) + `</v></c></row>`, []string{"end: " + damaged}},
		{"a row that is too long", header + `<row>` + strings.Repeat(`<c t="str"><v>`+strings.Repeat("x", 30_000)+`</v></c>`, 50) + `</row><row><c t="s"><v>1</v></c></row>`,
			[]string{"4! The row is longer than 1 MiB; shorten it.", "5: Ada||||{}"}},
		{"a cell far out", header + `<row><c t="s"><v>1</v></c><c r="XFD4"><v>1</v></c><c r="XFE4"><v>1</v></c></row>`,
			[]string{"4! The row has more than 1000 cells, but the header names 3 columns; put quotation marks around a cell that holds the delimiter."}},
		{"no row", "", []string{"end: The workbook has no sheet with rows; save the leads as the first sheet, or as CSV."}},
		{"no known column", `<row><c><v>1</v></c></row>`, []string{`end: The file has no column for a name, an email or a phone. The first line must be a header that names one of them, as in "name,email,phone"; it is: "1"`}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			if diff := cmp.Diff(test.want, readFile(bytes.NewReader(workbook(t, test.rows)))); diff != "" {
				t.Error(diff)
			}
		})
	}
}

const damaged = "The file is damaged, or a part of it is missing; make it anew and send that."

func TestOddInput20Archives(t *testing.T) {
	t.Parallel()
	good := "name,phone\nAda,1\n,\nBea,2,x\n"
	book := string(workbook(t, `<row><c t="s"><v>0</v></c></row><row><c t="s"><v>1</v></c></row>`))
	rowTooLong := "The row has 3 cells, but the header names 2 columns; put quotation marks around a cell that holds the delimiter."
	tests := []struct {
		name string
		file []byte
		want []string
	}{
		{"one file", zipped(t, "leads/", "", "leads/a.csv", good, "__MACOSX/leads/._a.csv", "x"), []string{"2: Ada||1||{}", "4! " + rowTooLong}},
		{"several", zipped(t, "a.csv", good, "read me.txt", "Hello", "x.pdf", "%PDF", `b\c.XLSX`, book, "d.tsv", "name\tphone\nCyd\t3\n"), []string{
			"2: Ada||1||{}", `4! In "a.csv", line 4: ` + rowTooLong, "6: Ada||||{}", "8: Cyd||3||{}",
			"1 of the archive's files are neither CSV nor XLSX and were left out.",
			`"read me.txt" was left out: The file has no column for a name, an email or a phone. The first line must be a header that names one of them, as in "name,email,phone"; it is: "Hello"`,
		}},
		{"an error in place of leads", zipped(t, "leads.csv", `{"code":40002,"message":"expired"}`), []string{
			`end: The file is JSON, not CSV; download the leads again. It says: {"code":40002,"message":"expired"}`,
		}},
		{"an archive in it", zipped(t, "leads.csv", string(zipped(t, "a.csv", good))), []string{"end: It is an archive within an archive; send it by itself."}},
		{"nothing of use", zipped(t, "a.ods", "x"), []string{"end: The archive holds no CSV or XLSX file; put one in, or send the file itself."}},
		{"nothing", zipped(t), []string{"end: The archive holds no CSV or XLSX file; put one in, or send the file itself."}},
		{"half of one", zipped(t, "a.csv", good)[:60], []string{"end: " + damaged}},
		{"a workbook without its parts", zipped(t, "xl/workbook.xml", "<workbook/>"), []string{"end: " + damaged}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) { t.Parallel(); isReadAs(t, test.want, readFile, string(test.file)) })
	}
}

// What was damaged on its way must not look like a shorter file.
func TestArchivesThatAreDamaged(t *testing.T) {
	t.Parallel()
	rows := strings.Repeat(`<row><c t="s"><v>0</v></c></row>`, 50_000)
	for name, file := range map[string][]byte{"text": zipped(t, "a.csv", "name\n"+strings.Repeat("Ada\n", 100_000)), "workbook": workbook(t, rows)} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			at := len(file) / 3
			file[at] ^= 0x55
			got := readFile(bytes.NewReader(file))
			if last := got[len(got)-1]; last != "end: "+damaged {
				t.Errorf("%d rows were read, and then %q", len(got)-1, last)
			}
		})
	}
}

func TestExportsOfPlatforms(t *testing.T) {
	t.Parallel()
	meta := "id\tcreated_time\tad_id\tad_name\tadset_id\tadset_name\tcampaign_id\tcampaign_name\tform_id\tform_name\tis_organic\tplatform\twhich_unit?\tfull_name\tphone_number\temail\tpost_code\tlead_status\r\n" +
		"l:900100200300401\t2026-01-01T08:59:55+08:00\tag:120\tv1\tas:121\tKL\tc:122\tJan\tf:770\tVilla\tfalse\tig\tcondo\tAisyah Tan\tp:+60123456789\taisyah@example.com\tz:50450\tCREATED\r\n"
	var wide []byte
	for _, unit := range utf16.Encode([]rune("\ufeff" + meta)) {
		wide = binary.LittleEndian.AppendUint16(wide, unit)
	}
	want := `2: 900100200300401 Aisyah Tan|aisyah@example.com|+60123456789||{"is_organic":"false","lead_status":"CREATED","post_code":"50450","which_unit?":"condo"}` +
		`{"ad_id":"120","ad_name":"v1","adset_id":"121","adset_name":"KL","campaign_id":"122","campaign_name":"Jan","submitted_at":"2026-01-01T08:59:55+08:00","form_id":"770","form_name":"Villa","platform":"ig"}`
	tests := []struct{ name, file, want string }{
		{"Meta, UTF-16 and tabs", string(wide), want},
		{"Meta, UTF-16 without its mark", string(wide[2:]), want},
		{"Meta, UTF-8 and commas", strings.ReplaceAll(meta, "\t", ","), want},
		{"Meta, in an archive", string(zipped(t, "leads.csv", string(wide))), want},
		{"Meta, a few columns", "id,full_name\nl:7,Ada\n", "2: 7 Ada||||{}"},
		{"numbered rows", "id,full_name\n7,Ada\n", `2: Ada||||{"id":"7"}`},
		{"ids that a spreadsheet has rounded", "id,form_id,full_name\n7.41E+18,1,Ada\n", `2: Ada||||{}{"form_id":"1"}`},
		{"Meta, a test", "id,form_id,full_name\nl:7,f:1,<test lead: dummy data for full_name>\n", `2: 7 <test lead: dummy data for full_name>||||{}{"form_id":"1"} test`},
		{"TikTok", "lead_id,created_time,ad_id,ad_name,form_id,Name,Phone number,Email\n7412345678901234567,2026-04-09 10:20:35(UTC+00:00),1,v1,2,Aisyah,+60 12-345 6789,a@example.com\n",
			`2: 7412345678901234567 Aisyah|a@example.com|+60 12-345 6789||{}{"ad_id":"1","ad_name":"v1","submitted_at":"2026-04-09 10:20:35(UTC+00:00)","form_id":"2"}`},
		{"Google", "Lead ID,Campaign ID,User Email,Full Name,User Phone\ngl-7,1,a@example.com,Aisyah Tan,+60123456789\n",
			`2: gl-7 Aisyah Tan|a@example.com|+60123456789||{}{"campaign_id":"1"}`},
		{"LinkedIn", "Lead ID,First name,Last name,Email address,Work email,Phone number,Company name\nli-7,Aisyah,Tan,a@example.com,w@example.com,+60123456789,Acme\n",
			`2: li-7 Aisyah Tan|a@example.com|+60123456789||{"Company name":"Acme","Work email":"w@example.com"}`},
		{"Salesforce", "Lead ID,First Name,Last Name,Company / Account,Email,Phone,Mobile\n00Q5e000001,Aisyah,Tan,Acme,a@example.com,03-2222 1111,012-345 6789\n",
			`2: 00Q5e000001 Aisyah Tan|a@example.com|03-2222 1111||{"Company / Account":"Acme","Mobile":"012-345 6789"}`},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			if diff := cmp.Diff([]string{test.want}, readFile(strings.NewReader(test.file))); diff != "" {
				t.Error(diff)
			}
		})
	}
}
