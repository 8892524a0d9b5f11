package contact_test

import (
	"testing"

	"github.com/leadwheel/leadwheel/internal/contact"
)

func TestSomebody(t *testing.T) {
	t.Parallel()
	for _, is := range [][3]string{
		{"Ada", "", ""}, {"x", "", ""}, {"Nan", "x", "-"}, {"张", "", ""}, {"🙂", "", ""}, {"N/A", "ada@example.com", ""}, {"", "a@b", ""},
		{"", "ada at example.com", ""}, {"", "ada(at)example.com", ""}, {"", "Ada <ada@example.com>", ""}, {"", "ada＠example.com", ""},
		{"", "", "012-345 6789"}, {"", "", "999"}, {"", "", "1-800-FLOWERS"}, {"", "", "ext. 1234, ask for Bob"}, {"", "", "٠١٢٣٤٥٦٧٨٩"},
		{"", "", "+60 12 XXX 678"}, {"", "0123456789", ""}, {"", "", "ada@example.com"}, {"", "", "6.01235E+10"}, {"", "", "０１２３４５"}, {"", "", "3"}, {"", "aisyah_tan", ""}, {"", "", "call me"}, {`"\`, "", ""}, {"Unknown Soldier", "", ""},
	} {
		if !contact.Somebody(is[0], is[1], is[2]) {
			t.Errorf("%q is nobody", is)
		}
	}
	for _, none := range [][3]string{
		{"", "", ""}, {"N/A", "", ""}, {"-", "x", "-"}, {"", "x", ""}, {"", "", "-"}, {"null", "undefined", "N/A"}, {"{{name}}", "@", "+"},
		{"\u200b", "", ""}, {"", "none", "none"}, {"", "@b", ""}, {"", "", "0000"}, {"unknown", "n/a", "n/a"}, {"", "", "x"}, {"", "a@", "x"}, {"#N/A", "1", ""},
	} {
		if contact.Somebody(none[0], none[1], none[2]) {
			t.Errorf("%q is somebody", none)
		}
	}
}
