package ingest

import (
	"encoding/xml"
	"errors"
	"io"
	"path"
	"strings"
)

// Workbooks are read here rather than by a library: those that stream keep every text of the file in memory, and take
// one that breaks off for one that ends.

// maxWorkbookPart bounds the parts of a workbook that are read as a whole: its lists of sheets and of styles.
const maxWorkbookPart = 4 << 20

var errNoSheet = &FileError{"The workbook has no sheet with rows; save the leads as the first sheet, or as CSV."}

// A relation names a part of the workbook by its kind.
type relation struct {
	ID     string `xml:"Id,attr"`
	Kind   string `xml:"Type,attr"`
	Target string `xml:"Target,attr"`
}

// workbookParts is what a workbook says about itself.
type workbookParts struct {
	Properties struct {
		Date1904 string `xml:"date1904,attr"`
	} `xml:"workbookPr"`
	Sheets []struct {
		Name  string     `xml:"name,attr"`
		State string     `xml:"state,attr"`
		Attrs []xml.Attr `xml:",any,attr"` // the relation's id, in one of two namespaces
	} `xml:"sheets>sheet"`
}

// openWorkbook opens the first visible sheet of a workbook, and counts the other visible ones. Texts that cells share are
// kept in texts.
func openWorkbook(a *archive, texts *spool) (sheet *sheetReader, others int, err error) {
	var book workbookParts
	if err := a.readXML("xl/workbook.xml", &book); err != nil {
		return nil, 0, err
	}
	var relations struct {
		All []relation `xml:"Relationship"`
	}
	if err := a.readXML("xl/_rels/workbook.xml.rels", &relations); err != nil {
		return nil, 0, err
	}
	sheet = &sheetReader{date1904: book.Properties.Date1904 == "1" || book.Properties.Date1904 == "true"}
	target := ""
	for _, s := range book.Sheets {
		r := relationOf(relations.All, s.Attrs)
		if s.State == "hidden" || s.State == "veryHidden" || !strings.HasSuffix(r.Kind, "/worksheet") {
			continue
		}
		if target != "" {
			others++
			continue
		}
		target, sheet.name = r.Target, s.Name
	}
	if target == "" {
		return nil, 0, errNoSheet
	}
	for _, r := range relations.All {
		switch {
		case strings.HasSuffix(r.Kind, "/sharedStrings"):
			sheet.shared, err = readSharedTexts(a, partName(r.Target), texts)
		case strings.HasSuffix(r.Kind, "/styles"):
			sheet.dates, err = readDateStyles(a, partName(r.Target))
		}
		if err != nil {
			return nil, 0, err
		}
	}
	sheet.tokens, err = a.openXML(partName(target))
	return sheet, others, err
}

func relationOf(all []relation, attrs []xml.Attr) relation {
	for _, attr := range attrs {
		for _, r := range all {
			if attr.Name.Local == "id" && r.ID == attr.Value {
				return r
			}
		}
	}
	return relation{}
}

// partName is the member to which the workbook's relation leads.
func partName(target string) string {
	if rooted, found := strings.CutPrefix(target, "/"); found {
		return rooted
	}
	return path.Join("xl", target)
}

// readXML reads a small part of a workbook.
func (a *archive) readXML(name string, into any) error {
	z := a.find(name)
	if z == nil {
		return errDamaged
	}
	src, err := a.open(z)
	if err != nil {
		return err
	}
	bounded := &io.LimitedReader{R: src, N: maxWorkbookPart}
	err = xml.NewDecoder(bounded).Decode(into)
	var local *diskError
	if err == nil || errors.As(err, &local) || errors.Is(err, errBomb) {
		return err
	}
	return errDamaged
}
