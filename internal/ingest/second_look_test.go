package ingest

import (
	"errors"
	"io"
	"strings"
	"testing"

	"github.com/leadwheel/leadwheel/internal/lead"
	"github.com/leadwheel/leadwheel/store"
)

// brokenUpload is a request's body that breaks off: it says so once, and that all came from then on.
type brokenUpload struct {
	io.Reader
	told bool
}

// Read implements io.Reader.
func (b *brokenUpload) Read(data []byte) (int, error) {
	n, err := b.Reader.Read(data)
	if n == 0 && errors.Is(err, io.EOF) && !b.told {
		b.told = true
		return 0, io.ErrUnexpectedEOF
	}
	return n, err
}

// TestUploadsThatBreakOffAreNoWholeFiles breaks files off within what is looked at ahead.
func TestUploadsThatBreakOffAreNoWholeFiles(t *testing.T) {
	t.Parallel()
	for _, text := range []string{
		"name,phone\nZoë,+60123456789\nRené,+6012345678", "name,email\nAda", "name\nAda\nBea", "name\n" + strings.Repeat("Ada\n", 9000) + "Zoë",
		"name,phone\nZo\xeb,+60123456789\nRen\xe9,+6012345678", "n", "\xff\xfen\x00a\x00m\x00e\x00\n\x00A\x00d\x00",
	} {
		file, err := Open(&brokenUpload{Reader: strings.NewReader(text)})
		for err == nil {
			if _, err = file.Next(); err != nil && strings.HasPrefix(err.Error(), "line ") {
				err = nil // one row
			}
		}
		if !errors.Is(err, io.ErrUnexpectedEOF) {
			t.Errorf("%.40q ends with %v", text, err)
		}
	}
}

// TestTagsEndOutsideQuotes has attributes behind a > within quotes.
func TestTagsEndOutsideQuotes(t *testing.T) {
	t.Parallel()
	many := "<a x='>' " + strings.Repeat("b='1' ", maxTag) + "/>"
	for _, body := range []string{many, strings.ReplaceAll(many, "'", `"`), "<lead><name>Ada</name>" + many + "</lead>", "<!-- > -->" + many} {
		if !tagTooLong([]byte(body)) {
			t.Errorf("%.30s… may be read", body)
		}
	}
	if tagTooLong([]byte(`<lead a="1 > 0"><name>it's Ada</name><email>a@example.com</email></lead>` + strings.Repeat("x", 2*maxTag))) {
		t.Error("a small lead may not be read")
	}
}

// TestListsOfPeopleAreLeads has something else that has a name around them.
func TestListsOfPeopleAreLeads(t *testing.T) {
	t.Parallel()
	for body, want := range map[string]int{
		`{"name":"Batch 7","leads":[{"email":"a@x.co"},{"email":"b@x.co"}]}`:                                  2,
		`{"name":"Webhook","data":[{"email":"a@x.co"},{"phone":"+60123456781"}]}`:                             2,
		`{"email":"owner@x.co","leads":[{"email":"a@x.co"},{"email":"b@x.co"}]}`:                              2,
		`{"name":"Ada","email":"ada@x.co","data":[{"name":"interest","value":"x"},{"name":"y","value":"z"}]}`: 1,
	} {
		got, err := parse(t, lead.KindGeneric, store.IntegrationSettings{}, requestFor(body))
		if err != nil || len(got) != want {
			t.Errorf("%s makes %+v, %v", body, got, err)
		}
		for _, l := range got {
			if want > 1 && (l.Name != "" || l.Email == "owner@x.co") {
				t.Errorf("%s makes somebody of what stands around: %+v", body, l)
			}
		}
	}
}
