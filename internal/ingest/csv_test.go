package ingest_test

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
	"testing/iotest"
	"unicode/utf16"

	"github.com/google/go-cmp/cmp"

	"github.com/leadwheel/leadwheel/internal/ingest"
	"github.com/leadwheel/leadwheel/internal/leadfile"
)

// readCSV reads a whole file as one line a row: "line: name|email|phone|source|fields", "line! reason" for a reject,
// and what ended it where that was not its end.
func readCSV(src io.Reader) []string {
	var out []string
	c := ingest.NewCSV(src)
	for {
		row, err := c.Next()
		var reject *leadfile.Reject
		switch {
		case err == nil:
			out = append(out, fmt.Sprintf("%d: %s|%s|%s|%s|%s", row.Line, row.Name, row.Email, row.Phone, row.Source, row.Fields))
		case errors.As(err, &reject):
			out = append(out, fmt.Sprintf("%d! %s", reject.Line, reject.Reason))
		case errors.Is(err, io.EOF):
			return out
		default:
			return append(out, "end: "+err.Error())
		}
	}
}

// isReadAs fails the test unless a file is read so, also where it comes byte by byte.
func isReadAs(t *testing.T, want []string, read func(io.Reader) []string, file string) {
	t.Helper()
	if diff := cmp.Diff(want, read(strings.NewReader(file))); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff(want, read(iotest.OneByteReader(strings.NewReader(file)))); diff != "" {
		t.Error("read byte by byte:", diff)
	}
}

// oddFiles are files as people and programs really send them, and how they are read.
var oddFiles = []struct {
	name, file string
	want       []string
}{
	{"comma", "name,email\nAda,ada@example.com\n", []string{"2: Ada|ada@example.com|||{}"}},
	{"semicolon", "name;note;phone\nAda;a, b;+60123\n", []string{`2: Ada||+60123||{"note":"a, b"}`}},
	{"tab", "Name\tPhone\nAda\t+60123", []string{"2: Ada||+60123||{}"}},
	{"pipe", "name|e-mail\nAda|a@b.c\n", []string{"2: Ada|a@b.c|||{}"}},
	{"named delimiter", "sep=;\nname;a,b\nAda;1,2\n", []string{`3: Ada||||{"a,b":"1,2"}`}},
	{"comma in a header of semicolons", "name;\"city, country\";phone\nAda;KL, MY;1\n", []string{`2: Ada||1||{"city, country":"KL, MY"}`}},
	{"one column", "email\na@b.c\n", []string{"2: |a@b.c|||{}"}},
	{"line ends", "name,phone\rAda,1\r\nBea,2\nCyd,3\r\r\nDee,4", []string{"2: Ada||1||{}", "3: Bea||2||{}", "4: Cyd||3||{}", "6: Dee||4||{}"}},
	{"byte order mark", "\ufeffname,phone\nAda,1\n", []string{"2: Ada||1||{}"}},
	{"Windows-1252 cells among UTF-8", "name,phone,city\nJos\xe9,1,Zürich\nZoë,2,\x80\n", []string{`2: José||1||{"city":"Zürich"}`, `3: Zoë||2||{"city":"€"}`}},
	{"NULs", "na\x00me,phone\nA\x00da,1\n\x00\n", []string{"2: Ada||1||{}"}},
	{"short and long rows", "name,phone,city\nAda\nBea,2,KL,,\nCyd,3,KL,more\n", []string{
		"2: Ada||||{}", `3: Bea||2||{"city":"KL"}`,
		"4! The row has 4 cells, but the header names 3 columns; put quotation marks around a cell that holds the delimiter.",
	}},
	{"repeated header and blank lines", "\n  \nname,phone\n\nAda,1\nname,phone\n,\n \t\nBea,2\n", []string{"5: Ada||1||{}", "9: Bea||2||{}"}},
	{"quotes", "name,note\n\"Smith, \"\"Al\"\"\",\"two\r\nlines\"\n27\" TV, \"x\" \n\"27\" TV\",y\n", []string{
		`2: Smith, "Al"||||{"note":"two\nlines"}`, `4: 27" TV||||{"note":"x"}`, `5: 27" TV||||{"note":"y"}`,
	}},
	{"a stray quote costs one row", "name,note\nAda,\"oops\nBea,b\nCyd,\"c\"\nDee,\"d1\nd2\"\n", []string{
		"2! A quotation mark opens a cell on this line and is not closed; remove it, or double it where it belongs to the text.",
		`3: Bea||||{"note":"b"}`, `4: Cyd||||{"note":"c"}`, `5: Dee||||{"note":"d1\nd2"}`,
	}},
	{"a stray quote at the end", "name\nAda\n\"Bea\nCyd", []string{
		"2: Ada||||{}",
		"3! A quotation mark opens a cell on this line and is not closed; remove it, or double it where it belongs to the text.",
		"4: Cyd||||{}",
	}},
	{"names", "First Name,last_name,Phone\nAda,Lovelace,1\n,Bell,2\nCyd,,3\n,,4\n", []string{
		"2: Ada Lovelace||1||{}", "3: Bell||2||{}", "4: Cyd||3||{}", "5: ||4||{}",
	}},
	{"a full name before its parts", "name,first name\nAda Lovelace,Ada\n,Bea\n", []string{`2: Ada Lovelace||||{"first name":"Ada"}`, "3: Bea||||{}"}},
	{"two columns of a role", "mobile,phone,EMAIL ADDRESS\n1,2,a@b.c\n3,,\n", []string{`2: |a@b.c|2||{"mobile":"1"}`, "3: ||3||{}"}},
	{"headers repeated or empty", "name,tag,tag,,tag (2)\nAda,a,b,c,d\n", []string{`2: Ada||||{"column 4":"c","tag":"a","tag (2)":"b","tag (2) (2)":"d"}`}},
	{"source", "name,Source\nAda,Expo\n", []string{"2: Ada|||Expo|{}"}},
	{"no contact", "name,city\n,KL\n", []string{"2! The row has no name, email or phone; fill in one of them."}},
	{"escapes in fields", "name,a\"b\nAda,\"c\"\"\\d\"\n", []string{`2: Ada||||{"a\"b":"c\"\\d"}`}},
	{"only a header", "name\n", nil},
	{"empty", "", []string{"end: The file is empty; send a file with a header line and a row for each lead."}},
	{"blank", "\ufeff \r\n\n", []string{"end: The file is empty; send a file with a header line and a row for each lead."}},
	{"old spreadsheet", "\xd0\xcf\x11\xe0\xa1\xb1", []string{"end: The file is an Excel file of the old kind, or protected by a password; save it as .xlsx or CSV and send that."}},
	{"gzip", "\x1f\x8b\x08\x00", []string{"end: The file is an archive of a kind that is not read here; send CSV, XLSX, or a zip of these."}},
	{"odd input 20: JSON in place of leads", "\n{\"code\":40105,\"message\":\"Access token is incorrect\"}", []string{
		`end: The file is JSON, not CSV; download the leads again. It says: {"code":40105,"message":"Access token is incorrect"}`,
	}},
	{"web page", "<!DOCTYPE html>\n<html>", []string{"end: The file is a web page or XML, not CSV; download the leads again."}},
	{"no known column", "firm,city\nAcme,KL\n", []string{`end: The file has no column for a name, an email or a phone. The first line must be a header that names one of them, as in "name,email,phone"; it is: "firm", "city"`}},
	{"unreadable header", "name,\"phone\n", []string{"end: The header line cannot be read. A quotation mark opens a cell on this line and is not closed; remove it, or double it where it belongs to the text."}},
}

