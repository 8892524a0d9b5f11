package main

import (
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/alecthomas/kong"
)

func FuzzSlot(f *testing.F) {
	for _, seed := range []string{"Aisyah", "Aisyah,Ben=2", " Aisyah , Ben = 3 ", "=", ",", "a=b=c", "a=0", "a=-1", "a=99999999999999999999"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		members, weight, err := parseSlot(text)
		if err != nil {
			return
		}
		if weight < 1 || len(members) == 0 || slices.Contains(members, "") {
			t.Errorf("%q is %q with %d shares", text, members, weight)
		}
		again, same, err := parseSlot(strings.Join(members, ",") + "=" + strconv.Itoa(weight))
		if err != nil || same != weight || !slices.Equal(again, members) {
			t.Errorf("%q is %q with %d shares, and written anew %q with %d, %v", text, members, weight, again, same, err)
		}
	})
}

func FuzzComplete(f *testing.F) {
	for _, seed := range []string{"", "member", "member edit --pending=s", "import = - --", "lead list -q\x00x --test=", "--\x00-\x00=", "assign\x00--pace\x00=\x00s"} {
		f.Add(seed)
	}
	parser, err := kong.New(&cli{}, words())
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, typed string) {
		words := strings.Split(typed, "\x00")
		last := words[len(words)-1]
		for _, c := range complete(parser.Model.Node, words) {
			if last != "=" && !strings.HasPrefix(c.word, last) {
				t.Errorf("after %q it offers %q", words, c.word)
			}
		}
	})
}

// Whatever help says, a page has no line that its reader takes for a command.
func FuzzRoff(f *testing.F) {
	for _, seed := range []string{".so /etc/passwd", "'br", "a\n.b", `\f`, "--x", "  .x"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		got := roff(text)
		if strings.HasPrefix(got, ".") || strings.HasPrefix(got, "'") || strings.Contains(got, "\n") {
			t.Errorf("%q becomes %q", text, got)
		}
	})
}
