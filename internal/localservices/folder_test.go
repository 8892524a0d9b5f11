//go:build unix

package localservices

import (
	"os"
	"path/filepath"
	"testing"
)

func TestAccountCanReach(t *testing.T) {
	t.Parallel()
	nobody := &account{uid: 65534, gid: 65534}
	open := tempDir(t)
	if err := os.Chmod(open, 0o755); err != nil {
		t.Fatal(err)
	}
	closed := filepath.Join(open, "closed")
	if err := os.Mkdir(closed, 0o700); err != nil {
		t.Fatal(err)
	}
	tests := []struct {
		name string
		as   *account
		dir  string
		want bool
	}{
		{"ourselves anywhere", nil, filepath.Join(closed, "data"), true},
		{"another user under a private folder", nobody, filepath.Join(closed, "data"), false},
		{"another user to the private folder itself", nobody, closed, true},
		{"folders that are not there yet", nobody, filepath.Join(open, "new", "data"), true},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			if got, err := test.as.canReach(test.dir); got != test.want || err != nil {
				t.Errorf("canReach(%s) = %v, %v; want %v", test.dir, got, err, test.want)
			}
		})
	}
}

func TestSocketFolderOfAnotherIsNotUsed(t *testing.T) {
	t.Parallel()
	dir := tempDir(t)
	first, err := socketFolder(dir, nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(first) })
	// A folder that others can write to may be a trap.
	if err := os.Chmod(first, 0o777); err != nil {
		t.Fatal(err)
	}
	second, err := socketFolder(dir, nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(second) })
	if second == first {
		t.Errorf("an open folder %s was taken for our private one", first)
	}
}

func TestVersionIn(t *testing.T) {
	t.Parallel()
	for dir, want := range map[string]int{
		"/usr/lib/postgresql/15/bin":                         15,
		"/usr/pgsql-16/bin":                                  16,
		"/opt/homebrew/opt/postgresql@17/bin":                17,
		"/Applications/Postgres.app/Contents/Versions/9/bin": 9,
		"/usr/local/pgsql/bin":                               0,
	} {
		if got := versionIn(dir); got != want {
			t.Errorf("versionIn(%s) = %d, want %d", dir, got, want)
		}
	}
}

// tempDir is a folder that the server's user can reach when the tests run as root; that of t.TempDir is below a
// private one.
func tempDir(t *testing.T) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "leadwheel-test-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := os.RemoveAll(dir); err != nil {
			t.Error(err)
		}
	})
	return dir
}