func TestOddInput19CSVFiles(t *testing.T) {
	t.Parallel()
	for _, test := range oddFiles {
		t.Run(test.name, func(t *testing.T) { t.Parallel(); isReadAs(t, test.want, readCSV, test.file) })
	}
}

func TestOddInput19CSVInUTF16(t *testing.T) {
	t.Parallel()
	for _, order := range []binary.AppendByteOrder{binary.LittleEndian, binary.BigEndian} {
		var file []byte
		for _, unit := range utf16.Encode([]rune("\ufeffname,phone\r\nZoë 🙂,1\r\n")) {
			file = order.AppendUint16(file, unit)
		}
		if diff := cmp.Diff([]string{"2: Zoë 🙂||1||{}"}, readCSV(strings.NewReader(string(file)))); diff != "" {
			t.Errorf("%v: %s", order, diff)
		}
	}
}

func TestCSVRejectsWhatIsTooLarge(t *testing.T) {
	t.Parallel()
	long := func(n int) string { return strings.Repeat("é", n) }
	many := func(n int) string { return strings.TrimSuffix(strings.Repeat("x,", n), ",") }
	wide := "name" + strings.Repeat(",f", 70) + "\n"
	tests := []struct{ name, file, want string }{
		{"name", "name,phone\n" + long(201) + ",1\nAda,\n", "2! The name is longer than 200 characters; shorten it."},
		{"joined name", "first name,last name\n" + long(100) + "," + long(100) + "\nAda,\n", "2! The name is longer than 200 characters; shorten it."},
		{"email", "name,email\nBea," + long(1001) + "\nAda,\n", `2! The cell under "email" is longer than 1000 characters; shorten it.`},
		{"field", "name,note\nBea," + long(40_000) + "\nAda,\n", "2! The row's cells are together larger than 64 KiB; import fewer columns."},
		{"external id", "name,lead id\nBea," + long(1000) + "1\nAda,\n", "2! The external id is longer than 2000 bytes; shorten it."},
		{"fields", wide + "Bea" + strings.Repeat(","+strings.Repeat("x", 1000), 70) + "\nAda\n", "2! The row's cells are together larger than 64 KiB; import fewer columns."},
		{"columns", "name,phone\n" + many(1001) + "\nAda,\n", "2! The row has more than 1000 cells, but the header names 2 columns; put quotation marks around a cell that holds the delimiter."},
		{"row", "name,phone\n" + long(3<<19) + "\r\nAda,\n", "2! The row is longer than 1 MiB; shorten it."},
		{"quoted row", "name,phone\n\"" + long(3<<19) + "\nAda\n", "2! The row is longer than 1 MiB; shorten it."},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			if diff := cmp.Diff([]string{test.want, "3: Ada||||{}"}, readCSV(strings.NewReader(test.file))); diff != "" {
				t.Error(diff)
			}
		})
	}
	if got := readCSV(strings.NewReader("name," + many(1000) + "\n")); len(got) != 1 || !strings.Contains(got[0], "more than 1000 columns") {
		t.Errorf("a header of 1,001 columns gave %q", got)
	}
}

