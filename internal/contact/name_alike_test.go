package contact_test

import (
	"testing"

	"github.com/leadwheel/leadwheel/internal/contact"
)

func TestAnotherName(t *testing.T) {
	t.Parallel()
	for _, one := range []struct {
		a, b string
		want bool
	}{
		{"Ada", "ADA", false}, {"Ada Lovelace", " ada   LOVELACE\u200b", false}, {"Ada Lovelace", "AdaLovelace", false},
		{"Ada Lovelace", "Lovelace, Ada", false}, {"Ada", "Ada Lovelace", false}, {"Ms Ada", "Ada King Lovelace", false},
		{"José Núñez", "Jose Nunez", false}, {"Ｊｏｓｅ", "jose", false}, {"A. Lovelace", "Ada Lovelace", false},
		{"Aishah Tan", "Aisyah Tann", false}, {"Jhon Smith", "John Smith", false}, {"Moh Ali", "Mohammed Ali", false},
		{"Katherine", "Catherine", false}, {"Siti Aminah binti Ali", "Siti Aminah", false}, {"Dr. Tan", "Tan", false}, {"Dr", "Mr", true},
		{"张伟", "伟张", false}, {"张伟先生", "张伟", false}, {"", "Ada", false}, {"Ada", "🙂", false}, {"", "", false}, {"y", "z", false}, {"A B", "C", false}, {"R. Kumar", "S Kumar", false},
		{"Straße", "STRASSE", false}, {"O'Brien", "OBrien", false}, {"=\"Ada\"", "Ada", false},

		{"Ada", "Bea", true}, {"Ada", "Ida", true}, {"Mr Tan", "Mr Lim", true}, {"Ada Tan", "Bea Tan", true}, {"Muhammad Ali", "Muhammad Abu", true},
		{"Siti binti Ali", "Nurul binti Ahmad", true}, {"张伟", "王伟", true}, {"王伟", "李娜", true}, {"Person 1", "Person 2", true},
		{"A1", "A12", true}, {"y", "Bea", false}, {"김", "이", true}, {"Анна", "Борис", true}, {"Nguyễn Văn An", "Nguyễn Văn Bình", true}, {"Ann Ann", "Ann Bea", true},
		{"علي", "فاطمة", true}, {"அருண்", "கவிதா", true},
	} {
		if got := contact.AnotherName(one.a, one.b); got != one.want {
			t.Errorf("%q and %q are different people: %t", one.a, one.b, got)
		}
		if got := contact.AnotherName(one.b, one.a); got != one.want {
			t.Errorf("%q and %q are different people: %t", one.b, one.a, got)
		}
	}
}

// FuzzAnotherName holds that nobody is another person than themselves, and that it does not matter who is asked about first.
func FuzzAnotherName(f *testing.F) {
	for _, name := range []string{"Ada Lovelace", "张伟先生", "Dr", "", "\xff\x00", "A. B.", "Nguyễn Văn An", "😀 🙂"} {
		f.Add(name, "Ada")
	}
	f.Fuzz(func(t *testing.T, a, b string) {
		if len(a)+len(b) > 2000 {
			return
		}
		if contact.AnotherName(a, a) {
			t.Errorf("%q is another person", a)
		}
		if contact.AnotherName(a, b) != contact.AnotherName(b, a) {
			t.Errorf("%q and %q", a, b)
		}
	})
}
