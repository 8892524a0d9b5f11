package console

import (
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/url"
	"slices"
	"strconv"
	"strings"
)

// What a column can be said to be, beside what it is taken for by itself.
var columnKinds = []namedValue{{"name", "Name"}, {"email", "Email"}, {"phone", "Phone"}, {"external_id", "Id of the lead elsewhere"}}

// lookInto shows what an import would make of a file: its columns with a choice each, and its first rows.
func (v *visit) lookInto(view *importView, file io.Reader, query url.Values) (*page, error) {
	var found struct {
		Columns []struct{ Heading, Becomes, By string }
		Rows    []struct {
			Name, Email, Phone string
			Fields             map[string]any
		}
		Warnings []string
	}
	f := view.form
	err := v.api.Upload(v.Context(), "/v1/imports/preview?"+query.Encode(), "application/octet-stream", file, -1, &found)
	if err != nil && f.refused(err, func(string) string { return "file" }) {
		if f.Problem != "" {
			f.errors["file"], f.Problem = f.Problem, ""
		}
		return v.importForm(view)
	}
	if err != nil {
		return nil, err
	}
	for i, c := range found.Columns {
		guess := v.say("as it is taken for: %s", v.columnWords(c.Becomes))
		if c.By == "mapping" {
			guess = v.say("by its heading and what is in it")
		}
		view.Columns = append(view.Columns, columnChoice{c.Heading, f.made(input{
			Kind: "select", Name: "c" + strconv.Itoa(i), Label: c.Heading, Options: append([]option{{Label: guess}}, v.optionsOf(columnKinds...)...), Value: chosenFor(f, c.Heading),
		})})
	}
	for _, r := range found.Rows {
		row := shownRow{Name: r.Name, Email: r.Email, Phone: r.Phone}
		var fields []string
		for _, name := range slices.Sorted(maps.Keys(r.Fields)) {
			fields = append(fields, fmt.Sprintf("%s: %v", name, r.Fields[name]))
		}
		row.Fields = strings.Join(fields, " · ")
		view.First = append(view.First, row)
	}
	for _, warning := range found.Warnings {
		view.Warnings = append(view.Warnings, v.heard(warning))
	}
	return v.importForm(view)
}

// columnWords say what a column becomes.
func (v *visit) columnWords(becomes string) string {
	if what, is := strings.CutPrefix(becomes, "attribution."); is {
		return strings.ReplaceAll(what, "_", " ")
	}
	if becomes == "field" {
		return v.say("a field of the lead")
	}
	return v.worded("becomes", becomes)
}

// headings are those of the columns for which a form has choices, by the choice's name.
func headings(f *form) map[string]string {
	all := map[string]string{}
	for i := 0; f.values.Has("h" + strconv.Itoa(i)); i++ {
		all["c"+strconv.Itoa(i)] = f.values.Get("h" + strconv.Itoa(i))
	}
	return all
}

// chosenFor is what a form says that the column of a heading is, empty where it leaves that to the column.
func chosenFor(f *form, heading string) string {
	for name, of := range headings(f) {
		if of == heading {
			return f.values.Get(name)
		}
	}
	return ""
}

// columnsChosen is the mapping that a form's choices make, empty where none was made.
func columnsChosen(f *form) string {
	mapping := map[string][]string{}
	all := headings(f)
	for i := range len(all) {
		name := "c" + strconv.Itoa(i)
		if kind := f.values.Get(name); kind != "" {
			mapping[kind] = append(mapping[kind], all[name])
		}
	}
	if len(mapping) == 0 {
		return ""
	}
	text, _ := json.Marshal(mapping) // texts always can be written
	return string(text)
}
