package contact_test

import (
	"testing"

	"github.com/leadwheel/leadwheel/internal/contact"
)

func TestWordsThatStandForNothing(t *testing.T) {
	for _, text := range []string{
		"", " ", "null", "NULL", "Null", "undefined", "N/A", "n/a", "n.a.", "None", "none", "NaN", "nan", "nil", "<nil>", "(null)", `"null"`, "<null>",
		"-", "--", "—", "–", ".", "...", "?", "_", "+", "*", "\u200b-\ufeff", " null\u00a0", "#N/A", "#REF!", "[object Object]", "(not set)",
		"{{name}}", "{{ lead.email }}", "${phone}", "%%name%%", "[[name]]", "*|FNAME|*", "<%= name %>", "unknown", "NA", "{{first}} {{last}}",
	} {
		if !contact.Nothing(text) {
			t.Errorf("%q stands for nothing", text)
		}
	}
	for _, text := range []string{
		"Nan", "Nil", "Na", "Ada", "张", "🙂", "0", "+60123456781", "a-b", "Null Island", "Nonette", "<test lead: dummy data for full_name>",
		"{{title}} Tan", "X", "ณ", "O'", "{Ada}", "none@example.com",
	} {
		if contact.Nothing(text) {
			t.Errorf("%q says something", text)
		}
	}
}
