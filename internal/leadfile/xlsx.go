package leadfile

import (
	"encoding/xml"
	"errors"
	"io"
	"path"
	"strings"
)

// Workbooks are read here rather than by a library: those that stream keep every text of the file in memory, and take
// one that breaks off for one that ends.

// maxSheets and maxTables bound the lists of a workbook that are kept.
const (
	maxSheets = 10_000
	maxTables = 1000
)

// A relation is what a part of a workbook says of another: of which kind it is, and its name.
type relation struct{ kind, target string }

// relationKinds are those that matter here; a sheet may have many thousands of others, to addresses.
var relationKinds = []string{"/officeDocument", "/worksheet", "/sharedStrings", "/styles", "/table"}

// relations are those of a part, by their ids; the root's has no name. There are none where the list of them is missing.
func (a *archive) relations(part string) (map[string]relation, error) {
	list := path.Join(path.Dir(part), "_rels", path.Base(part)+".rels")
	if part == "" {
		list = rootRelations
	}
	all := make(map[string]relation)
	if a.find(list) == nil {
		return all, nil
	}
	err := a.elements(list, func(e xml.StartElement) {
		kind := attribute(e, "Type")
		for _, known := range relationKinds {
			if e.Name.Local == "Relationship" && strings.HasSuffix(kind, known) && len(all) < maxSheets {
				all[attribute(e, "Id")] = relation{known, memberName(part, attribute(e, "Target"))}
			}
		}
	})
	return all, err
}

// memberName is the member to which a part's relation leads.
func memberName(part, target string) string {
	if rooted, found := strings.CutPrefix(target, "/"); found {
		return rooted
	}
	return path.Join(path.Dir(part), target)
}

// elements reads a part of any length and shows what it opens.
func (a *archive) elements(name string, show func(xml.StartElement)) error {
	t, err := a.openXML(name)
	if err != nil {
		return err
	}
	for {
		token, err := t.next()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		if e, ok := token.(xml.StartElement); ok {
			show(e)
		}
	}
}

// A bookSheet is a sheet as the workbook lists it.
type bookSheet struct {
	name, target string
	visible      bool
}

// openWorkbook opens the first visible sheet of a workbook, and counts the other visible ones. Texts that cells share are
// kept in texts.
func openWorkbook(a *archive, texts *spool) (sheet *sheetReader, others int, err error) {
	relations, err := a.relations(a.workbook)
	if err != nil {
		return nil, 0, err
	}
	if len(relations) == 0 {
		return nil, 0, errDamaged
	}
	sheet = newSheetReader()
	var sheets []bookSheet
	err = a.elements(a.workbook, func(e xml.StartElement) {
		switch e.Name.Local {
		case "workbookPr":
			sheet.date1904 = isTrue(attribute(e, "date1904"))
		case "calcPr":
			sheet.stale = isTrue(attribute(e, "fullCalcOnLoad"))
		case "sheet":
			if r := relationOf(relations, e); r.kind == "/worksheet" && len(sheets) < maxSheets {
				hidden := attribute(e, "state") == "hidden" || attribute(e, "state") == "veryHidden"
				sheets = append(sheets, bookSheet{attribute(e, "name"), r.target, !hidden})
			}
		}
	})
	if err != nil {
		return nil, 0, err
	}
	target := ""
	for _, s := range sheets {
		switch {
		case s.visible && target == "":
			target, sheet.name = s.target, s.name
		case s.visible:
			others++
		}
	}
	if target == "" {
		return nil, 0, errNoSheet
	}
	return sheet, others, sheet.open(a, relations, target, texts)
}

// open opens the sheet's part and what belongs to it.
func (r *sheetReader) open(a *archive, relations map[string]relation, target string, texts *spool) (err error) {
	for _, other := range relations {
		switch other.kind {
		case "/sharedStrings":
			r.shared, err = readSharedTexts(a, other.target, texts)
		case "/styles":
			r.formats, err = readFormats(a, other.target)
		}
		if err != nil {
			return err
		}
	}
	if r.totals, err = readTotals(a, target); err != nil {
		return err
	}
	r.tokens, err = a.openXML(target)
	a.reading.sheet = r.tokens
	return err
}

// relationOf is the relation of a sheet, whose id stands in one of two namespaces.
func relationOf(all map[string]relation, e xml.StartElement) relation {
	for _, attr := range e.Attr {
		if r, found := all[attr.Value]; found && attr.Name.Local == "id" {
			return r
		}
	}
	return relation{}
}

func isTrue(value string) bool { return value == "1" || value == "true" }
