package leadfile

import (
	"encoding/csv"
	"errors"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

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
		if slices.ContainsFunc(want, func(row []string) bool { return len(row) > MaxColumns }) {
			return // nor a limit
		}
		if !clean || !slices.EqualFunc(got, want, slices.Equal) {
			t.Fatalf("%q is read as %q, by encoding/csv as %q", file, got, want)
		}
	})
}

func allRecords(t *testing.T, file string, step uint8) (records [][]string, clean bool) {
	r := newRecordReader(&stepReader{strings.NewReader(file), int(step%7) + 1}, anyFilled)
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
