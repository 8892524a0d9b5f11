package store_test

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// firstHeld is the first migration that is held to the rules of CONTRIBUTING.md. Those before were written down without being read.
const firstHeld = 133

// sql is what a migration's text is read for, without comments and what is quoted.
var (
	sqlComment  = regexp.MustCompile(`(?s)--[^\n]*|/\*.*?\*/`)
	sqlQuoted   = regexp.MustCompile(`'(?:[^']|'')*'`)
	sqlMade     = regexp.MustCompile(`(?i)\bCREATE\s+(?:UNLOGGED\s+)?TABLE\s+(?:IF\s+NOT\s+EXISTS\s+)?(\w+)`)
	sqlAltered  = regexp.MustCompile(`(?i)\bALTER\s+TABLE\s+(?:IF\s+EXISTS\s+)?(?:ONLY\s+)?(\w+)`)
	sqlIndexed  = regexp.MustCompile(`(?i)\bCREATE\s+(?:UNIQUE\s+)?INDEX\s+(CONCURRENTLY\s+)?(?:IF\s+NOT\s+EXISTS\s+)?(?:\w+\s+)?ON\s+(?:ONLY\s+)?(\w+)`)
	sqlFloor    = regexp.MustCompile(`(?i)\bUPDATE\s+schema_floor\s+SET\s+version\s*=\s*(\d+)\b`)
	sqlTakes    = regexp.MustCompile(`(?i)\b(?:DROP\s+(?:TABLE|VIEW|FUNCTION|TYPE|SCHEMA|TRIGGER)\b|DROP\s+COLUMN\b|RENAME\b|SET\s+NOT\s+NULL\b|ALTER\s+(?:COLUMN\s+)?\w+\s+(?:SET\s+DATA\s+)?TYPE\s+\w|DROP\s+DEFAULT\b|TRUNCATE\b)`)
	sqlAdds     = regexp.MustCompile(`(?i)\bADD\s+(?:COLUMN\s+)(?:IF\s+NOT\s+EXISTS\s+)?\w+\s+([^,;]*(?:\([^)]*\)[^,;]*)*)`)
	sqlHolds    = regexp.MustCompile(`(?i)\bADD\s+(?:CONSTRAINT\s+\w+\s+)?(?:CHECK|FOREIGN\s+KEY|UNIQUE|PRIMARY\s+KEY)\b([^;]*)`)
	sqlDropped  = regexp.MustCompile(`(?i)\bDROP\s+INDEX\s+(CONCURRENTLY\s+)?`)
	sqlVolatile = regexp.MustCompile(`(?i)\b(?:gen_random_uuid|random|clock_timestamp)\s*\(|\bGENERATED\b|\bSERIAL\b|\bBIGSERIAL\b`)
)

// against lists what a migration has that programs which run beside it would not survive, or would be held up by. released is the newest
// migration of an earlier release, 0 where there is none.
func against(number int, text string, released int) (found []string) {
	alone := strings.Contains(text, "-- +goose NO TRANSACTION")
	text = sqlQuoted.ReplaceAllString(sqlComment.ReplaceAllString(text, " "), "''")
	made := make(map[string]bool)
	for _, m := range sqlMade.FindAllStringSubmatch(text, -1) {
		made[m[1]] = true
	}
	altered := make(map[string]bool)
	for statement := range strings.SplitSeq(text, ";") {
		table := ""
		if m := sqlAltered.FindStringSubmatch(statement); m != nil {
			table = m[1]
		}
		if made[table] || sqlMade.MatchString(statement) {
			continue
		}
		if table != "" {
			altered[table] = true
		}
		found = append(found, append(adds(statement, table), holds(statement, table, made)...)...)
	}
	if len(altered) > 1 && !alone {
		found = append(found, fmt.Sprintf("%d tables that are locked at once: give each a migration of its own", len(altered)))
	}
	return append(found, taken(number, text, made, released)...)
}

// adds is what is wrong with the columns that a statement adds to a table.
func adds(statement, table string) (found []string) {
	for _, m := range sqlAdds.FindAllStringSubmatch(statement, -1) {
		rest := strings.ToUpper(m[1])
		if strings.Contains(rest, "NOT NULL") && !strings.Contains(rest, "DEFAULT") {
			found = append(found, fmt.Sprintf("a column of %s that may not be null and has no default: an older program does not know it", table))
		}
		if sqlVolatile.MatchString(rest) {
			found = append(found, fmt.Sprintf("a column of %s whose default is another in each row: the whole table is written anew under its lock", table))
		}
	}
	return found
}

// holds is what a statement does under a lock for as long as the table is large.
func holds(statement, table string, made map[string]bool) (found []string) {
	for _, m := range sqlHolds.FindAllStringSubmatch(statement, -1) {
		if !strings.Contains(strings.ToUpper(m[1]), "NOT VALID") && !strings.Contains(strings.ToUpper(m[1]), "USING INDEX") {
			found = append(found, fmt.Sprintf("a constraint of %s that is checked under the table's lock: add it NOT VALID, and validate it in a migration of its own", table))
		}
	}
	for _, m := range sqlIndexed.FindAllStringSubmatch(statement, -1) {
		if m[1] == "" && !made[m[2]] {
			found = append(found, fmt.Sprintf("an index of %s that is not made CONCURRENTLY", m[2]))
		}
	}
	for _, m := range sqlDropped.FindAllStringSubmatch(statement, -1) {
		if m[1] == "" {
			found = append(found, "an index that is not dropped CONCURRENTLY")
		}
	}
	return found
}

