package leadfile

import (
	"encoding/xml"
	"errors"
	"io"
	"maps"
	"path"
	"slices"
	"strings"
)

const saveInSpreadsheet = "; open it there, save it as XLSX or CSV, and send that."

// tell finds out what kind of archive this is. It returns a *Error for a file of another program that is one, and
// sets workbook for Excel's.
func (a *archive) tell() error {
	for _, z := range a.files {
		if strings.EqualFold(path.Ext(z.Name), ".iwa") || z.Name == "Index.zip" {
			return &Error{Message: "The file is a spreadsheet of Apple's Numbers" + saveInSpreadsheet}
		}
	}
	if kind := a.mimetype(); strings.Contains(kind, "opendocument.spreadsheet") {
		return &Error{Message: "The file is an OpenDocument spreadsheet (.ods), of LibreOffice for instance" + saveInSpreadsheet}
	} else if strings.Contains(kind, "opendocument") || strings.Contains(kind, "epub") {
		return &Error{Message: "The file is a document and no spreadsheet (" + kind + "); put its leads into one, save it as XLSX or CSV, and send that."}
	}
	return a.tellOffice()
}

// mimetype is what archives of some programs say first of what they are.
func (a *archive) mimetype() string {
	z := a.find("mimetype")
	if z == nil {
		return ""
	}
	src, err := a.open(z)
	if err != nil {
		return ""
	}
	kind, _ := io.ReadAll(io.LimitReader(src, 100)) // as much of it as can be read
	return strings.TrimSpace(string(kind))
}

// tellOffice finds the part of a workbook that the others hang on, and refuses other files of Office.
func (a *archive) tellOffice() error {
	main, kind, err := a.mainPart()
	if err != nil {
		return err
	}
	switch {
	case strings.Contains(kind, "binary"), strings.HasSuffix(main, ".bin"):
		return &Error{Message: "The file is a binary workbook of Excel (.xlsb)" + saveInSpreadsheet}
	case strings.Contains(kind, "wordprocessing"), strings.HasPrefix(main, "word/"):
		return &Error{Message: "The file is a Word document; put its leads into a spreadsheet, save it as XLSX or CSV, and send that."}
	case strings.Contains(kind, "presentation"), strings.HasPrefix(main, "ppt/"):
		return &Error{Message: "The file is a PowerPoint presentation; put its leads into a spreadsheet, save it as XLSX or CSV, and send that."}
	}
	a.workbook = main
	return nil
}

// mainPart is the part of a file of Office that the others hang on, and its kind: as its relations say, or its list of
// contents, or where it almost always is. Its name is empty in other archives.
func (a *archive) mainPart() (name, kind string, err error) {
	types, err := a.contentTypes()
	if err != nil {
		return "", "", err
	}
	relations, err := a.relations("")
	if err != nil {
		return "", "", err
	}
	var names []string
	for _, r := range relations {
		if r.kind == "/officeDocument" {
			names = append(names, r.target)
		}
	}
	names = append(names, slices.Sorted(maps.Keys(types))...)
	for _, one := range append(names, "xl/workbook.xml", "xl/workbook.bin") {
		if a.find(one) != nil {
			return one, types[strings.ToLower(one)], nil
		}
	}
	return "", "", nil
}

// contentTypes are the kinds of the parts of a file of Office that others hang on, by their names in lower case.
func (a *archive) contentTypes() (map[string]string, error) {
	types := make(map[string]string)
	if a.find("[Content_Types].xml") == nil {
		return types, nil
	}
	err := a.elements("[Content_Types].xml", func(e xml.StartElement) {
		kind := attribute(e, "ContentType")
		if e.Name.Local == "Override" && (strings.HasSuffix(kind, ".main+xml") || strings.HasSuffix(kind, ".main")) && len(types) < maxSheets {
			types[strings.ToLower(strings.TrimPrefix(attribute(e, "PartName"), "/"))] = kind
		}
	})
	var damaged *Error
	if errors.As(err, &damaged) && !damaged.Final {
		return types, nil // the relations tell as well
	}
	return types, err
}
