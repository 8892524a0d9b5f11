package console_test

import (
	"bytes"
	"mime/multipart"
	"net/http"
	"strings"
	"testing"
)

// sendFile sends the form of a new import as a browser does, its fields in order, with a file unless its name is empty.
func (s *site) sendFile(name, content string, fields ...string) shownPage {
	s.t.Helper()
	return s.sendFileTo("/console/imports/new", name, content, fields...)
}

func (s *site) sendFileTo(address, name, content string, fields ...string) shownPage {
	s.t.Helper()
	var body bytes.Buffer
	w := multipart.NewWriter(&body)
	for i := 0; i < len(fields); i += 2 {
		if err := w.WriteField(fields[i], fields[i+1]); err != nil {
			s.t.Fatal(err)
		}
	}
	part, err := w.CreateFormFile("file", name)
	if err != nil {
		s.t.Fatal(err)
	}
	if _, err := part.Write([]byte(content)); err != nil {
		s.t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		s.t.Fatal(err)
	}
	return s.send("POST", address, &body, "Content-Type", w.FormDataContentType(), "Sec-Fetch-Site", "same-origin")
}

// A file is sent by a form, read as it comes, and its page says what became of it.
func TestAFileIsImported(t *testing.T) {
	t.Parallel()
	s := signedIn(t)
	s.get("/console/imports").shows("New import")
	s.get("/console/imports/new").shows("Start import", `type="file"`, "nobody yet")
	rows := "name,phone\n" + strings.Repeat("Ada,+60123456789\n", 1) + "Tan,+60123456780\nNobody,\n,\n"
	sent := s.sendFile("leads.csv", rows, "group_id", "", "pace", "", "source_id", "").is(http.StatusSeeOther)
	s.get(sent.header.Get("Location")).is(http.StatusOK).shows("The file was read.", "completed")
	if n := s.count("SELECT count(*) FROM leads"); n != 3 {
		t.Errorf("%d leads came in, not 3", n)
	}
	s.sendFile("", "", "group_id", "").is(http.StatusUnprocessableEntity).shows("Choose a file.")
	s.sendFile("a.csv", rows, "group_id", "", "pace", "slow").is(http.StatusUnprocessableEntity).shows("f-pace-error")
	failed := s.sendFile("a.csv", "colour\nred\n", "group_id", "")
	s.get(failed.is(http.StatusSeeOther).header.Get("Location")).shows("failed", "no column for a name")
	s.send("POST", "/console/imports/new", strings.NewReader("x"), "Content-Type", "text/plain", "Sec-Fetch-Site", "same-origin").is(http.StatusBadRequest)
}

// A file is looked into first: its columns have a choice each, named by their headings, and what is chosen holds for the import.
func TestColumnsOfAFileAreChosen(t *testing.T) {
	t.Parallel()
	s := signedIn(t)
	const file = "Full Name,Nickname <b>,Contact\nAda Lovelace,Addie,+60123456789\n"
	const look = "/console/imports/new?look"
	s.sendFileTo(look, "a.csv", file, "group_id", "").is(http.StatusOK).
		shows("Columns of the file", "as it is taken for: name", "as it is taken for: a field of the lead", "Ada Lovelace", "Nickname <b>: Addie").lacks("<b>")
	chosen := []string{"h0", "Full Name", "c0", "", "h1", "Nickname <b>", "c1", "name", "h2", "Contact", "c2", ""}
	s.sendFileTo(look, "a.csv", file, chosen...).is(http.StatusOK).shows(`<option value="name" selected>`, "Full Name: Ada Lovelace")
	s.sendFile("a.csv", file, chosen...).is(http.StatusSeeOther)
	if name := s.first("leads")["name"]; name != "Addie" {
		t.Errorf("the lead is called %v", name)
	}
	s.sendFileTo(look, "a.csv", "colour\nred\n").is(http.StatusUnprocessableEntity).shows("f-file-error", "no column for a name")
	s.sendFileTo(look, "", "").is(http.StatusUnprocessableEntity).shows("Choose a file.")
}

// TestRejectedRowsAreCorrected: the file's name is told, and its rejects come under its own headings, to be imported again where the first went.
func TestRejectedRowsAreCorrected(t *testing.T) {
	t.Parallel()
	s := signedIn(t)
	source := s.make("sources", map[string]any{"name": "Fair"})
	at := s.sendFile("fair <1>.csv", "Name;Phone;City\nAda;+60123456789;Ipoh\n;;=Kuala Lumpur\n;;\"Batu; Caves\"\n", "source_id", source).is(http.StatusSeeOther).header.Get("Location")
	s.get("/console/imports").is(http.StatusOK).shows("fair <1>.csv").lacks("<1>")
	page := s.get(at).is(http.StatusOK).shows("fair <1>.csv</bdi></h1>", "Rejected rows as CSV", "Rejected rows to correct", "Import corrected rows")
	id := s.first("imports")["id"].(string)
	rows := s.get("/console/imports/" + id + "/rejects?rows=1").is(http.StatusOK).body
	if rows != "Name,Phone,City\n,,'=Kuala Lumpur\n,,Batu; Caves\n" {
		t.Errorf("the rows are %q", rows)
	}
	page.shows(`href="/console/imports/new?like=` + id)
	s.get("/console/imports/new?like=" + id).is(http.StatusOK).shows(`value="` + source + `" selected`)
	s.sendFile("again.csv", strings.NewReplacer("\n,,'=", "\nBea,,'=", "\n,,Batu", "\nCyd,,Batu").Replace(rows), "source_id", source).is(http.StatusSeeOther)
	if n := s.count(`SELECT count(*) FROM leads WHERE fields ->> 'City' IN ('=Kuala Lumpur', 'Batu; Caves', 'Ipoh')`); n != 3 {
		t.Errorf("%d of 3 leads are there", n)
	}
	for _, like := range []string{"x", source} {
		s.get("/console/imports/new?like=" + like).is(http.StatusNotFound)
	}
	s.sendFile(strings.Repeat("ü", 500)+".csv", "name\nDee\n").is(http.StatusSeeOther)
}

// TestFilesThatCannotBeRead are not said to have been read.
func TestFilesThatCannotBeRead(t *testing.T) {
	t.Parallel()
	s := signedIn(t)
	at := s.sendFile("bad.csv", "colour\nred\n").is(http.StatusSeeOther).header.Get("Location")
	s.get(at).is(http.StatusOK).shows("failed", "The file has no column for a name").lacks("The file was read", "Mapping")
}
