package language

import (
	"embed"
	"fmt"
	"strings"
)

//go:embed *.txt
var files embed.FS

// translations are what the files say, by language.
var translations = func() map[string]map[Text]string {
	all := map[string]map[Text]string{}
	for _, tag := range Offered() {
		if tag == English {
			continue
		}
		data, err := files.ReadFile(tag + ".txt")
		if err == nil {
			all[tag], err = pairs(string(data))
		}
		if err != nil {
			panic(fmt.Sprintf("the file of language %s: %v", tag, err)) // it is embedded, and tested
		}
	}
	return all
}()

// pairs reads a language's file: each text in English on a line of its own, and on the next, behind a tab, what it is in the language.
// Empty lines and those that begin with # tell people apart what belongs together.
func pairs(file string) (map[Text]string, error) {
	all := map[Text]string{}
	english, open := "", false
	for i, line := range strings.Split(strings.TrimSuffix(file, "\n"), "\n") {
		theirs, indented := strings.CutPrefix(line, "\t")
		switch {
		case line != strings.TrimRight(line, " \t"):
			return nil, fmt.Errorf("line %d ends with a space", i+1)
		case indented && !open:
			return nil, fmt.Errorf("line %d: there is no English above %q", i+1, theirs)
		case indented:
			all[Text(english)], open = theirs, false
		case open:
			return nil, fmt.Errorf("line %d: there is nothing below %q", i, english)
		case line == "" || strings.HasPrefix(line, "# "):
		default:
			if _, twice := all[Text(line)]; twice {
				return nil, fmt.Errorf("line %d: %q is there already", i+1, line)
			}
			english, open = line, true
		}
	}
	if open {
		return nil, fmt.Errorf("there is nothing below %q", english)
	}
	return all, nil
}
