//go:build unix

package localservices

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

const (
	postgresName = "postgres"
	redisName    = "redis"
)

// postgresPlaces are the folders where packages put Postgres when they keep it off the PATH.
var postgresPlaces = []string{
	"/usr/lib/postgresql/*/bin",
	"/usr/pgsql-*/bin",
	"/opt/homebrew/opt/postgresql*/bin",
	"/usr/local/opt/postgresql*/bin",
	"/opt/local/lib/postgresql*/bin",
	"/Applications/Postgres.app/Contents/Versions/*/bin",
	"/usr/local/pgsql/bin",
}

// findPostgres returns the folder of initdb and postgres. A data folder opens only with the major version that made
// it, so that version is taken when given and present; else what is on the PATH, else the newest.
func findPostgres(major string) (string, error) {
	dirs := installedPostgres()
	if major != "" {
		for _, dir := range dirs {
			if strconv.Itoa(versionIn(dir)) == major {
				return dir, nil
			}
		}
	}
	if path, err := exec.LookPath("postgres"); err == nil && isPostgresDir(filepath.Dir(path)) {
		return filepath.Dir(path), nil
	}
	if len(dirs) == 0 {
		return "", &NotInstalledError{Server: postgresName, Looked: append([]string{"PATH"}, postgresPlaces...)}
	}
	return dirs[0], nil
}

// PostgresVersion is what the Postgres says of itself by which new databases are made, and nothing where it is yet to be fetched.
func PostgresVersion(ctx context.Context) (string, error) {
	dir, err := findPostgres("")
	var missing *NotInstalledError
	if errors.As(err, &missing) {
		return "", nil
	}
	if err != nil {
		return "", err
	}
	said, err := exec.CommandContext(ctx, filepath.Join(dir, "postgres"), "--version").Output() // #nosec G204 // found in the places where servers are
	if err != nil {
		return "", fmt.Errorf("asking %s for its version: %w", filepath.Join(dir, "postgres"), err)
	}
	return string(said), nil
}

// installedPostgres lists the folders of Postgres programs, newest version first.
func installedPostgres() []string {
	var dirs []string
	for _, place := range postgresPlaces {
		found, _ := filepath.Glob(place) // the patterns are constants, and Glob fails on bad patterns only
		dirs = append(dirs, slices.DeleteFunc(found, func(dir string) bool { return !isPostgresDir(dir) })...)
	}
	slices.SortStableFunc(dirs, func(a, b string) int { return cmp.Compare(versionIn(b), versionIn(a)) })
	return dirs
}

func isPostgresDir(dir string) bool {
	for _, program := range []string{"initdb", "postgres"} {
		if _, err := exec.LookPath(filepath.Join(dir, program)); err != nil {
			return false
		}
	}
	return true
}

// versionIn reads the major version out of a folder's name: 15 from /usr/lib/postgresql/15/bin, 0 where there is none.
func versionIn(dir string) int {
	name := filepath.Base(filepath.Dir(dir))
	digits := name[strings.LastIndexFunc(name, func(r rune) bool { return r < '0' || r > '9' })+1:]
	version, err := strconv.Atoi(digits)
	if err != nil {
		return 0
	}
	return version
}

// findRedis returns the path of redis-server or its successor.
func findRedis() (string, error) {
	names := []string{"redis-server", "valkey-server"}
	for _, name := range names {
		for _, dir := range []string{"", "/usr/bin", "/usr/local/bin", "/opt/homebrew/bin"} {
			if path, err := exec.LookPath(filepath.Join(dir, name)); err == nil {
				return path, nil
			}
		}
	}
	return "", &NotInstalledError{Server: redisName, Looked: []string{"PATH", "/usr/bin", "/usr/local/bin", "/opt/homebrew/bin"}}
}
