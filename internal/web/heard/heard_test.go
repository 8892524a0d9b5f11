package heard_test

import (
	"go/ast"
	"slices"
	"strings"
	"testing"

	"github.com/danielgtaylor/huma/v2/validation"

	"github.com/leadwheel/leadwheel/internal/language"
	"github.com/leadwheel/leadwheel/internal/lead"
	"github.com/leadwheel/leadwheel/internal/web/heard"
)

// rooms are those whose sentences people meet on screen.
var rooms = []string{
	"store", "worker", "internal/lead", "internal/route", "internal/contact", "internal/ingest", "internal/leadfile", "internal/jsonbounds", "internal/secret",
	"internal/webhooks", "internal/notify", "internal/notify/email", "internal/notify/telegram", "internal/web/api", "internal/web/problem", "internal/web/hooks",
}

// unmet are sentences that nobody meets on screen, by who does, or what they are. Each names a file, and behind a colon how they begin where
// the file has others too.
var unmet = map[string][]string{
	"the log, and who operates the program": {
		"store/db_", "store/distribute", "store/pending_suspect.go", "store/plan_paced.go:%d leads would be", "store/audit_repair.go", "store/integration_arrival_keys.go:the key %s",
		"store/workspace.go:more than one workspace is named", "store/audit.go:group %s, version", "internal/lead/plan", "internal/secret/secret.go:key %d", "worker/notify.go",
		"internal/notify/email/address.go", "internal/notify/email/sender.go:the sender's", "internal/notify/email/sender.go:a DKIM key",
		"internal/notify/telegram/client.go:the address of", "internal/notify/telegram/client.go:the Telegram bot has", "internal/web/api/acts.go", "internal/web/api/sealed.go",
		"internal/leadfile/bounds.go:reading the file", "internal/leadfile/spool.go:keeping a file", "internal/ingest/import_limits.go:the import took", "internal/ingest/import_limits.go:the import has more", "internal/ingest/import_watch.go:somebody cancels",
		"internal/web/problem/problem.go:Client Closed",
	},
	"programs that call the API": {
		"internal/web/api/negotiate.go", "internal/web/api/input.go:there is no such parameter", "internal/web/api/input.go:the request has parameters", "internal/web/api/input.go:this body's Content-Type",
		"internal/web/api/idempotency.go:an idempotency key is", "internal/web/api/bounds.go:the body %s", "internal/web/api/imports_input.go:this API key is", "internal/web/api/imports_input.go:this is not the key's",
		"internal/web/api/leads_new.go:this API key is", "internal/web/api/leads_new.go:this is not the key's", "internal/web/api/leads_new.go:%s", "internal/web/api/distribution.go:this API key is",
		"internal/web/api/distribution.go:this is not the key's", "internal/web/api/distribution.go:not distributed", "internal/web/api/sources.go:a member's key", "internal/web/api/assigned_leads.go:a member's key lists",
		"store/rule.go:give the version", "store/db_errors.go:the group has this lane", "store/db_errors.go:there is no such ring", "store/db_errors.go:this task is", "store/db_errors.go:a session is a",
		"store/db_errors.go:a distribution goes",
	},
	"the API's description": {
		"internal/web/api/document", "internal/web/api/groups_policy.go", "internal/web/api/items.go:Tags", "internal/web/api/customers.go:Convert", "internal/web/api/assignments.go:Undo an",
		"internal/web/api/imports.go:Undo an", "internal/web/api/imports.go:One that", "internal/route/environment.go",
	},
	"said in their own language where they are said": {
		"internal/notify/view.go", "internal/notify/write.go", "internal/notify/email/layout.go", "internal/notify/telegram/poll.go", "internal/web/hooks/page.go", "internal/web/api/sign_in_mail.go:Sign in to",
	},
	"what others say, or name": {
		"internal/notify/telegram/sender.go", "internal/leadfile/csv_charsets.go", "internal/ingest/moments.go", "internal/ingest/spread.go", "internal/ingest/shapes.go",
		"internal/contact/name_alike.go", "internal/contact/phone.go",
	},
	"rejected rows, which are read as a file": {
		"internal/ingest/table_nolead.go", "internal/ingest/table_row.go", "internal/ingest/table_own.go", "internal/ingest/import_chunk.go",
	},
	"what waits in the queue, and is tried again": {"internal/notify/email/sender.go:the mail server is slow", "internal/notify/telegram/limits.go"},
	"a lead's own fields":                         {"internal/ingest/answers.go:%s fields that"},
}

