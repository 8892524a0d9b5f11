package leadfile

import (
	"bytes"
	"strings"
)

// saveAs tells how a file of another program becomes one that is read here.
const saveAs = "open it in a spreadsheet program, save it as XLSX or CSV, and send that."

// otherKinds are how files begin that are no text in columns, in lower case, and what they are.
var otherKinds = []struct{ begins, says string }{
	{"pk\x03\x04", "The file is an archive of a kind that is not read here; send CSV, XLSX, or a zip of these."},
	{"\x1f\x8b\x08", "The file is an archive of a kind that is not read here; send CSV, XLSX, or a zip of these."},
	{"7z\xbc\xaf\x27\x1c", "The file is a 7z archive; unpack it, and send CSV, XLSX, or a zip of these."},
	{"rar!\x1a\x07", "The file is a RAR archive; unpack it, and send CSV, XLSX, or a zip of these."},
	{"\x28\xb5\x2f\xfd", "The file is a Zstandard archive; unpack it, and send CSV, XLSX, or a zip of these."},
	{"\xfd7zxz\x00", "The file is an xz archive; unpack it, and send CSV, XLSX, or a zip of these."},
	{"bzh", "The file is a bzip2 archive; unpack it, and send CSV, XLSX, or a zip of these."},
	{"\xd0\xcf\x11\xe0", "The file is an Excel file of the old kind, or protected by a password; save it as .xlsx or CSV and send that."},
	{"%pdf", "The file is a PDF document, from which leads cannot be told for certain; export them from where the document comes from as XLSX or CSV, and send that."},
	{"{\\rtf", "The file is a text document (RTF); put its leads into a spreadsheet, save it as XLSX or CSV, and send that."},
	{"\x89png", "The file is a picture; send the leads as XLSX or CSV."},
	{"\xff\xd8\xff", "The file is a picture; send the leads as XLSX or CSV."},
	{"gif8", "The file is a picture; send the leads as XLSX or CSV."},
	{"begin:vcard", "The file holds contacts as vCard; export them as CSV where they come from, and send that."},
	{"sqlite format 3\x00", "The file is a SQLite database; export its table of leads as CSV, and send that."},
	{"par1", "The file is in Parquet's form; save it as CSV, and send that."},
}

// otherKind says what a file is that begins like one of these, empty for others.
func otherKind(start []byte) string {
	folded := asciiFold(start[:min(len(start), 16)])
	for _, k := range otherKinds {
		if strings.HasPrefix(folded, k.begins) {
			return k.says
		}
	}
	return ""
}

// noTable says what a file is that is no text in columns, empty for one that may be. Platforms answer a download that
// failed with an error in JSON or a web page, which people save under the name of their file; and programs call a web page
// with a table in it .xls.
func noTable(start []byte) string {
	start = bytes.TrimSpace(start[:min(len(start), 16<<10)])
	if says := otherKind(start); says != "" {
		return says
	}
	folded := []byte(asciiFold(start))
	begins := func(with string) bool { return bytes.HasPrefix(folded, []byte(with)) }
	holds := func(text string) bool { return bytes.Contains(folded, []byte(text)) }
	switch {
	case begins("<?xml") && holds("excel.sheet"), begins("<?xml") && holds("office:spreadsheet"):
		return "The file is a workbook in the form of XML (Spreadsheet 2003), whatever its name; " + saveAs
	case begins("<table"), begins("<!doctype html"), begins("<html"), begins("<head"), begins("<meta"):
		if holds("<table") || holds("office:excel") {
			return "The file is a web page with a table in it (HTML), whatever its name, as some programs write for Excel; " + saveAs
		}
		return "The file is a web page or XML, not CSV; download the leads again."
	case begins("<!doctype"), begins("<?xml"):
		return "The file is a web page or XML, not CSV; download the leads again."
	case begins("{"), begins("[{"):
		line, _, _ := bytes.Cut(start, []byte("\n"))
		line = bytes.TrimSpace(line)
		return "The file is JSON, not CSV; download the leads again. It says: " + RecordText(line[:min(len(line), maxShownError)])
	}
	return ""
}

// asciiFold is b with A to Z made small, and nothing else changed.
func asciiFold(b []byte) string {
	folded := bytes.Clone(b)
	for i, c := range folded {
		if 'A' <= c && c <= 'Z' {
			folded[i] += 'a' - 'A'
		}
	}
	return string(folded)
}

// maxShownError is how much of an error that stands where leads should be is shown, in bytes.
const maxShownError = 300
