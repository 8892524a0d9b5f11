package language

import (
	"strings"
	"testing"
)

// TestPairs refuses files that do not say which English belongs to which text.
func TestPairs(t *testing.T) {
	t.Parallel()
	got, err := pairs("# a comment\nToday\n\tHari ini\n\nSave\n\tSimpan\n")
	if err != nil || len(got) != 2 || got["Save"] != "Simpan" {
		t.Errorf("%v, %v", got, err)
	}
	for file, want := range map[string]string{
		"\tHari ini\n": "no English above", "Today\n": "nothing below", "Today\nSave\n\tSimpan\n": "nothing below", "Today\n\tHari ini\n\tEsok\n": "no English above",
		"Today\n\tHari ini\nToday\n\tEsok\n": "there already", "Today \n\tHari ini\n": "ends with a space",
	} {
		if _, err := pairs(file); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, want %s", file, err, want)
		}
	}
}
