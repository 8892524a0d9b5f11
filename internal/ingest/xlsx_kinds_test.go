package ingest_test

import (
	"bytes"
	"fmt"
	"strings"
	"testing"
)

const (
	spreadsheetML = "application/vnd.openxmlformats-officedocument.spreadsheetml."
	officeKinds   = "http://schemas.openxmlformats.org/officeDocument/2006/relationships/"
)

// book is a workbook whose parts have names of their own, with styles of the given number formats, from 1, and the parts of
// its sheet's tables.
func book(t testing.TB, rows, workbookRest string, formats []string, tables ...string) []byte {
	t.Helper()
	var styles, related strings.Builder
	for i, code := range formats {
		fmt.Fprintf(&styles, `<numFmt numFmtId="%d" formatCode="%s"/>`, 200+i, strings.NewReplacer(`"`, "&quot;", "<", "&lt;", ">", "&gt;").Replace(code))
	}
	styles.WriteString(`</numFmts><cellStyleXfs><xf numFmtId="14"/></cellStyleXfs><cellXfs><xf numFmtId="0"/>`)
	for i := range formats {
		fmt.Fprintf(&styles, `<xf numFmtId="%d"/>`, 200+i)
	}
	parts := []string{
		"_rels/.rels", `<Relationships><Relationship Id="r" Type="` + officeKinds + `officeDocument" Target="/book/my book.xml"/></Relationships>`,
		"[Content_Types].xml", `<Types><Override PartName="/book/my book.xml" ContentType="` + spreadsheetML + `sheet.macroEnabled.main+xml"/></Types>`,
		"book/my book.xml", `<workbook xmlns:r="x"><sheets><sheet name="L" r:id="s"/></sheets>` + workbookRest + `</workbook>`,
		"book/_rels/my book.xml.rels", `<Relationships><Relationship Id="s" Type="` + officeKinds + `worksheet" Target="pages/one"/>` +
			`<Relationship Id="f" Type="` + officeKinds + `styles" Target="../looks"/></Relationships>`,
		"book/pages/one", `<worksheet><sheetData>` + rows + `</sheetData></worksheet>`,
		"looks", `<styleSheet><numFmts>` + styles.String() + `</cellXfs></styleSheet>`,
	}
	for i, table := range tables {
		fmt.Fprintf(&related, `<Relationship Id="t%d" Type="%stable" Target="../t%d"/>`, i, officeKinds, i)
		parts = append(parts, fmt.Sprintf("book/t%d", i), table)
	}
	return zipped(t, append(parts, "book/pages/_rels/one.rels", "<Relationships>"+related.String()+"</Relationships>")...)
}

// row is a row of text cells, and of cells that are given as XML.
func row(n int, cells ...string) string {
	var b strings.Builder
	fmt.Fprintf(&b, `<row r="%d">`, n)
	for _, c := range cells {
		if strings.HasPrefix(c, "<c") {
			b.WriteString(c)
		} else {
			b.WriteString(`<c t="str"><v>` + c + `</v></c>`)
		}
	}
	return b.String() + "</row>"
}

func TestKindsOfWorkbookRows(t *testing.T) {
	t.Parallel()
	const unworked = "Formulas whose results the file does not hold were taken for empty in %; to have them, open the file in a spreadsheet program, save it, and send it again."
	head := row(1, "name", "email", "amount")
	tests := []struct {
		name string
		file []byte
		want []string
	}{
		{"formulas", book(t, head+row(2, `<c><f>A9</f></c>`, "a@b.co", `<c><f>1</f><v>0</v></c>`)+row(3, `<c><f>A9</f><v></v></c>`)+
			row(4, `<c t="str"><f>""</f><v></v></c>`, `<c t="str"><f>""</f><v/></c>`)+row(5, `<c t="str"><f>B9</f></c>`, "b@b.co"), "", nil), []string{
			`2: |a@b.co|||{"amount":"0"}`,
			"3! The row's name, email and phone are formulas whose results the file does not hold; open it in a spreadsheet program, save it, and send it again.",
			"5: |b@b.co|||{}", strings.Replace(unworked, "%", "2 rows (lines 2 and 5)", 1),
		}},
		{"results that are to be worked out", book(t, head+row(2, `<c><f>A9</f><v>0</v></c>`, "a@b.co", `<c><v>0</v></c>`), `<calcPr fullCalcOnLoad="1"/>`, nil), []string{
			`2: |a@b.co|||{"amount":"0"}`, strings.Replace(unworked, "%", "1 row (line 2)", 1),
		}},
		{"rows below a total, and beside one", book(t, head+row(2, "Ada", "a@b.co", "1")+row(3, "Totals:", "", `<c><f>SUM(C2)</f></c>`)+row(4, "Bea", "b@b.co")+row(5, "Cyd", "c@b.co", `<c r="E5"><v>9</v></c>`), "", nil,
			`<table ref="A1:C3" totalsRowCount="1"/>`, `<table ref="E2:F5" totalsRowCount="1"/>`, `<table ref="A1:C4" totalsRowShown="0"/>`), []string{
			`2: Ada|a@b.co|||{"amount":"1"}`, "4: Bea|b@b.co|||{}", "5: Cyd|c@b.co|||{}",
			"The totals of the sheet's tables were left out (lines 3 and 5).",
		}},
		{"cells without text far out", book(t, row(1, "name", "email", `<c r="XFD1" s="0"/>`)+row(2, "Ada", "a@b.co", `<c r="ZZZ2"/>`)+row(3, `<c/>`, "b@b.co"), "", nil), []string{"2: Ada|a@b.co|||{}", "3: |b@b.co|||{}"}},
		{"titles above", book(t, row(1, "Leads")+row(3, "from", "1 Jan")+row(4, "name", "email")+row(5, "Ada", "a@b.co"), "", nil), []string{
			"5: Ada|a@b.co|||{}", "What stands above the header was left out (lines 1 and 3).",
		}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) { t.Parallel(); isReadAs(t, test.want, readFile, string(test.file)) })
	}
}

