package console

import (
	"errors"
	"io"
	"mime/multipart"
	"net/http"
	"net/url"
	"strings"

	"github.com/google/uuid"

	"github.com/leadwheel/leadwheel/internal/client"
	"github.com/leadwheel/leadwheel/internal/lead"
)

var toImports = way{"Imports", home + "imports"}

// A form with a file says no more than so many things beside the file, each of so many bytes.
const (
	maxBeside = 5000
	maxChoice = 4 << 10
	// maxFileName is how much is kept of what a file is called, in characters.
	maxFileName = 200
)

// An importView is a form for a file, and what is known of the file once it was looked into.
type importView struct {
	*form
	// Columns are choices, one a column, named by its heading; First are the first rows, as leads.
	Columns  []columnChoice
	First    []shownRow
	Warnings []string
}

// A columnChoice is what a column is to become.
type columnChoice struct {
	Heading string
	Choice  input
}

// A shownRow is a row as the lead that it would be.
type shownRow struct{ Name, Email, Phone, Fields string }

// importChoices are what is chosen for the leads of a file, by the API's names.
var importChoices = []string{"group_id", "pace", "source_id"}

// newImport asks for a file; with like, for one whose leads go where an earlier one's went, such as its corrected rows.
func newImport(v *visit) (*page, error) {
	values := url.Values{}
	if like := v.URL.Query().Get("like"); like != "" {
		if uuid.Validate(like) != nil {
			return nil, errNoPage
		}
		var one object
		if err := v.get("/v1/imports/"+like, &one); err != nil {
			return nil, err
		}
		for _, name := range importChoices {
			values.Set(name, one.text(name))
		}
	}
	return v.importForm(&importView{form: v.newForm(home+"imports/new", home+"imports", values)})
}

// importForm asks for a file and who gets its leads. The file comes last: it is read as it comes, by what was said before it.
func (v *visit) importForm(view *importView) (*page, error) {
	f := view.form
	f.Save = v.say("Start import")
	rules, err := v.byRules()
	if err != nil {
		return nil, err
	}
	groups := append(append([]option{{Label: v.say("nobody yet: they only come in")}}, rules...), v.names.options("groups", v.hasReceiver)...)
	f.choose("group_id", "Group", "Who gets the leads, in turn.", groups)
	paces := []option{{Label: v.say("now")}}
	for _, p := range lead.Paces {
		paces = append(paces, option{Value: string(p), Label: v.say(paceNames[string(p)])})
	}
	f.choose("pace", "When", "Spread over days, at so many a day for each member.", paces)
	f.choose("source_id", "Source", "Of rows that name none in a column source.", append([]option{{Label: v.say("none")}}, v.names.options("sources", func(s object) bool { return s.is("enabled") && s.is("for_leads") })...))
	f.text("file", "file", "File", "CSV, XLSX, or a zip archive of these, with a line of headings. Columns are understood in many languages; others become fields of the leads. Sent again, a file adds nothing twice.")
	shown := formPage(v.say("New import"), f, v.way(toImports))
	shown.Template, shown.Data = "import-form", view
	return shown, nil
}

// addImport sends the file to the API as it comes, and leads to what became of it.
func addImport(v *visit) (*page, error) {
	f, file, name, err := v.sentFile()
	if err != nil {
		return nil, err
	}
	view := &importView{form: f}
	if file == nil {
		f.errors["file"] = v.say("Choose a file.")
		return v.importForm(view)
	}
	query := url.Values{}
	if mapping := columnsChosen(f); mapping != "" {
		query.Set("mapping", mapping)
	}
	if v.URL.Query().Has("look") {
		return v.lookInto(view, file, query)
	}
	for _, name := range importChoices {
		switch value := f.value(name); {
		case value == "":
		case name == "group_id" && value == routed:
			query.Set("route", "true")
		default:
			query.Set(name, value)
		}
	}
	if name != "" {
		query.Set("file_name", name)
	}
	var made struct{ ID, Status string }
	err = v.api.Upload(v.Context(), "/v1/imports?"+query.Encode(), "application/octet-stream", file, -1, &made)
	if err != nil && f.refused(err, same) {
		return v.importForm(view)
	}
	if err != nil {
		return nil, err
	}
	if made.Status == "failed" { // its page says why
		http.Redirect(v.w, v.Request, home+"imports/"+url.PathEscape(made.ID), http.StatusSeeOther)
		return nil, nil
	}
	return v.done(home+"imports/"+url.PathEscape(made.ID), "imported")
}

// sentFile reads a form up to its file, which is nil where none was chosen, and what that is called.
func (v *visit) sentFile() (*form, io.Reader, string, error) {
	unread := &client.Problem{Status: http.StatusBadRequest, Detail: v.say("this form cannot be read; go back and send it again")}
	parts, err := v.MultipartReader()
	if err != nil {
		return nil, nil, "", unread
	}
	f := v.newForm(v.URL.Path, home+"imports", url.Values{})
	for n := 0; ; n++ {
		part, err := parts.NextPart()
		switch {
		case errors.Is(err, io.EOF):
			return f, nil, "", nil
		case err != nil || n == maxBeside:
			return nil, nil, "", unread
		case part.FormName() == "file":
			name := []rune(strings.ToValidUTF8(strings.ReplaceAll(part.FileName(), "\x00", ""), ""))
			return f, chosen(part), string(name[:min(len(name), maxFileName)]), nil
		}
		value, err := io.ReadAll(io.LimitReader(part, maxChoice))
		if err != nil {
			return nil, nil, "", unread
		}
		f.values.Add(part.FormName(), string(value))
	}
}

// chosen is the file in a part, nil where the browser sent an empty one because none was chosen.
func chosen(part *multipart.Part) io.Reader {
	if part.FileName() == "" {
		return nil
	}
	return part
}

func (s *site) serveImports(pages *http.ServeMux) {
	pages.HandleFunc("GET /console/imports/new", s.page(newImport))
	pages.HandleFunc("POST /console/imports/new", s.page(addImport))
}
