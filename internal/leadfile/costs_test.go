package leadfile

import (
	"archive/zip"
	"bytes"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"testing"
)

const (
	officeKind = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
	aHeader    = `<row><c t="inlineStr"><is><t>name</t></is></c></row>`
	aLead      = `<row><c t="inlineStr"><is><t>Ada</t></is></c></row>`
)

// many is a text so many times.
type many struct {
	text  string
	times int
}

// book is a workbook of one lead with other parts in place of its own, each of texts and of many of one.
func book(t testing.TB, name string, part ...any) []byte {
	t.Helper()
	parts := map[string][]any{
		rootRelations:     {`<Relationships><Relationship Id="r" Type="` + officeKind + `/officeDocument" Target="xl/workbook.xml"/></Relationships>`},
		"xl/workbook.xml": {`<workbook xmlns:r="` + officeKind + `"><sheets><sheet name="Leads" sheetId="1" r:id="r1"/></sheets></workbook>`},
		"xl/_rels/workbook.xml.rels": {`<Relationships><Relationship Id="r1" Type="` + officeKind + `/worksheet" Target="sheet.xml"/><Relationship Id="r2" Type="` +
			officeKind + `/sharedStrings" Target="texts.xml"/><Relationship Id="r3" Type="` + officeKind + `/styles" Target="styles.xml"/></Relationships>`},
		"xl/sheet.xml":  {"<worksheet><sheetData>" + aHeader + aLead + "</sheetData></worksheet>"},
		"xl/texts.xml":  {"<sst/>"},
		"xl/styles.xml": {"<styleSheet/>"},
	}
	parts[name] = part
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for _, name := range slices.Sorted(maps.Keys(parts)) {
		w, err := z.Create(name)
		for _, one := range parts[name] {
			m, several := one.(many)
			if text, is := one.(string); is && !several {
				m = many{text, 1}
			}
			const chunk = 1000
			for left := m.times; left > 0 && err == nil; left -= chunk {
				_, err = io.WriteString(w, strings.Repeat(m.text, min(left, chunk)))
			}
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// firstRow reads a file up to its first row.
func firstRow(data []byte) error { return firstRowWithin(data, freeSteps) }

// firstRowWithin reads a file up to its first row that has so many steps of work free.
func firstRowWithin(data []byte, free int64) error {
	f := &File{options: Options{Known: anyFilled}}
	f.reading = newReading(f.options)
	f.reading.free = free
	defer f.Close()
	if err := f.openArchive(f.reading.of(bytes.NewReader(data))); err != nil {
		return err
	}
	return readLeads(f, func(Record) bool { return false })
}

// What is read of an archive beside its rows is in proportion to its bytes: what is packed a thousand times is not read.
func TestWorkBeforeTheFirstRowIsBounded(t *testing.T) {
	t.Parallel()
	// A twentieth of the work within a twentieth of the bound shows the same in a twentieth of the time.
	const part = 20
	const n = 1_200_000 / part
	var namespaces strings.Builder
	for i := range 2000 {
		fmt.Fprintf(&namespaces, ` xmlns:a%d="b"`, i)
	}
	inner := book(t, "xl/sheet.xml", "<worksheet><cols>", many{"<col/>", 60_000 / part}, "</cols><sheetData>"+strings.ReplaceAll(aHeader, "name", "firm")+"</sheetData></worksheet>")
	workbooks := archiveOf(t, 60, func(i int) (string, []byte) { return fmt.Sprintf("%d.xlsx", i), inner })
	for name, data := range map[string][]byte{
		"shared texts":        book(t, "xl/texts.xml", "<sst>", many{"<si><t>a</t></si>", n}, "</sst>"),
		"rich texts":          book(t, "xl/texts.xml", "<sst><si>", many{"<r><t>a</t></r>", n}, "</si></sst>"),
		"sheets":              book(t, "xl/workbook.xml", `<workbook xmlns:r="`+officeKind+`"><sheets><sheet name="L" r:id="r1"/>`, many{`<sheet name="L" r:id="r1"/>`, n}, "</sheets></workbook>"),
		"number formats":      book(t, "xl/styles.xml", "<styleSheet><numFmts>", many{`<numFmt numFmtId="200" formatCode="0.00"/>`, n}, "</numFmts></styleSheet>"),
		"styles":              book(t, "xl/styles.xml", "<styleSheet><cellXfs>", many{`<xf numFmtId="0"/>`, n}, "</cellXfs></styleSheet>"),
		"other styles":        book(t, "xl/styles.xml", "<styleSheet><fonts>", many{"<font/>", n}, "</fonts></styleSheet>"),
		"comments":            book(t, "xl/styles.xml", "<styleSheet>", many{"<!---->", n}, "</styleSheet>"),
		"attributes":          book(t, "xl/styles.xml", "<styleSheet>", many{"<a" + many{` b=""`, 100_000 / part}.all() + "/>", 10}, "</styleSheet>"),
		"namespaces":          book(t, "xl/styles.xml", "<styleSheet>", many{"<a" + namespaces.String() + "/>", 1500 / part}, "</styleSheet>"),
		"text between":        book(t, "xl/styles.xml", "<styleSheet>", many{strings.Repeat(" ", 1000) + "<a/>", 80_000 / part}, "</styleSheet>"),
		"relations":           book(t, "xl/_rels/workbook.xml.rels", "<Relationships>", many{`<Relationship Id="q" Type="x" Target="y"/>`, n}, "</Relationships>"),
		"the root's":          book(t, rootRelations, "<Relationships>", many{`<Relationship Id="q" Type="x" Target="y"/>`, n}, "</Relationships>"),
		"the sheet's":         book(t, "xl/_rels/sheet.xml.rels", "<Relationships>", many{`<Relationship Id="q" Type="x" Target="y"/>`, n}, "</Relationships>"),
		"content types":       book(t, "[Content_Types].xml", "<Types>", many{`<Override PartName="/a" ContentType="b"/>`, n}, "</Types>"),
		"columns":             book(t, "xl/sheet.xml", "<worksheet><cols>", many{"<col/>", n}, "</cols><sheetData>"+aHeader+aLead+"</sheetData></worksheet>"),
		"merged cells before": book(t, "xl/sheet.xml", "<worksheet><mergeCells>", many{`<mergeCell ref="A1:B1"/>`, n}, "</mergeCells><sheetData>"+aHeader+aLead+"</sheetData></worksheet>"),
		"rows of nothing":     book(t, "xl/sheet.xml", "<worksheet><sheetData>", many{"<row/>", n}, aHeader+aLead+"</sheetData></worksheet>"),
		"nothing below":       book(t, "xl/sheet.xml", "<worksheet><sheetData>"+aHeader, many{"<row/>", n}, aLead+"</sheetData></worksheet>"),
		"cells of nothing":    book(t, "xl/sheet.xml", "<worksheet><sheetData><row>", many{"<c/>", n}, "</row>"+aHeader+aLead+"</sheetData></worksheet>"),
		"workbooks":           workbooks,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if err := firstRowWithin(data, freeSteps/part); !errors.Is(err, errTooMuchWork) {
				t.Errorf("%d bytes end with %v", len(data), err)
			}
		})
	}
	whole := book(t, "xl/texts.xml", "<sst>", many{"<si><t>a</t></si>", part * n}, "</sst>")
	if err := firstRow(whole); !errors.Is(err, errTooMuchWork) {
		t.Errorf("the whole of %d bytes ends with %v", len(whole), err)
	}
}

func (m many) all() string { return strings.Repeat(m.text, m.times) }

// What comes behind the first row is bounded by the rows, and by what spreadsheets write of themselves.
func TestWorkThatFilesNeedIsDone(t *testing.T) {
	t.Parallel()
	texts := &strings.Builder{}
	for i := range 60_000 {
		fmt.Fprintf(texts, "<si><t>%x</t></si>", i*2654435761)
	}
	for name, data := range map[string][]byte{
		"texts of one's own":  book(t, "xl/texts.xml", "<sst>"+texts.String()+"</sst>"),
		"styles":              book(t, "xl/styles.xml", "<styleSheet><cellXfs>", many{`<xf numFmtId="0" fontId="1"/>`, 30_000}, "</cellXfs></styleSheet>"),
		"rows of nothing":     book(t, "xl/sheet.xml", "<worksheet><sheetData>"+aHeader+aLead, many{"<row/>", 400_000}, aLead+"</sheetData></worksheet>"),
		"merged cells behind": book(t, "xl/sheet.xml", "<worksheet><sheetData>"+aHeader, many{aLead, 100}, "</sheetData>", many{`<mergeCell ref="A1:B1"/>`, 400_000}, "</worksheet>"),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f, err := Open(bytes.NewReader(data), Options{Known: anyFilled})
			if err != nil {
				t.Fatal(err)
			}
			defer f.Close()
			if err := readLeads(f, func(Record) bool { return true }); err != nil {
				t.Fatal(err)
			}
		})
	}
}

