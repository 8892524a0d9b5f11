package ingest

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"errors"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"testing/iotest"
	"unicode/utf8"
)

// FuzzCSV holds what is promised for any file: it ends, every line is read once and in order, and every row is one
// that the database takes.
func FuzzCSV(f *testing.F) {
	for _, seed := range []string{
		"name,email\nAda,a@b.c\n", "name;note\r\n\"A\"\"da\";\"two\r\nlines\"\r\n", "name\n\"open\nAda\n", "\ufeffname\tphone\rAda\t1",
		"sep=|\nname|id\nAda|7\n", "\xff\xfen\x00a\x00m\x00e\x00\n\x00A\x00", "name,name,mobile,phone\nJos\xe9,\x00,1,2,3\n", "name,\"a\nb\"\nx,y",
	} {
		f.Add([]byte(seed))
	}
	addFieldFiles(f, "*.csv", func(file []byte) { f.Add(file) })
	f.Fuzz(func(t *testing.T, file []byte) {
		c := NewCSV(iotest.HalfReader(bytes.NewReader(file)))
		last := int64(0)
		for {
			row, err := c.Next()
			var reject *Reject
			switch {
			case err == nil:
				checkRow(t, row)
			case errors.As(err, &reject):
				if !utf8.ValidString(reject.Record) || !strings.HasSuffix(reject.Reason, ".") {
					t.Fatalf("rejected as %+v", reject)
				}
				row.Line = reject.Line
			default:
				var unusable *FileError
				if !errors.Is(err, io.EOF) && !errors.As(err, &unusable) {
					t.Fatalf("the file ends with %v", err)
				}
				return
			}
			if row.Line <= last {
				t.Fatalf("line %d comes after line %d", row.Line, last)
			}
			last = row.Line
		}
	})
}

// addFieldFiles gives a fuzz test files like those that users of other programs had trouble with.
func addFieldFiles(f *testing.F, pattern string, add func(file []byte)) {
	f.Helper()
	names, err := filepath.Glob("testdata/field/" + pattern)
	if err != nil || len(names) == 0 {
		f.Fatal(names, err)
	}
	for _, name := range names {
		file, err := os.ReadFile(name)
		if err != nil {
			f.Fatal(err)
		}
		if len(file) < 64<<10 { // larger ones slow it down
			add(file)
		}
	}
}

func checkRow(t *testing.T, row Row) {
	t.Helper()
	if row.Name == "" && row.Email == "" && row.Phone == "" || row.ExternalID == "" {
		t.Fatalf("a row with nothing to know it by: %+v", row)
	}
	var fields map[string]string
	if err := json.Unmarshal(row.Fields, &fields); err != nil || len(row.Fields) > maxFields {
		t.Fatalf("fields %s: %v", row.Fields, err)
	}
	for _, text := range []string{row.Name, row.Email, row.Phone, row.ExternalID, row.Source, string(row.Fields)} {
		if !utf8.ValidString(text) || strings.ContainsRune(text, 0) {
			t.Fatalf("the database will refuse %q", text)
		}
	}
}

// FuzzRecords compares with encoding/csv wherever that finds nothing to complain about, and holds that every byte
// belongs to one record, rejected or not.
func FuzzRecords(f *testing.F) {
	for _, seed := range []string{"a,b\nc,\"d\n\"\"e\"\n", "a\r\n\r\nb", "\"\"\n\"\n\"", "a,\"b", "\"a\rb\"\rc", "x\n\"y\nz\"w\n", "a,\"b \\\"c\\\", d\",e\n", "=\"a,b\",c\n", "\ufeff\"a\",b\n", "a,b\rc\n"} {
		f.Add(seed, uint8(3))
	}
	addFieldFiles(f, "*.csv", func(file []byte) { f.Add(string(file), uint8(133)) })
	f.Fuzz(func(t *testing.T, file string, step uint8) {
		if strings.ContainsRune(file, 0) {
			return
		}
		got, clean := allRecords(t, file, step)
		strict := csv.NewReader(strings.NewReader(file))
		strict.FieldsPerRecord = -1
		want, err := strict.ReadAll()
		if err != nil || strings.Contains(strings.ReplaceAll(file, "\r\n", "\n"), "\r") {
			return // encoding/csv knows no CR as line end
		}
		if slices.ContainsFunc(want, func(row []string) bool { return len(row) > maxColumns }) {
			return // nor a limit
		}
		if !clean || !slices.EqualFunc(got, want, slices.Equal) {
			t.Fatalf("%q is read as %q, by encoding/csv as %q", file, got, want)
		}
	})
}

func allRecords(t *testing.T, file string, step uint8) (records [][]string, clean bool) {
	r := newRecordReader(&stepReader{strings.NewReader(file), int(step%7) + 1})
	r.lf = step >= 128
	clean = true
	var raw strings.Builder
	for {
		err := r.next()
		var reject *Reject
		if errors.Is(err, io.EOF) {
			break
		}
		raw.Write(r.raw)
		if errors.As(err, &reject) {
			clean = false
			continue
		}
		if len(r.raw) == 0 {
			continue // encoding/csv skips blank lines too
		}
		var cells []string
		for _, c := range r.cells {
			cells = append(cells, string(c))
		}
		records = append(records, cells)
	}
	ends := strings.NewReplacer("\r", "", "\n", "")
	if ends.Replace(raw.String()) != ends.Replace(file) {
		t.Fatalf("of %q, %q was read", file, raw.String())
	}
	return records, clean
}

// A stepReader reads a few bytes at a time, so that records break off everywhere.
type stepReader struct {
	src  io.Reader
	step int
}

func (r *stepReader) Read(b []byte) (int, error) { return r.src.Read(b[:min(len(b), r.step)]) }

// FuzzNumberFormat holds that any format shows any number as text, and a plain one as itself.
func FuzzNumberFormat(f *testing.F) {
	for _, code := range []string{"0.00", `[$RM-43E]#,##0.00;[Red]-0`, "[h]:mm", `[<=9999999]###-####;(###) ###-####`, `"a;b"0;;@`, "0,,", `\`, `"`, "[", "_", "*"} {
		f.Add(code, 1234.5)
	}
	f.Fuzz(func(t *testing.T, code string, n float64) {
		raw := strconv.FormatFloat(n, 'g', -1, 64)
		if text := parseFormat(code).number(raw, false); text == "" && n != 0 {
			t.Errorf("%s in %q shows nothing", raw, code)
		}
		parseFormat(code).number(code, true)
	})
}