func TestNumbersAreAsTheirFormatShowsThem(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ format, raw, want string }{
		{"General", "60123456789", "60123456789"},
		{"00000", "1234", "01234"},
		{"000000-00-0000", "10203145678", "010203-14-5678"},
		{`000\-000\ 0000`, "123456789", "012-345 6789"},
		{"[<=9999999]###-####;(###) ###-####", "5551234", "555-1234"},
		{"[<=9999999]###-####;(###) ###-####", "2125551234", "(212) 555-1234"},
		{`"+"0`, "60123456789", "+60123456789"},
		{`"+"00" "00"-"000" "0000`, "60123456789", "+60 12-345 6789"},
		{"#,##0", "1234567.4", "1,234,567"},
		{"#,##0.00", "-1234.5", "-1,234.50"},
		{"0.0%", "0.055", "5.5%"},
		{"0%", "0.29", "29%"},
		{`[$RM-43E]#,##0.00`, "350000", "RM350,000.00"},
		{`_("$"* #,##0.00_);_("$"* (#,##0.00);_("$"* "-"??_);_(@_)`, "-5", "$(5.00)"},
		{`#,##0.00;[Red]"minus "0.00;"none"`, "0", "none"},
		{`#,##0.00;[Red]"minus "0.00;"none"`, "-3", "minus 3.00"},
		{"0.##", "2", "2"},
		{"0.##", "2.5", "2.5"},
		{"#.#", "0.5", ".5"},
		{"[h]:mm", "1.0625", "25:30"},
		{"[h]:mm:ss", "-0.5", "-12:00:00"},
		{"[mm]:ss", "0.0625", "90:00"},
		{"h:mm AM/PM", "0.5", "12:00:00"},
		{"hh:mm", "1.0625", "01:30:00"},
		{"dd/mm/yyyy", "46085", "2026-03-04"},
		{"mmm-yy", "46085", "2026-03-04"},
		{"0.00E+00", "60123456789", "60123456789"},
		{"# ?/?", "0.5", "0.5"},
		{"0,", "60123456789", "60123456789"},
		{";;;", "7", "7"},
		{"@", "60123456789", "60123456789"},
		{`"no. "@`, "7", "7"},
		{"0", "9007199254740993", "9.007199254740992E+15"},
		{"0", "x", "x"},
	} {
		file := book(t, row(1, "name", "note")+row(2, "Ada", `<c s="1"><v>`+c.raw+`</v></c>`), "", []string{c.format})
		if got := readFile(bytes.NewReader(file)); len(got) == 0 || got[0] != fmt.Sprintf(`2: Ada||||{"note":%q}`, c.want) {
			t.Errorf("%s in %q is read as %q, not %q", c.raw, c.format, got, c.want)
		}
	}
	file := book(t, row(1, "name", "note")+row(2, "Ada", `<c s="1" t="str"><v>x</v></c>`), "", []string{`0;-0;0;"Tel: "@`})
	if got := readFile(bytes.NewReader(file)); got[0] != `2: Ada||||{"note":"Tel: x"}` {
		t.Errorf("text is read as %q", got)
	}
}

func TestArchivesOfOtherPrograms(t *testing.T) {
	t.Parallel()
	types := func(name, kind string) []string {
		return []string{"[Content_Types].xml", `<Types><Override PartName="/` + name + `" ContentType="` + kind + `"/></Types>`, name, "x"}
	}
	for want, file := range map[string][]byte{
		"binary workbook of Excel (.xlsb)": zipped(t, types("xl/workbook.bin", "application/vnd.ms-excel.sheet.binary.macroEnabled.main")...),
		"OpenDocument spreadsheet (.ods)":  zipped(t, "mimetype", "application/vnd.oasis.opendocument.spreadsheet", "content.xml", "<x/>"),
		"document and no spreadsheet":      zipped(t, "mimetype", "application/vnd.oasis.opendocument.text", "content.xml", "<x/>"),
		"Apple's Numbers":                  zipped(t, "Index/Document.iwa", "x", "preview.jpg", "x"),
		"Word document":                    zipped(t, types("word/document.xml", "application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml")...),
	} {
		got := readFile(bytes.NewReader(file))
		if len(got) != 1 || !strings.Contains(got[0], want) || !strings.Contains(got[0], "XLSX or CSV") {
			t.Errorf("%s: %q", want, got)
		}
	}
}