func TestArchivesOfTooManyFilesAreRefused(t *testing.T) {
	t.Parallel()
	for name, data := range map[string][]byte{
		"lists":   archiveOf(t, maxLeadFiles+1, func(i int) (string, []byte) { return fmt.Sprintf("%d.csv", i), []byte("name\nAda\n") }),
		"members": archiveOf(t, maxMembers+1, func(i int) (string, []byte) { return fmt.Sprintf("%d.bin", i), nil }),
		"a directory of long names": archiveOf(t, 300, func(i int) (string, []byte) {
			return strings.Repeat("a", 60_000) + fmt.Sprint(i), nil
		}),
	} {
		if err := firstRow(data); !errors.Is(err, errTooManyFiles) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// A format is put together piece by piece: one that is as long as a part may be would take minutes.
func TestNumberFormatsHaveALength(t *testing.T) {
	t.Parallel()
	for code, want := range map[string]string{strings.Repeat("0", maxFormatCode+1): "1.5", `"RM "0.00`: "RM 1.50"} {
		styles := `<styleSheet><numFmts><numFmt numFmtId="200" formatCode="` + strings.ReplaceAll(code, `"`, "&quot;") + `"/></numFmts><cellXfs><xf numFmtId="200"/></cellXfs></styleSheet>`
		a := &archive{left: new(int64), reading: newReading(Options{})}
		*a.left, a.reading.steps = 1<<20, freeSteps
		data := archiveOf(t, 1, func(int) (string, []byte) { return "styles.xml", []byte(styles) })
		z, err := openArchive(bytes.NewReader(data), int64(len(data)), a.reading, a.left)
		if err != nil {
			t.Fatal(err)
		}
		f, err := readFormats(z, "styles.xml")
		if err != nil {
			t.Fatal(err)
		}
		if got := f.of("0").number("1.5", false); got != want {
			t.Errorf("%.30q shows %q", code, got)
		}
	}
}