// A file of nothing but stray quotation marks is the worst case for going on behind one.
func TestOddInput19CSVGoesOnBehindEveryStrayQuote(t *testing.T) {
	t.Parallel()
	const rows = 50_000
	got := readCSV(strings.NewReader("name,note\n" + strings.Repeat("Ada,\"open x x x x x x x x x x x x x x x x x x x x x x x\n", rows) + "Bea,b\n"))
	if len(got) != rows+1 || got[rows] != fmt.Sprintf(`%d: Bea||||{"note":"b"}`, rows+2) {
		t.Errorf("got %d rows, the last %q", len(got), got[len(got)-1])
	}
}

func TestCSVDropsTheRowInWhichAnUploadBrokeOff(t *testing.T) {
	t.Parallel()
	broken := io.MultiReader(strings.NewReader("name,phone\nAda,12\nBea,1"), iotest.ErrReader(io.ErrUnexpectedEOF))
	if diff := cmp.Diff([]string{"2: Ada||12||{}", "end: unexpected EOF"}, readCSV(broken)); diff != "" {
		t.Error(diff)
	}
	wrapped := io.MultiReader(strings.NewReader("name,phone\nAda,12\nBea,1"), iotest.ErrReader(fmt.Errorf("connection: %w", io.EOF)))
	if diff := cmp.Diff([]string{"2: Ada||12||{}", "end: unexpected EOF: connection: EOF"}, readCSV(wrapped)); diff != "" {
		t.Error(diff)
	}
}

func TestCSVNamesItsColumns(t *testing.T) {
	t.Parallel()
	got, err := ingest.NewCSV(strings.NewReader("ID,Lead ID,E-Mail,Company\n")).Columns()
	want := []ingest.Column{{Header: "ID"}, {Header: "Lead ID", Role: "external_id"}, {Header: "E-Mail", Role: "email"}, {Header: "Company"}}
	if diff := cmp.Diff(want, got); diff != "" || err != nil {
		t.Error(err, diff)
	}
}

func TestCSVExternalIDs(t *testing.T) {
	t.Parallel()
	id := func(file string) string {
		row, err := ingest.NewCSV(strings.NewReader(file)).Next()
		if err != nil {
			t.Fatalf("%q: %v", file, err)
		}
		return row.ExternalID
	}
	same := id("name,phone,city\nAda,1,KL\n")
	if !strings.HasPrefix(same, "row:") || len(same) != len("row:")+32 {
		t.Errorf("a row without an external id got %q", same)
	}
	for _, file := range []string{
		"city;PHONE;name\nKL;1;Ada\n",                   // another order and delimiter
		"Full Name,Mobile,CITY ,empty\nAda,\"1\",KL,\n", // other spellings, an empty column
	} {
		if id(file) != same {
			t.Errorf("%q does not give the same row", file)
		}
	}
	for _, file := range []string{"name,phone,city\nAda,1,\n", "name,phone,town\nAda,1,KL\n", "name,phone,city\nAda 1,,KL\n", "name,email,city\nAda,1,KL\n"} {
		if id(file) == same {
			t.Errorf("%q gives the same row", file)
		}
	}
	if got := id("id,external_id,name\n7,x-7,Ada\n"); got != "x-7" {
		t.Errorf("the external id is %q", got)
	}
}