// pieces are parts of sentences that are listed as a whole.
var pieces = []string{
	"The fields are together larger than a form's may be, %d KiB: ", "%q is cut, ", "%d of %d bytes", "%s are kept, so it cannot be read again", " (line %d, column %d)", " and %d more",
	"; open it there, save it as XLSX or CSV, and send that.", "open it in a spreadsheet program, save it as XLSX or CSV, and send that.",
	"rule %d, %s: %s%s", "the element <%s/> holds nothing; write <%[1]s>…</%[1]s>",
}

// joined are sentences that are listed as a whole, and short ones that are none to the test.
var joined = []string{
	"The fields are together larger than a form's may be, %d KiB: %s", "%q is cut, %d of %d are left out.", "%d of %d bytes are kept, so it cannot be read again", "%s: %s; sent by %s instead", "%s after row %d. %s", "In %q, line %d: %s", "</%s> closes an element that is not open there",
	"The server was stopped after row %d; send the file again: rows already here are recognised.",
	"rule %d, %s: %s", "%s (line %d, column %d)", "the rules", "the group", "name", "email", "phone", "external id", "source", "%s and %d more", "lines %s and %d", "lines %s and others", "line %d", "1 row (%s)", "%d rows (%s)", "phone numbers",
	"this server has no key to keep secrets with; set LEADWHEEL_SECRET_KEY to the base64 of 32 random bytes, as `head -c 32 /dev/urandom | base64` makes them, and start it again",
	"<!…> cannot be used; there are the elements %s", "the element <%s/> holds nothing; write <%s>…</%s>", "a row that lacks a value", "In %q: %s",
}

// TestEverySentenceIsHeard demands that each sentence which people meet on screen is listed, so that it is in each language's file, and
// that what is listed is said.
func TestEverySentenceIsHeard(t *testing.T) {
	t.Parallel()
	listed := texts(t)
	said := map[string]bool{}
	for _, r := range lead.Reasons() {
		said[r.Text()], listed[r.Text()] = true, true
	}
	used := map[string]bool{}
	for _, s := range sentences(t) {
		said[s.text] = true
		if !listed[s.text] && !slices.Contains(pieces, s.text) && !s.isUnmet(used) {
			t.Errorf("%s: no file of internal/web/heard has %q", s.place, s.text)
		}
	}
	for _, excused := range unmet {
		for _, e := range excused {
			if !used[e] {
				t.Errorf("nothing needs to be excused as %s", e)
			}
		}
	}
	for text := range listed {
		if !said[text] && !slices.Contains(joined, text) && !strings.HasPrefix(text, "expected ") && text != "unexpected property" {
			t.Errorf("internal/web/heard has what nothing says: %q", text)
		}
	}
}

// isUnmet says that nobody meets the sentence on screen, and notes what excuses it.
func (s sentence) isUnmet(used map[string]bool) (is bool) {
	for _, excused := range unmet {
		for _, e := range excused {
			file, begins, _ := strings.Cut(e, ":")
			if strings.HasPrefix(s.file, file) && strings.HasPrefix(s.text, begins) {
				used[e], is = true, true
			}
		}
	}
	return is
}

