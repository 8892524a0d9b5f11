package language_test

import (
	"strings"
	"testing"
	"text/template/parse"
	"time"

	"github.com/leadwheel/leadwheel/internal/language"
)

func TestSay(t *testing.T) {
	t.Parallel()
	en, ms := language.In("en"), language.In("ms")
	for _, c := range []struct{ got, want string }{
		{en.Say("Today"), "Today"}, {ms.Say("Today"), "Hari ini"}, {ms.Say("nobody says this"), "nobody says this"}, {ms.Say("Assign %s", "3"), "Serahkan 3"},
		{en.Many(1, "%d lead", "%d leads"), "1 lead"}, {en.Many(0, "%d lead", "%d leads"), "0 leads"}, {en.Many(1234567, "%d lead", "%d leads"), "1,234,567 leads"},
		{ms.Many(1, "%d lead", "%d leads"), "1 prospek"}, {ms.Many(1234567, "%d lead", "%d leads"), "1,234,567 prospek"},
		{ms.Word("Created"), "Dicipta"}, {ms.Word("Nothing of ours: 100%"), "Nothing of ours: 100%"},
		{language.In("qps").Say("Today"), "⟦Today⟧"}, {language.In("").Say("Today"), "Today"}, {language.In("tlh", "ms").Say("Today"), "Hari ini"},
		{language.In("qps").Tag() + ms.Tag() + en.Tag(), "enmsen"},
	} {
		if c.got != c.want {
			t.Errorf("%q is said, want %q", c.got, c.want)
		}
	}
}

// TestDates has every day and month of a year in every layout that is used.
func TestDates(t *testing.T) {
	t.Parallel()
	en, ms := language.In("en"), language.In("ms")
	at := time.Date(2026, 5, 10, 15, 4, 5, 0, time.UTC)
	for layout, want := range map[string]string{
		"Mon 2 Jan 2006, 15:04:05 MST": "Ahd 10 Mei 2026, 15:04:05 UTC", "Monday, 2 January 2006": "Ahad, 10 Mei 2026", "2 Jan, 15:04": "10 Mei, 15:04", "15:04": "15:04", "": "",
	} {
		if got := ms.Date(at, layout); got != want {
			t.Errorf("%s is %q, want %q", layout, got, want)
		}
		if got := en.Date(at, layout); got != at.Format(layout) {
			t.Errorf("%s is %q in English", layout, got)
		}
	}
	seen := map[string]bool{}
	for day := range 366 {
		seen[ms.Date(at.AddDate(0, 0, day), "Monday January")] = true
	}
	if len(seen) != 7*12 {
		t.Errorf("a year has %d days by name and month, want 84", len(seen))
	}
}

// TestTemplatesAreReadAsHTML puts what people read of a template into Malay, and nothing else.
func TestTemplatesAreReadAsHTML(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		`<p class="Today" title="Today">Today</p>`:                      `<p class="Today" title="Hari ini">Hari ini</p>`,
		"<p>\n  Today\n\tSave</p>":                                      "<p>\n  Hari ini\n\tSimpan</p>",
		`<a href="{{.Today}}" aria-label="Save">{{if .}}Today{{end}}`:   `<a href="{{.Today}}" aria-label="Simpan">{{if .}}Hari ini{{end}}`,
		`<input{{if .}} title="Save"{{else}} value="Save"{{end}}>`:      `<input{{if .}} title="Simpan"{{else}} value="Save"{{end}}>`,
		`<code>Save</code><script>Save</script>Save`:                    `<code>Save</code><script>Save</script>Simpan`,
		`{{range .}}<b>Save</b>{{else}}Today{{end}}`:                    `{{range .}}<b>Simpan</b>{{else}}Hari ini{{end}}`,
		`{{with .X}} aria-describedby="{{.}}"{{end}} aria-label="Save"`: `{{with .X}} aria-describedby="{{.}}"{{end}} aria-label="Simpan"`,
		`· – 12 &amp; <b>·</b>`:                                         `· – 12 &amp; <b>·</b>`, `<p title='Save'>x</p>`: `<p title='Save'>x</p>`,
	} {
		read, err := language.In("ms").Parse("t", language.Template(text))
		if err != nil {
			t.Fatal(err)
		}
		if got := read["t"].Root.String(); got != want {
			t.Errorf("%s\nbecomes %s\nwant    %s", text, got, want)
		}
	}
}

// FuzzTemplates reads whatever is a template: it never fails, and English is left as it is.
func FuzzTemplates(f *testing.F) {
	for _, seed := range []string{`<p>Today</p>`, `<a title="{{.}}`, `</`, `<!-- x -->`, `<<>>"`, `{{if .}}<a{{else}}<b{{end}}>`, `{{say "x" .}}`, `=""`, `<a b="c=d">e`, `<a ="x">`, `<a b ="x">y`} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		tree := parse.New("t")
		tree.Mode = parse.SkipFuncCheck
		plain := map[string]*parse.Tree{}
		if _, err := tree.Parse(text, "", "", plain); err != nil {
			return
		}
		read, err := language.In("en").Parse("t", language.Template(text))
		if err != nil {
			t.Fatal(err)
		}
		if _, err := language.TextsOf("t", language.Template(text)); err != nil {
			t.Fatal(err)
		}
		for name, tree := range plain {
			if got := read[name]; got == nil || got.Root.String() != tree.Root.String() {
				t.Errorf("%q is changed in %s", text, name)
			}
		}
	})
}

// FuzzAccepted takes whatever header a browser sends.
func FuzzAccepted(f *testing.F) {
	for _, seed := range []string{"", "ms-MY,en;q=0.5", ";q=", strings.Repeat("a-", 1000), "x-i-klingon", "\x00"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, header string) {
		if tag := language.Accepted(header); !language.Known(tag) {
			t.Errorf("%q asks for %q", header, tag)
		}
	})
}
