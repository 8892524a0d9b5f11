package lead

import (
	"encoding/json"
	"reflect"
	"testing"
)

// FuzzWeek reads working hours: what is read is written the same, and reads the same again.
func FuzzWeek(f *testing.F) {
	for _, seed := range []string{
		`{}`, `{"mon":[{"from":"09:00","to":"18:00"}]}`, `{"sun":[{"from":"22:00","to":"06:00"},{"from":"00:00","to":"24:00"}]}`,
		`{"mon":[]}`, `{"mon":null}`, `null`, `{"Mon":[]}`, `{"mon":[{"from":"24:00","to":"24:00"}]}`, `{"mon":[{"from":"9:00","to":"18:00"}]}`,
		`{"fri":[{"from":"09:00"}]}`, `{"fri":[{"from":"10:00","to":"10:00"}]}`, `{"sat":[{"from":"09:00","to":"24:01"}]}`, `[]`, `7`,
		`{"tue":[{"from":"\u0030\u0039:00","to":"18:00","note":"x"}],"tue":[{"from":"10:00","to":"11:00"}]}`,
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		var w Week
		if err := json.Unmarshal(text, &w); err != nil {
			if err.Error() == "" {
				t.Error("an error says nothing")
			}
			return
		}
		for day, spans := range w {
			for _, h := range spans {
				if h.From < 0 || h.From >= endOfDay || h.To < 0 || h.To > endOfDay {
					t.Errorf("%s has a span from %d to %d", weekdays[day], h.From, h.To)
				}
			}
		}
		written, err := json.Marshal(w)
		if err != nil {
			t.Fatal(err)
		}
		var again Week
		if err := json.Unmarshal(written, &again); err != nil || !reflect.DeepEqual(w, again) {
			t.Errorf("%s reads as %v, %v; it was %v", written, again, err, w)
		}
	})
}