// texts are those that are listed, as they arrive.
func texts(t *testing.T) map[string]bool {
	t.Helper()
	all := map[string]bool{}
	for _, f := range parsed(t, "internal/web/heard") {
		ast.Inspect(f.File, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.ImportSpec:
				return false
			case *ast.KeyValueExpr:
				text, _ := folded(n.Key, nil)
				all[text] = true
				return false
			case *ast.BasicLit:
				text, _ := folded(n, nil)
				all[text] = true
			}
			return true
		})
	}
	if len(all) < 300 {
		t.Fatalf("only %d texts are listed", len(all))
	}
	return all
}

// TestWhatFormsAreRefusedWith says in Malay what a form can be refused with: by the API's own words and by those of the check against its
// description.
func TestWhatFormsAreRefusedWith(t *testing.T) {
	t.Parallel()
	ms, en := language.In(language.Malay), language.In(language.English)
	for arrives, want := range map[string][2]string{
		strings.Replace(validation.MsgExpectedMinLength, "%d", "1", 1):           {"This is needed", "Ini diperlukan"},
		strings.Replace(validation.MsgExpectedMaxLength, "%d", "200", 1):         {"This is longer than 200 characters", "Ini lebih daripada 200 aksara"},
		strings.Replace(validation.MsgExpectedMinimumNumber, "%v", "1", 1):       {"This is less than 1, the least that can be", "Ini kurang daripada 1, nilai terendah yang dibenarkan"},
		strings.Replace(validation.MsgExpectedOneOf, "%s", "allow, hold", 1):     {"Choose one of these: allow, hold", "Pilih salah satu: allow, hold"},
		strings.Replace(validation.MsgExpectedRequiredProperty, "%s", "name", 1): {"This is needed", "Ini diperlukan"},
		validation.MsgUnexpectedProperty:                                         {"This is not known here", "Ini tidak dikenali di sini"},
		strings.TrimSuffix(validation.MsgExpectedRFC5322Email, ": %v"):           {"This is no e-mail address; write it as in name@example.com", "Ini bukan alamat e-mel; tulis seperti nama@example.com"},
		"more than 100000 leads match, which is the most that one request takes; narrow it, as by when they came in": {
			"more than 100000 leads match, which is the most that one request takes; narrow it, as by when they came in",
			"lebih daripada 100,000 prospek sepadan, iaitu had setiap kali; kecilkan, misalnya mengikut bila ia masuk"},
		`In "a.csv": What stands above the header was left out (lines 1, 2 and others).`: {
			`In "a.csv": What stands above the header was left out (lines 1, 2 and others).`, `Dalam "a.csv": Apa yang ada di atas baris tajuk ditinggalkan (baris 1, 2 dan yang lain).`},
		`The source "Facebook %d" is unknown or not offered for leads; 3 rows came in without a source.`: {
			`The source "Facebook %d" is unknown or not offered for leads; 3 rows came in without a source.`,
			`Sumber "Facebook %d" tidak dikenali atau tidak ditawarkan untuk prospek; 3 baris masuk tanpa sumber.`},
		`The column "Hubungi" was taken for the lead's phone by what is in it; send the file with a mapping if it is something else.`: {
			`The column "Hubungi" was taken for the lead's phone by what is in it; send the file with a mapping if it is something else.`,
			`Lajur "Hubungi" dianggap telefon prospek berdasarkan kandungannya; pilih yang lain bagi lajur itu jika ia sesuatu yang lain.`},
		"mon: from 09:00 to 09:00 is no time; for the whole day write 00:00 to 24:00": {
			"mon: from 09:00 to 09:00 is no time; for the whole day write 00:00 to 24:00", "mon: dari 09:00 hingga 09:00 tiada tempohnya; bagi sepanjang hari tulis 00:00 hingga 24:00"},
	} {
		if got := [2]string{heard.Say(en, arrives), heard.Say(ms, arrives)}; got != want {
			t.Errorf("%q is said %q, want %q", arrives, got, want)
		}
	}
}
