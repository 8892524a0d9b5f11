package app_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"testing"
	"time"

	"github.com/leadwheel/leadwheel/internal/testenv"
)

// A fieldFile is a file, and what is right to make of it.
type fieldFile struct {
	file string
	// fetched is a lead that a Meta integration had brought before, whose ids the import shares.
	fetched string
	want    []shown
	// duplicates are how many of the rows the import finds there already.
	duplicates int
}

var fieldFiles = []fieldFile{
	{file: "01-guard-eq.csv", fetched: "900100200300401", duplicates: 1, want: []shown{{Name: "Aisyah Tan"}}},
	{file: "04-zero-width.csv", fetched: "900100200300404", duplicates: 1, want: []shown{{Name: "Dee Ng"}}},
	{file: "94-plain-meta.csv", fetched: "900100200300405", duplicates: 1, want: []shown{{Name: "Eve Tan"}}},
	{file: "05-rounded19.csv", want: []shown{{Name: "Ada"}, {Name: "Bea"}, {Name: "Cyd"}}},
	{file: "07-placeholder-ids.csv", want: []shown{{Name: "Ada"}, {Name: "Bea"}, {Name: "Cyd"}, {Name: "Dee"}}},
	{file: "16-google-contacts.csv", want: []shown{{Name: "Aisyah Tan", Email: "aisyah@example.com", Phone: "+60 12-345 6781"}}},
	{file: "17-contact-no.csv", want: []shown{{Name: "Aisyah Tan", Email: "aisyah@example.com", PhoneE164: "+60123456781"}}},
	{file: "86-marks.csv", want: []shown{
		{PhoneE164: "+60123456781"}, {PhoneE164: "+60123456782"}, {PhoneE164: "+60123456783"}, {PhoneE164: "+60123456784"}, {PhoneE164: "+60123456785"},
	}},
}

// TestFilesFromTheField imports files of the kinds that other programs' users had trouble with.
func TestFilesFromTheField(t *testing.T) {
	t.Parallel()
	running := startField(t)
	for _, f := range fieldFiles {
		t.Run(f.file, func(t *testing.T) {
			s := newField(t, running)
			query := ""
			if f.fetched != "" {
				query = "&integration_id=" + s.fetchBefore(f.fetched)
			}
			made := s.importFile(f.file, query)
			f.check(t, made)
			s.holds(f.want)
		})
	}
}

// An imported is an import as the API shows it.
type imported struct {
	ID, Status, Error                    string
	Rows, Imported, Duplicates, Rejected int
}

func (f fieldFile) check(t *testing.T, made imported) {
	t.Helper()
	got, want := [4]int{made.Rows, made.Imported, made.Duplicates, made.Rejected}, [4]int{len(f.want), len(f.want) - f.duplicates, f.duplicates, 0}
	if made.Status != "completed" || got != want {
		t.Errorf("the import is %s (%s); rows, imported, duplicates and rejected are %v instead of %v", made.Status, made.Error, got, want)
	}
}

// importFile imports a file to the workspace's group and waits for its end.
func (s *scene) importFile(name, query string) imported {
	s.t.Helper()
	status, answer := s.send(http.MethodPost, "/v1/imports?group_id="+s.group.String()+query, map[string]string{"Content-Type": "text/csv"}, s.fieldInput(name))
	if status != http.StatusAccepted {
		s.t.Fatalf("%s was answered with %d: %s", name, status, answer)
	}
	var made imported
	s.must(json.Unmarshal(answer, &made))
	testenv.Eventually(s.t, 30*time.Second, func() error {
		s.get("/v1/imports/"+made.ID, &made)
		if made.Status != "completed" && made.Status != "failed" {
			return fmt.Errorf("the import is %s", made.Status)
		}
		return nil
	})
	return made
}