// taken is what a migration takes away without saying that it may.
func taken(number int, text string, made map[string]bool, released int) (found []string) {
	floor := sqlFloor.FindStringSubmatch(text)
	for statement := range strings.SplitSeq(text, ";") {
		takes := sqlTakes.FindString(statement)
		if m := sqlAltered.FindStringSubmatch(statement); takes == "" || sqlMade.MatchString(statement) || m != nil && made[m[1]] {
			continue
		}
		if floor == nil {
			found = append(found, fmt.Sprintf("%q, and no UPDATE schema_floor that says which programs do without", takes))
		}
	}
	if floor == nil {
		return found
	}
	oldest, _ := strconv.Atoi(floor[1]) // the expression has digits only
	if oldest >= number || released > 0 && oldest > released {
		found = append(found, fmt.Sprintf("it takes away what programs before %d use, and no earlier release is newer than %d", oldest, released))
	}
	return found
}

// TestNewMigrationsSuitOldPrograms reads each new migration: while it is applied, and until the last process is replaced, programs of the
// release before run beside it.
func TestNewMigrationsSuitOldPrograms(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("migrations/*.sql")
	if err != nil || len(files) < 50 {
		t.Fatalf("there are %d migrations: %v", len(files), err)
	}
	released := newestReleased(t)
	for _, file := range files {
		number, err := strconv.Atoi(filepath.Base(file)[:5])
		if err != nil {
			t.Errorf("%s has no number: %v", file, err)
		}
		if number < firstHeld || number <= released {
			continue
		}
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, wrong := range against(number, string(text), released) {
			t.Errorf("%s has %s; see \"A migration\" in CONTRIBUTING.md", file, wrong)
		}
	}
}

// newestReleased is the newest migration of the newest release before this one, 0 where none is known.
func newestReleased(t *testing.T) (newest int) {
	t.Helper()
	tag, err := exec.CommandContext(t.Context(), "git", "describe", "--tags", "--abbrev=0", "--match=v[0-9]*").Output()
	if err != nil {
		return 0
	}
	listed, err := exec.CommandContext(t.Context(), "git", "ls-tree", "--name-only", strings.TrimSpace(string(tag)), "migrations/").Output()
	if err != nil {
		t.Fatalf("listing the migrations of release %s: %v", tag, err)
	}
	for line := range strings.Lines(string(listed)) {
		if n, err := strconv.Atoi(filepath.Base(line)[:5]); err == nil {
			newest = max(newest, n)
		}
	}
	return newest
}

// TestWhatMigrationsMayNot has migrations that an older program would not survive, and such that it would.
func TestWhatMigrationsMayNot(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"ALTER TABLE leads ADD COLUMN IF NOT EXISTS a text;":                                             "",
		"ALTER TABLE leads ADD COLUMN a smallint NOT NULL DEFAULT 0, ADD COLUMN b numeric(10, 2);":       "",
		"CREATE TABLE a (b text NOT NULL, type text); CREATE INDEX ON a (b);":                            "",
		"CREATE TABLE a (b text); ALTER TABLE a ALTER COLUMN b SET NOT NULL; DROP INDEX CONCURRENTLY x;": "",
		"-- +goose NO TRANSACTION\nCREATE INDEX CONCURRENTLY a ON leads (b);":                            "",
		"ALTER TABLE leads ADD CONSTRAINT a CHECK (b > 0) NOT VALID;":                                    "",
		"-- we DROP COLUMN later\nSELECT 'DROP TABLE leads';":                                            "",
		"ALTER TABLE leads DROP COLUMN a; UPDATE schema_floor SET version = 133;":                        "",
		"ALTER TABLE leads DROP COLUMN a; UPDATE schema_floor SET version = 150;":                        "no earlier release is newer",
		"ALTER TABLE leads DROP COLUMN a; UPDATE schema_floor SET version = 140;":                        "no earlier release is newer",
		"ALTER TABLE leads DROP COLUMN a;":                                                               "DROP COLUMN",
		"drop table\nleads;":                                                                             "drop table",
		"DROP VIEW pending;":                                                                             "DROP VIEW",
		"ALTER TABLE leads RENAME a TO b;":                                                               "RENAME",
		"ALTER TABLE leads ALTER COLUMN a TYPE bigint;":                                                  "TYPE b",
		"ALTER TABLE leads ALTER a SET DATA TYPE text;":                                                  "SET DATA TYPE",
		"ALTER TABLE leads ALTER a SET NOT NULL;":                                                        "SET NOT NULL",
		"ALTER TABLE leads ALTER a DROP DEFAULT;":                                                        "DROP DEFAULT",
		"ALTER TABLE leads ADD COLUMN a text NOT NULL;":                                                  "no default",
		"ALTER TABLE leads ADD COLUMN a text, ADD COLUMN IF NOT EXISTS b uuid NOT NULL;":                 "no default",
		"ALTER TABLE leads ADD COLUMN a uuid NOT NULL DEFAULT gen_random_uuid();":                        "written anew",
		"ALTER TABLE leads ADD CONSTRAINT a CHECK (b > 0);":                                              "NOT VALID",
		"ALTER TABLE leads ADD FOREIGN KEY (a) REFERENCES b;":                                            "NOT VALID",
		"CREATE UNIQUE INDEX IF NOT EXISTS a ON leads (b);":                                              "not made CONCURRENTLY",
		"DROP INDEX a;": "not dropped CONCURRENTLY",
		"ALTER TABLE leads ADD COLUMN a text; ALTER TABLE batches ADD COLUMN a text;": "2 tables",
	} {
		found := against(150, text, 135)
		if want == "" && len(found) > 0 || want != "" && !slices.ContainsFunc(found, func(f string) bool { return strings.Contains(f, want) }) {
			t.Errorf("%s\nis said to have %q, want %q", text, found, want)
		}
	}
}
